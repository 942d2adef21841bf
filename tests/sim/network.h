#pragma once

#include "core/replication/frame.h"
#include "core/replication/link.h"
#include "tests/sim/world.h"

#include <deque>
#include <memory>
#include <set>
#include <string>

namespace sim {

class Network;

/// One end of a connection between two clusters: frames, in order, unless and until it breaks. What is sent is pulled when
/// there is room, as with the real one (core/cluster/connection.h).
class Connection : public std::enable_shared_from_this<Connection> {
public:
    struct Callbacks {
        std::function<void()> ready;
        std::function<void(replication::Frame)> received;
        std::function<std::string()> pull; // empty: nothing to send now
        std::function<void(const Error&)> closed;
    };
    Connection(Network& network, int from, int to) : m_network{network}, m_from{from}, m_to{to} {}

    void setCallbacks(Callbacks callbacks) { m_callbacks = std::move(callbacks); }
    void wake();
    void closeWhenFlushed(Error why);
    void close(Error why);
    bool isOpen() const { return m_isReady && !m_isClosed; }
    /// The process is gone: no callback runs any more; the peer may or may not hear of it.
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
    Callbacks m_callbacks;
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

/// What a cluster shows when it connects.
struct Greeting {
    replication::Type type = replication::Type::Performance;
    std::string certificate; // its own
    std::string authority;   // of whom it wants to speak with
};

/// A cluster's port as the network sees it.
class Listener {
public:
    virtual ~Listener() = default;
    /// The handshake: nothing when it fails. The connection is not ready yet.
    virtual bool accept(const Greeting& greeting, const std::shared_ptr<Connection>& connection) = 0;
};

/// Who can reach whom, and how slowly.
class Network {
public:
    Network(World& world, int clusterCount) : m_world{world}, m_listeners(static_cast<std::size_t>(clusterCount)) {}

    static std::string addressOf(int cluster) { return "https://c" + std::to_string(cluster) + ":8201"; }
    static int clusterAt(const std::string& address); // less than 0: nobody

    void setListener(int cluster, Listener* listener) { m_listeners.at(static_cast<std::size_t>(cluster)) = listener; }
    /// Begins to connect. One of `ready` and `closed` comes, unless the connection is closed before.
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

private:
    World& m_world;
    std::vector<Listener*> m_listeners;
    std::set<std::pair<int, int>> m_cuts; // one way each
    unsigned m_slowness = 1;
};

} // namespace sim
