#include "core/http/session.h"

#include "core/base/logging.h"
#include "core/base/release.h"
#include "core/http/body_meter.h"
#include "core/http/connection_deadline.h"
#include "core/http/connection_start.h"
#include "core/http/cors.h"
#include "core/http/parser.h"
#include "core/http/pipeline_call.h"
#include "core/http/reply_text.h"
#include "core/http/reply_writer.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>

#include <openssl/ssl.h>

#include <algorithm>
#include <iterator>
#include <new>

namespace core::http {
namespace {

namespace asio = boost::asio;
namespace beast_http = boost::beast::http;
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::seconds kDrainTimeout{5};
constexpr std::chrono::hours kUploadTimeout{1};
constexpr std::size_t kReadBytesMin = 2 * 1024;       // a head and a small body; each silent connection holds this too
constexpr std::size_t kReadBytesMax = 64 * 1024;      // for a large body
constexpr std::size_t kSmallBodyReadBytes = 8 * 1024; // for a body that can be one of thousands
constexpr std::size_t kBufferKeptMax = 16 * 1024;     // for an idle connection

std::string_view textOf(int status)
{
    switch (status) {
    case 408: return "the request body came too slowly: at least 1024 bytes a second are needed";
    case 413: return "http: request body too large";
    case 417: return "the server knows no expectation but 100-continue";
    case 500: return "no room for the upload";
    default: return "malformed HTTP request";
    }
}

Reply refusalOf(int status)
{
    return status == 503 ? busyReply() : errorReply(status, {textOf(status)});
}

/// 0 if the peer is gone.
int statusOf(boost::system::error_code error)
{
    if (error == beast_http::error::body_limit) return 413;
    if (error == beast_http::error::header_limit) return 431;
    if (error == boost::system::errc::no_space_on_device) return 500;
    if (error == boost::system::errc::not_enough_memory) return 503;
    if (error == beast_http::error::end_of_stream || error == beast_http::error::partial_message) return 0;
    return 400;
}

/// One connection.
template<class Stream>
class Session final : public std::enable_shared_from_this<Session<Stream>>, public IdleConnections::Member, private BodyMeter::Owner {
public:
    Session(Stream stream, Peer peer, IoLoop& loop, std::shared_ptr<SessionShared> shared)
        : m_stream{std::move(stream)}
        , m_loop{loop}
        , m_shared{std::move(shared)}
        , m_options{m_shared->options}
        , m_deadline{loop}
        , m_body{m_shared->pool.bodies(), *m_shared->handler, *this}
        , m_call{m_shared, loop, m_deadline}
        , m_writer{m_stream, loop, *m_shared, m_deadline}
        , m_peer{std::move(peer)}
    {
        m_shared->pool.connectionBegan();
    }
    ~Session() override { m_shared->pool.connectionEnded(); }

    void closeIdle() override { close(); }

    asio::awaitable<void> run()
    {
        m_loop.idle().add(*this, m_loop.now());
        m_deadline.setIn(m_options.headerTimeout);
        m_deadline.start([weak = this->weak_from_this()] {
            if (auto session = weak.lock()) session->check();
        });
        const bool isReady = co_await begin();
        bool isFirst = true;
        while (isReady && !m_shared->isStopping) {
            m_loop.idle().add(*this, m_loop.now());
            // The first byte has the same deadline as the rest of a head, because a client connects to send a request.
            m_deadline.setIn(isFirst ? m_options.headerTimeout : m_options.idleTimeout);
            isFirst = false;
            const bool isKept = co_await serveOne();
            if (!isKept) break;
        }
        m_loop.idle().remove(*this);
        m_deadline.stop();
        boost::system::error_code ignored;
        m_stream.socket().shutdown(Socket::shutdown_both, ignored);
    }

private:
    /// Decides about the connection after a request.
    enum class After { Keep, Close, Drain };

    void close()
    {
        boost::system::error_code ignored;
        m_stream.socket().close(ignored);
    }

    /// Called every few seconds, and at the deadline.
    void check()
    {
        m_call.checkLost();
        if (m_deadline.isOver() && !goesOn()) return close();
        m_deadline.watch();
    }

    /// Called at the deadline. True if the connection continues anyway.
    bool goesOn()
    {
        if (!m_body.isReading()) return false;
        if (m_body.isFastEnough(m_loop.now())) m_deadline.set(m_body.deadline());
        else giveUpBody(408);
        return true;
    }

    /// Ends the reading of a body. The reader then answers with this status.
    void giveUpBody(int status)
    {
        if (!m_body.giveUp(status)) return;
        m_deadline.remove(); // the answer has its own deadline
        boost::system::error_code ignored;
        m_stream.socket().cancel(ignored);
    }

