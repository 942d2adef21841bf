#include "core/cluster/net/tls_connection.h"

#include "core/base/clock.h"
#include "core/crypto/tls.h"
#include "core/crypto/tls_refusal.h"
#include "core/trust/link_proof.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>

namespace core::cluster {

namespace {

constexpr std::chrono::seconds kHandshakeMax{10};
constexpr std::chrono::seconds kWriteMax{30};
constexpr std::chrono::seconds kFlushMax{2};
constexpr std::size_t kWriteBytes = 64u << 10;

Error toError(const boost::system::error_code& code, const char* what)
{
    const bool isTimeout = code == asio::error::timed_out;
    return Error{isTimeout ? ErrorCode::Timeout : ErrorCode::Unavailable, std::string{what} + ": " + code.message()};
}

} // namespace

TlsConnection::TlsConnection(asio::ip::tcp::socket socket, asio::ssl::context& context)
    : m_stream{std::move(socket), context}
    , m_deadline{m_stream.get_executor()}
{}

Error TlsConnection::withRefusal(Error error, const boost::system::error_code& code)
{
    const bool isTls = code.category() == asio::error::get_ssl_category();
    // The system's time, because OpenSSL has used it too.
    const auto why = crypto::certificateRefusal(m_stream.native_handle(), isTls ? static_cast<unsigned long>(code.value()) : 0, SystemClock{}.now());
    if (!why.empty()) error.detail += ": " + why;
    return error;
}

void TlsConnection::setDeadline(std::chrono::seconds after, const char* what)
{
    m_deadline.expires_after(after);
    m_deadline.async_wait([self = weak_from_this(), what](const boost::system::error_code& cancelled) {
        const auto alive = self.lock();
        if (!cancelled && alive) alive->close(Error{ErrorCode::Timeout, std::string{what} + " took too long"});
    });
}

void TlsConnection::accept()
{
    // A stranger may connect and send nothing. The deadline ends that.
    setDeadline(kHandshakeMax, "the handshake");
    handshake(asio::ssl::stream_base::server);
}

void TlsConnection::connect(const asio::ip::tcp::resolver::results_type& endpoints)
{
    setDeadline(kHandshakeMax, "connecting");
    asio::async_connect(m_stream.lowest_layer(), endpoints,
                        [self = shared_from_this()](const boost::system::error_code& failed, const asio::ip::tcp::endpoint&) {
                            if (self->m_isClosed) return;
                            if (failed) return self->close(toError(failed, "connecting"));
                            self->handshake(asio::ssl::stream_base::client);
                        });
}

void TlsConnection::handshake(asio::ssl::stream_base::handshake_type type)
{
    boost::system::error_code ignored;
    m_stream.lowest_layer().set_option(asio::ip::tcp::no_delay{true}, ignored);
    m_stream.async_handshake(type, [self = shared_from_this()](const boost::system::error_code& failed) {
        if (self->m_isClosed) return;
        if (failed) return self->close(self->withRefusal(toError(failed, "TLS handshake"), failed));
        self->m_deadline.cancel();
        self->m_isReady = true;
        if (self->m_callbacks.ready) self->m_callbacks.ready();
        self->read();
        self->wake();
    });
}

void TlsConnection::read()
{
    if (m_isClosed) return;
    m_stream.async_read_some(asio::buffer(m_readBuffer), [self = shared_from_this()](const boost::system::error_code& failed, std::size_t size) {
        if (self->m_isClosed) return;
        // The other end's alert about this end's certificate arrives after the handshake.
        if (failed) return self->close(self->withRefusal(toError(failed, "reading"), failed));
        self->m_decoder.feed({self->m_readBuffer.data(), size});
        self->receive();
    });
}

void TlsConnection::receive()
{
    m_isHeld = false;
    while (!m_isClosed) {
        m_isHeld = m_callbacks.isFull && m_callbacks.isFull();
        if (m_isHeld) break; // a peer that asks and does not read its answers must wait; write() continues here
        auto frame = m_decoder.next(m_callbacks.bytesMax);
        if (!frame) return close(std::move(frame).error());
        if (!*frame) break;
        m_callbacks.received(std::move(**frame));
    }
    wake();
    if (!m_isHeld) read();
}

void TlsConnection::wake()
{
    if (m_isReady && !m_isWriting && !m_isClosed) write();
}

void TlsConnection::write()
{
    // Collects frames up to one write, so that small frames do not cost a packet and a TLS record each.
    m_writeBuffer.clear();
    while (m_writeBuffer.size() < kWriteBytes) {
        std::string more = m_callbacks.pull ? m_callbacks.pull() : std::string{};
        if (m_isClosed) return;
        if (more.empty()) break;
        if (m_writeBuffer.empty()) m_writeBuffer = std::move(more);
        else m_writeBuffer += more;
    }
    if (m_writeBuffer.empty()) {
        if (m_closing) close(std::move(*m_closing));
        return;
    }
    m_isWriting = true;
    if (!m_closing) setDeadline(kWriteMax, "writing");
    asio::async_write(m_stream, asio::buffer(m_writeBuffer), [self = shared_from_this()](const boost::system::error_code& failed, std::size_t) {
        self->m_isWriting = false;
        if (self->m_isClosed) return;
        if (failed) return self->close(toError(failed, "writing"));
        if (!self->m_closing) self->m_deadline.cancel();
        self->write();
        if (self->m_isHeld && !self->m_isClosed) self->receive();
    });
}

void TlsConnection::closeWhenFlushed(Error why)
{
    if (m_isClosed || m_closing) return;
    if (!m_isReady) return close(std::move(why));
    m_closing = std::move(why);
    setDeadline(kFlushMax, "the last write");
    // Posted, because the caller may be a callback of write(), which looks at m_closing itself.
    asio::post(m_stream.get_executor(), [self = shared_from_this()] { self->wake(); });
}

void TlsConnection::close(Error why)
{
    if (m_isClosed) return;
    m_isClosed = true;
    m_deadline.cancel();
    boost::system::error_code ignored;
    m_stream.lowest_layer().shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
    m_stream.lowest_layer().close(ignored);
    // Posted, because the caller may be one of the callbacks. They are destroyed after it has returned.
    asio::post(m_stream.get_executor(), [self = shared_from_this(), why = std::move(why)] {
        const Callbacks callbacks = std::move(self->m_callbacks);
        self->m_callbacks = {};
        if (callbacks.closed) callbacks.closed(why);
    });
}

std::string TlsConnection::peerFingerprint()
{
    const auto certificate = crypto::peerCertificate(m_stream.native_handle());
    return certificate ? certificate->fingerprint : std::string{};
}

std::string TlsConnection::remoteAddress()
{
    boost::system::error_code failed;
    const auto endpoint = m_stream.lowest_layer().remote_endpoint(failed);
    return failed ? std::string{} : endpoint.address().to_string() + ":" + std::to_string(endpoint.port());
}

std::string TlsConnection::exporter()
{
    return m_isReady ? crypto::exportKeyingMaterial(m_stream.native_handle(), trust::kExporterLabel, trust::kExporterBytes) : std::string{};
}

std::string TlsConnection::protocol()
{
    return crypto::negotiatedProtocol(m_stream.native_handle());
}

} // namespace core::cluster
