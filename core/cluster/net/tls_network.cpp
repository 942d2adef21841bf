#include "core/cluster/net/tls_network.h"

#include "core/base/logging.h"
#include "core/base/origin.h"
#include "core/cluster/net/dialer.h"
#include "core/cluster/net/tls_connection.h"

namespace core::cluster {

Result<std::shared_ptr<Connection>> TlsNetwork::dial(const DialOptions& options, Connection::Callbacks callbacks)
{
    return cluster::dial(m_context, options, std::move(callbacks));
}

Result<> TlsNetwork::serve(const std::string& protocol, const crypto::Identity& identity, const std::string& authority, std::set<std::string> known)
{
    return m_tls.setProtocol(protocol, identity, authority, std::move(known));
}

Result<> TlsNetwork::servePinned(const std::string& protocol, const crypto::Identity& identity, std::set<std::string> fingerprints)
{
    return m_tls.setPinnedProtocol(protocol, identity, std::move(fingerprints));
}

Result<std::string> TlsNetwork::listen(const std::string& text, Accept accept)
{
    if (text.empty()) return std::string{}; // nobody may connect
    auto address = parseHostAndPort(text, 0);
    if (!address) return std::move(address).error();
    boost::system::error_code failed;
    const auto host = asio::ip::make_address(address->host, failed);
    if (failed) return Error{ErrorCode::InvalidArgument, "the cluster listener needs an IP address, not \"" + address->host + "\""};
    const asio::ip::tcp::endpoint endpoint{host, address->port};
    m_acceptor.open(endpoint.protocol(), failed);
    if (!failed) m_acceptor.set_option(asio::socket_base::reuse_address{true}, failed);
    if (!failed) m_acceptor.bind(endpoint, failed);
    if (!failed) m_acceptor.listen(asio::socket_base::max_listen_connections, failed);
    if (failed) return Error{ErrorCode::Io, "cluster listener " + text + ": " + failed.message()};
    const auto bound = m_acceptor.local_endpoint(failed);
    m_accept = std::move(accept);
    acceptNext();
    const bool isSix = bound.address().is_v6();
    return (isSix ? "[" : "") + bound.address().to_string() + (isSix ? "]:" : ":") + std::to_string(bound.port());
}

void TlsNetwork::acceptNext()
{
    m_acceptor.async_accept([this](const boost::system::error_code& failed, asio::ip::tcp::socket socket) {
        if (!m_acceptor.is_open()) return;
        if (failed) { // probably out of file descriptors: wait until others have closed
            m_acceptPause.expires_after(std::chrono::milliseconds{100});
            m_acceptPause.async_wait([this](const boost::system::error_code& cancelled) {
                if (!cancelled && m_acceptor.is_open()) acceptNext();
            });
            return;
        }
        try {
            auto connection = std::make_shared<TlsConnection>(std::move(socket), m_sslContext);
            if (m_accept(connection)) connection->accept();
        } catch (const std::exception& failure) { // this connection is lost, the port is not
            logging::failure("cluster", "a connection was refused", failure.what());
        }
        acceptNext();
    });
}

void TlsNetwork::stopListening()
{
    boost::system::error_code ignored;
    m_acceptor.close(ignored);
    m_acceptPause.cancel();
}

} // namespace core::cluster