    // BodyMeter::Owner
    std::function<void()> giveUpCall() override
    {
        return [weak = this->weak_from_this(), &loop = m_loop] {
            try {
                loop.post([weak] {
                    if (auto session = weak.lock()) session->giveUpBody(503);
                });
            } catch (const std::bad_alloc&) {
                // The reader notices this at its next byte, or at its deadline.
            }
        };
    }

    /// Reads the header of the PROXY protocol and does the TLS handshake, before the first request. False: the connection is not served.
    asio::awaitable<bool> begin()
    {
        bool isReady = co_await readProxyHeader(m_stream.socket(), m_buffer, m_options.proxyProtocol, m_peer);
        if constexpr (Stream::kIsTls) {
            Handshake handshake = Handshake::Failed;
            if (isReady) handshake = co_await shakeHands(m_stream, m_buffer);
            if (handshake == Handshake::Explained) co_await drainRest();
            isReady = handshake == Handshake::Done;
        }
        co_return isReady;
    }

    asio::awaitable<void> drainRest()
    {
        m_deadline.setIn(kDrainTimeout);
        m_buffer.consume(m_buffer.size());
        m_buffer.shrink_to_fit();
        co_await drain(m_stream.socket());
    }

    /// Reads until the head, or the whole message, has arrived. False: the peer is gone. For a refused request it sets the status in m_refused.
    asio::awaitable<bool> read(Parser& parser, bool isWholeWanted)
    {
        std::size_t wanted = kReadBytesMin;
        while (isWholeWanted ? !parser.is_done() : !parser.is_header_done()) {
            if (m_buffer.size() > 0) {
                boost::system::error_code error;
                const auto used = parser.feed(m_buffer.data(), error);
                m_buffer.consume(used);
                if (error && error != beast_http::error::need_more) {
                    m_refused = statusOf(error);
                    co_return m_refused != 0;
                }
                if (!error) continue;
            }
            auto [error, count] = co_await m_stream.async_read_some(m_buffer.prepare(wanted), kTuple);
            if (m_body.givenUpStatus() != 0) {
                m_refused = m_body.givenUpStatus();
                co_return true;
            }
            if (error) co_return false;
            m_buffer.commit(count);
            if (count == wanted && isWholeWanted) wanted = std::min(wanted * 2, m_body.isLarge() ? kReadBytesMax : kSmallBodyReadBytes);
            if (!isWholeWanted) noteHeadBegun();
        }
        co_return true;
    }

    /// From the first byte of a head on, its deadline is that of a head. Before that the connection was idle.
    void noteHeadBegun()
    {
        if (!m_hasHeadBegun) m_deadline.setIn(m_options.headerTimeout);
        m_hasHeadBegun = true;
    }

    asio::awaitable<bool> serveOne()
    {
        After after = After::Drain;
        bool hasMemory = true;
        try {
            after = co_await serveRequest();
        } catch (const std::bad_alloc&) {
            m_body.release();
            hasMemory = false;
        }
        if (!hasMemory && m_writer.hasBegun()) co_return false; // a second reply cannot follow half of one
        if (!hasMemory) {
            m_deadline.setIn(m_options.writeTimeout);
            co_await m_writer.writeFixed(outOfMemoryReply());
        }
        // Only here, after the request's memory was freed, because thousands of connections can do this at the same time.
        if (after == After::Drain) co_await drainRest();
        co_return after == After::Keep;
    }

    asio::awaitable<After> serveRequest()
    {
        Parser parser{m_options.limits, m_options.upload, m_body};
        parser.eager(false);
        m_body.beginRequest();
        m_writer.beginRequest();
        m_refused = 0;
        m_hasHeadBegun = false;
        if (m_buffer.size() > 0) noteHeadBegun(); // it came with the previous request
        bool isAlive = co_await read(parser, false);
        m_loop.idle().remove(*this);
        if (!isAlive) co_return After::Close;
        if (m_refused == 0 && parser.expectsUnknown()) m_refused = 417;
        auto refusal = m_refused == 0 ? checkHead(parser.message()) : std::nullopt;
        const bool isUploading = m_refused == 0 && !refusal && isUpload(parser.message().method, parser.message().target);
        const bool isBodyTaken = !refusal && (!isUploading || mayUpload(parser.message()));
        if (m_refused == 0 && isBodyTaken && !parser.is_done()) {
            isAlive = co_await readBody(parser, isUploading);
            if (!isAlive) co_return After::Close;
        }
        if (m_refused != 0 || refusal) {
            Reply reply = refusal ? std::move(*refusal) : refusalOf(m_refused);
            m_body.release();
            release(parser.message().body);
            co_await m_writer.write(reply, {});
            co_return After::Drain;
        }
        m_body.complete();
        const After after = co_await answer(parser, isBodyTaken);
        co_return after;
    }

