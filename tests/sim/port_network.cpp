#include "tests/sim/port_network.h"

#include "tests/sim/certificates.h"

namespace sim {

PortNetwork::PortNetwork(sim::Network& network, int cluster, const Clock& clock, Events events)
    : m_network{network}
    , m_cluster{cluster}
    , m_clock{clock}
    , m_events{std::move(events)}
{
    m_network.setListener(m_cluster, this);
}

void PortNetwork::die()
{
    m_network.setListener(m_cluster, nullptr);
    for (const auto& weak : m_connections) {
        if (const auto connection = weak.lock()) connection->kill();
    }
    m_connections.clear();
}

void PortNetwork::tidy()
{
    std::erase_if(m_connections, [](const auto& connection) { return connection.expired(); });
}

Result<std::shared_ptr<cluster::Connection>> PortNetwork::dial(const cluster::DialOptions& options, cluster::Connection::Callbacks callbacks)
{
    callbacks.received = [inner = std::move(callbacks.received), after = m_events.received](replication::Frame frame) {
        inner(std::move(frame));
        after();
    };
    auto connection =
        m_network.dial(m_cluster, options.address,
                       {options.protocol, options.identity.certificate, options.authority, options.fingerprint, m_clock.now()}, std::move(callbacks));
    m_connections.push_back(connection);
    return std::shared_ptr<cluster::Connection>{std::move(connection)};
}

Result<> PortNetwork::serve(const std::string& protocol, const crypto::Identity& identity, const std::string& authority, std::set<std::string> known)
{
    m_served[protocol] = {identity.certificate, authority, std::move(known)};
    return {};
}

Result<> PortNetwork::servePinned(const std::string& protocol, const crypto::Identity& identity, std::set<std::string> fingerprints)
{
    m_served[protocol] = {identity.certificate, {}, std::move(fingerprints)};
    return {};
}

bool PortNetwork::accept(const Greeting& greeting, const std::shared_ptr<Connection>& connection)
{
    const auto found = m_served.find(greeting.protocol);
    if (found == m_served.end()) return false;
    const Served& served = found->second;
    const std::string fingerprint = connection->peerFingerprint();
    const bool isKnown =
        served.fingerprints.contains(fingerprint) || (!served.authority.empty() && isIssuedBy(greeting.certificate, served.authority, m_clock.now()));
    const bool isMeant = greeting.fingerprint.empty() ? isIssuedBy(served.certificate, greeting.authority, greeting.at)
                                                      : fingerprintOf(served.certificate) == greeting.fingerprint;
    if (!isKnown || !isMeant || !m_events.accepted(connection)) return false;
    connection->setTap(
        [sent = m_events.sent, protocol = greeting.protocol, fingerprint](std::string_view bytes) { sent(protocol, fingerprint, bytes); });
    m_connections.push_back(connection);
    return true;
}

} // namespace sim
