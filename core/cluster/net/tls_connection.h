#pragma once

#include "core/cluster/net/connection.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <memory>
#include <optional>
#include <string>

namespace core::cluster {

namespace asio = boost::asio;

/// A connection over TLS. Lives as long as an operation is pending. Everything happens on the I/O thread.
class TlsConnection final : public Connection, public std::enable_shared_from_this<TlsConnection> {
public:
    TlsConnection(asio::ip::tcp::socket socket, asio::ssl::context& context);

    /// Of an accepted socket.
    void accept();
    /// Connects to one of the endpoints first.
    void connect(const asio::ip::tcp::resolver::results_type& endpoints);

    void setCallbacks(Callbacks callbacks) override { m_callbacks = std::move(callbacks); }
    void wake() override;
    void closeWhenFlushed(Error why) override;
    void close(Error why) override;
    bool isOpen() const override { return m_isReady && !m_isClosed; }
    std::size_t unfinishedBytes() const override { return m_decoder.bufferedBytes(); }
    std::string peerFingerprint() override;
    std::string remoteAddress() override;
    std::string exporter() override;
    std::string protocol() override;

private:
    void handshake(asio::ssl::stream_base::handshake_type type);
    void read();
    void receive();
    void write();
    void setDeadline(std::chrono::seconds after, const char* what);
    /// Adds to the error which certificate was refused, by which end and why, if that was the reason.
    Error withRefusal(Error error, const boost::system::error_code& code);

    asio::ssl::stream<asio::ip::tcp::socket> m_stream;
    asio::steady_timer m_deadline;
    Callbacks m_callbacks;
    replication::FrameDecoder m_decoder;
    std::array<char, 64u << 10> m_readBuffer;
    std::string m_writeBuffer;
    bool m_isReady = false;
    bool m_isWriting = false;
    bool m_isClosed = false;
    bool m_isHeld = false;          // nothing is read until the waiting output has been sent
    std::optional<Error> m_closing; // flush, then close with this
};

} // namespace core::cluster