    asio::awaitable<bool> readBody(Parser& parser, bool isUploading)
    {
        bool isAlive = true;
        if (parser.expectsContinue()) isAlive = co_await m_writer.writeFixed(continueReply());
        if (!isAlive) co_return false;
        parser.eager(true);
        m_body.beginBody({parser.message().token(), m_clientAddress}, m_loop.now(), isUploading ? kUploadTimeout : m_options.readTimeout);
        m_deadline.set(m_body.deadline());
        isAlive = co_await read(parser, true);
        m_body.endBody();
        if (!isAlive) m_body.release();
        co_return isAlive;
    }

    /// Answers a message whose body has arrived, or will not be read (`isBodyTaken`).
    asio::awaitable<After> answer(Parser& parser, bool isBodyTaken)
    {
        ReplyForm form{.isKept = parser.keep_alive() && isBodyTaken, .isVersion11 = parser.isVersion11(), .address = m_clientAddress};
        Message& message = parser.message();
        message.remoteAddress = m_clientAddress;
        message.remotePort = m_peer.port;
        CorsVerdict cors;
        if (m_options.cors && !message.header("origin").empty()) cors = judgeOrigin(message, m_options.cors().get());
        Reply reply;
        if (cors.reply) reply = std::move(*cors.reply);
        else form.isHead = co_await m_call.run(std::move(message), m_body, reply);
        std::ranges::move(cors.headers, std::back_inserter(reply.headers));
        m_body.release();
        if (m_buffer.size() == 0 && m_buffer.capacity() > kBufferKeptMax) m_buffer.shrink_to_fit();
        if (m_shared->isStopping) form.isKept = false;
        const bool isSent = co_await m_writer.write(reply, form);
        if (!isSent) co_return After::Close;
        co_return form.isKept ? After::Keep : isBodyTaken ? After::Close : After::Drain;
    }

    /// Applies the listener's rules to a head, and sets the client's address.
    std::optional<Reply> checkHead(const Message& message)
    {
        m_clientAddress = m_peer.address;
        if (m_options.forwardedFor.isOn()) {
            auto address = clientAddress(m_options.forwardedFor, m_peer.address, message.headers);
            if (!address) return errorReply(400, {address.error().detail});
            m_clientAddress = std::move(*address);
        }
        if (m_options.isRequestHeaderRequired && message.header("x-vault-request") != "true") {
            return errorReply(412, {"missing 'X-Vault-Request' header"});
        }
        return std::nullopt;
    }

    bool mayUpload(const Message& message) const
    {
        return m_shared->handler->mayUpload({.clientToken = message.token(), .path = uploadPath(message.target), .remoteAddress = m_clientAddress});
    }

    Stream m_stream;
    IoLoop& m_loop;
    std::shared_ptr<SessionShared> m_shared;
    const Listener::Options& m_options;
    ConnectionDeadline m_deadline;
    BodyMeter m_body;
    PipelineCall m_call;
    ReplyWriter<Stream> m_writer;
    boost::beast::flat_buffer m_buffer;
    Peer m_peer;
    std::string m_clientAddress;
    int m_refused = 0;
    bool m_hasHeadBegun = false;
};

template<class Stream>
void start(Stream stream, Peer peer, IoLoop& loop, std::shared_ptr<SessionShared> shared)
{
    auto session = std::make_shared<Session<Stream>>(std::move(stream), std::move(peer), loop, std::move(shared));
    asio::co_spawn(loop.context(), session->run(), [session](std::exception_ptr failure) { // lives until it has run
        if (failure) logging::failure("http", "a connection ended with an exception", {});
    });
}

} // namespace

void serve(Socket socket, Peer peer, IoLoop& loop, std::shared_ptr<SessionShared> shared)
{
    if (!shared->options.tls) return start(PlainStream{std::move(socket)}, std::move(peer), loop, std::move(shared));
    const auto tls = shared->options.tls();
    ::SSL_CTX_up_ref(tls.get());
    auto context = std::make_shared<asio::ssl::context>(tls.get()); // takes ownership of that reference
    start(TlsStream{std::move(socket), std::move(context)}, std::move(peer), loop, std::move(shared));
}

} // namespace core::http
