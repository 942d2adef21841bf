#pragma once

#include "core/cluster/net/network.h"
#include "tests/sim/network.h"

#include <map>

namespace sim {

/// A cluster's network in place of TLS and sockets (core/cluster/net/tls_network.h). The same certificates decide who may connect.
class PortNetwork final : public cluster::Network, public Listener {
public:
    struct Events {
        std::function<bool(std::shared_ptr<cluster::Connection>)> accepted; // false: no room
        std::function<void()> received;                                     // a frame has arrived on a connection that was dialled
        /// Bytes (whole frames) were sent to the cluster with this certificate.
        std::function<void(const std::string& protocol, const std::string& fingerprint, std::string_view bytes)> sent;
    };
    PortNetwork(sim::Network& network, int cluster, const Clock& clock, Events events);
    /// The process dies: nothing is sent to anybody any more.
    void die();
    /// Drops connections that are gone.
    void tidy();

    // cluster::Network
    Result<std::shared_ptr<cluster::Connection>> dial(const cluster::DialOptions& options, cluster::Connection::Callbacks callbacks) override;
    Result<> serve(const std::string& protocol, const crypto::Identity& identity, const std::string& authority, std::set<std::string> known) override;
    Result<> servePinned(const std::string& protocol, const crypto::Identity& identity, std::set<std::string> fingerprints) override;
    void refuse(const std::string& protocol) override { m_served.erase(protocol); }

    // Listener
    bool accept(const Greeting& greeting, const std::shared_ptr<Connection>& connection) override;

private:
    struct Served {
        std::string certificate;
        std::string authority;              // of callers that may connect, or
        std::set<std::string> fingerprints; // of their certificates
    };
    sim::Network& m_network;
    const int m_cluster;
    const Clock& m_clock;
    Events m_events;
    std::map<std::string, Served> m_served; // by protocol
    std::vector<std::weak_ptr<Connection>> m_connections;
};

} // namespace sim
