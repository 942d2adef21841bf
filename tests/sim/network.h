#pragma once

#include "core/cluster/net/connection.h"
#include "tests/sim/world.h"

#include <deque>
#include <memory>
#include <set>
#include <string>

namespace sim {

class Network;

/// One end of a connection between two clusters. Bytes may arrive late, in pieces, or never.
class Connection final : public cluster::Connection, public std::enable_shared_from_this<Connection> {
public:
    Connection(Network& network, int from, int to, std::string protocol, std::string peerFingerprint, std::string exporter)
        : m_network{network}
        , m_from{from}
        , m_to{to}
        , m_protocol{std::move(protocol)}
        , m_peerFingerprint{std::move(peerFingerprint)}
        , m_exporter{std::move(exporter)}
    {}

    void setCallbacks(Callbacks callbacks) override { m_callbacks = std::move(callbacks); }
    void wake() override;
    void closeWhenFlushed(Error why) override;
    void close(Error why) override;
    bool isOpen() const override { return m_isReady && !m_isClosed; }
    std::string peerFingerprint() override { return m_peerFingerprint; }
    std::string protocol() override { return m_protocol; }
    std::string exporter() override { return m_exporter; }

    /// The tap sees every byte that is sent.
    void setTap(std::function<void(std::string_view)> tap) { m_tap = std::move(tap); }
    /// The process is gone: no callback runs any more. The peer perhaps never learns of it.
    void kill();

private:
    friend class Network;
    void becomeReady();
    void write();
    void send(std::string bytes);
    void arrive();
    void take(std::string_view bytes);
    void tellPeer();

    Network& m_network;
    const int m_from;
    const int m_to;
    const std::string m_protocol;
    const std::string m_peerFingerprint;
    const std::string m_exporter;
    Callbacks m_callbacks;
    std::function<void(std::string_view)> m_tap;
    std::weak_ptr<Connection> m_peer;
    replication::FrameDecoder m_decoder;
    std::deque<std::string> m_underWay;
    std::size_t m_bytesUnderWay = 0;
    Duration m_lastArrival{0};
    bool m_isReady = false;
    bool m_isClosed = false;
    bool m_isWriting = false;
    bool m_isArrivalDue = false;
    std::optional<Error> m_closing;
};

/// What a cluster shows when it connects, and what it demands of the other end.
struct Greeting {
    std::string protocol;
    std::string certificate; // its own
    std::string authority;   // of the cluster that it wants
    std::string fingerprint; // or the fingerprint of that cluster's certificate
    WallTime at;             // by its own clock
};

/// A cluster's port, as the network sees it.
class Listener {
public:
    virtual ~Listener() = default;
    /// The handshake. False: it fails. The connection is not ready yet.
    virtual bool accept(const Greeting& greeting, const std::shared_ptr<Connection>& connection) = 0;
};

/// Which clusters can reach which, and how slowly.
class Network {
public:
    Network(World& world, int clusterCount) : m_world{world}, m_listeners(static_cast<std::size_t>(clusterCount)) {}

    static std::string addressOf(int cluster) { return "https://c" + std::to_string(cluster) + ":8201"; }
    static int clusterAt(const std::string& address); // less than 0: no cluster

    void setListener(int cluster, Listener* listener) { m_listeners.at(static_cast<std::size_t>(cluster)) = listener; }
    /// Starts to connect. Then `ready` or `closed` is called, unless the caller closes the connection before.
    std::shared_ptr<Connection> dial(int from, const std::string& address, Greeting greeting, Connection::Callbacks callbacks);

    void cut(int from, int to) { m_cuts.insert({from, to}); }
    void heal(int from, int to) { m_cuts.erase({from, to}); }
    void healAll()
    {
        m_cuts.clear();
        m_slowness = 1;
    }
    int clusterCount() const { return static_cast<int>(m_listeners.size()); }
    bool isCut(int from, int to) const { return m_cuts.contains({from, to}); }
    bool reaches(int from, int to) const { return !isCut(from, to) && !isCut(to, from) && m_listeners.at(static_cast<std::size_t>(to)); }
    void setSlowness(unsigned times) { m_slowness = times; }
    Duration latency() { return m_world.between(std::chrono::microseconds{200}, milliseconds{12}) * m_slowness; }
    World& world() { return m_world; }
    std::uint64_t bytesSent = 0;
    /// A value that only the two ends of the next connection share.
    std::string nextExporter()
    {
        std::string exporter = "connection " + std::to_string(++m_connectionCount);
        exporter.resize(32, '.');
        return exporter;
    }

private:
    std::uint64_t m_connectionCount = 0;
    World& m_world;
    std::vector<Listener*> m_listeners;
    std::set<std::pair<int, int>> m_cuts; // one way each
    unsigned m_slowness = 1;
};

} // namespace sim
