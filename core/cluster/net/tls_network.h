#pragma once

#include "core/cluster/net/network.h"
#include "core/crypto/tls.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace core::cluster {

namespace asio = boost::asio;

/// Reaches other clusters by TLS over TCP, and listens for them.
class TlsNetwork final : public Network {
public:
    using Accept = std::function<bool(std::shared_ptr<Connection>)>; // called before the handshake; false: drop the connection

    explicit TlsNetwork(asio::io_context& context) : m_context{context}, m_sslContext{m_tls.share()}, m_acceptor{context}, m_acceptPause{context} {}

    /// The address that was bound. An empty address: nobody can connect. Errors: InvalidArgument, Io.
    Result<std::string> listen(const std::string& address, Accept accept);
    void stopListening();

    Result<std::shared_ptr<Connection>> dial(const DialOptions& options, Connection::Callbacks callbacks) override;
    Result<> serve(const std::string& protocol, const crypto::Identity& identity, const std::string& authority, std::set<std::string> known) override;
    Result<> servePinned(const std::string& protocol, const crypto::Identity& identity, std::set<std::string> fingerprints) override;
    void refuse(const std::string& protocol) override { m_tls.eraseProtocol(protocol); }

private:
    void acceptNext();

    asio::io_context& m_context;
    crypto::ClusterServerTls m_tls;
    asio::ssl::context m_sslContext;
    asio::ip::tcp::acceptor m_acceptor;
    asio::steady_timer m_acceptPause;
    Accept m_accept;
};

} // namespace core::cluster
