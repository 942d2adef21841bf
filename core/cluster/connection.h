#pragma once

#include "core/base/result.h"
#include "core/crypto/tls.h"
#include "core/replication/frame.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace core::cluster {

namespace asio = boost::asio;

/// One TLS connection of the cluster port that carries frames. What is to be sent is pulled when the transport has room, so it
/// holds at most one write's worth of it. Lives as long as an operation is pending; everything happens on the io thread.
class Connection : public std::enable_shared_from_this<Connection> {
public:
    struct Callbacks {
        std::function<void()> ready;                         // the handshake is done
        std::function<void(replication::Frame)> received;
        std::function<std::string()> pull;                   // empty: nothing to send now
        std::function<void(const Error&)> closed;            // once; no callback comes after
    };

    Connection(asio::ip::tcp::socket socket, asio::ssl::context& context);
    void setCallbacks(Callbacks callbacks) { m_callbacks = std::move(callbacks); }

    /// An accepted socket.
    void accept();
    /// Connects to one of the endpoints first.
    void connect(const asio::ip::tcp::resolver::results_type& endpoints);

    /// There may be something to pull.
    void wake();
    /// Sends what pull() still gives, then closes, within two seconds.
    void closeWhenFlushed(Error why);
    /// At once.
    void close(Error why);

    bool isOpen() const { return m_isReady && !m_isClosed; }
    std::optional<crypto::CertificateInfo> peer();
    std::string protocol();

private:
    void handshake(asio::ssl::stream_base::handshake_type type);
    void read();
    void write();
    void setDeadline(std::chrono::seconds after, const char* what);

    asio::ssl::stream<asio::ip::tcp::socket> m_stream;
    asio::steady_timer m_deadline;
    Callbacks m_callbacks;
    replication::FrameDecoder m_decoder;
    std::array<char, 64u << 10> m_readBuffer;
    std::string m_writeBuffer;
    bool m_isReady = false;
    bool m_isWriting = false;
    bool m_isClosed = false;
    std::optional<Error> m_closing; // flush, then close with this
};

} // namespace core::cluster
