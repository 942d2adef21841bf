#include "core/http/session.h"

#include "core/base/logging.h"
#include "core/base/release.h"
#include "core/base/secret_bytes.h"
#include "core/http/body_pace.h"
#include "core/http/cors.h"
#include "core/http/parser.h"
#include "core/http/rendezvous.h"
#include "core/http/reply_text.h"
#include "core/http/send_stream.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>

#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <new>
#include <unistd.h>

namespace core::http {
namespace {

namespace asio = boost::asio;
namespace beast_http = boost::beast::http;
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::seconds kLookInterval{5}; // between two checks of the deadline, at most
constexpr std::chrono::seconds kDrainTimeout{5};
constexpr std::chrono::seconds kTokenCheckInterval{5}; // for a stream's client
constexpr std::uint64_t kDrainBytesMax = 128u << 20;
constexpr std::size_t kReadBytesMin = 2 * 1024;       // a head and a small body; each silent connection holds this too
constexpr std::size_t kReadBytesMax = 64 * 1024;      // for a large body
constexpr std::size_t kSmallBodyReadBytes = 8 * 1024; // for a body that can be one of thousands
constexpr std::uint64_t kSmallBodyBytes = BodyBudget::kSmallBodyBytes;
constexpr std::size_t kBufferKeptMax = 16 * 1024;       // for an idle connection
constexpr std::size_t kDecodeHereBytesMax = 128 * 1024; // larger bodies are decoded on the workers

std::string_view textOf(int status)
{
    switch (status) {
    case 408: return "the request body came too slowly: at least 1024 bytes a second are needed";
    case 413: return "http: request body too large";
    case 417: return "the server knows no expectation but 100-continue";
    case 500: return "no room for the upload";
    case 503: return "the memory for request bodies is used up, please try again";
    default: return "malformed HTTP request";
    }
}

int statusOf(boost::system::error_code error)
{
    if (error == beast_http::error::body_limit) return 413;
    if (error == beast_http::error::header_limit) return 431;
    if (error == boost::system::errc::no_space_on_device) return 500;
    if (error == boost::system::errc::not_enough_memory) return 503;
    if (error == beast_http::error::end_of_stream || error == beast_http::error::partial_message) return 0;
    return 400;
}

/// A buffer for bytes that are dropped, shared by all connections of a thread.
asio::mutable_buffer sink()
{
    static thread_local std::array<char, 16 * 1024> bytes;
    return {bytes.data(), bytes.size()};
}

Reply busyReply()
{
    Reply reply = errorReply(503, {textOf(503)});
    reply.headers.push_back({"Retry-After", "1"});
    return reply;
}

/// One connection. One deadline covers each wait. When it passes, the socket is closed.
template<class Stream>
class Session final : public std::enable_shared_from_this<Session<Stream>>, public IdleConnections::Member, private BodyCounter {
public:
    Session(Stream stream, Peer peer, IoLoop& loop, std::shared_ptr<SessionShared> shared)
        : m_stream{std::move(stream)}
        , m_loop{loop}
        , m_shared{std::move(shared)}
        , m_options{m_shared->options}
        , m_timer{loop.makeTimer()}
        , m_peer{std::move(peer)}
    {
        m_shared->pool.connectionBegan();
    }
    ~Session() override { m_shared->pool.connectionEnded(); }

    void closeIdle() override { close(); }

    asio::awaitable<void> run()
    {
        auto self = this->shared_from_this();
        m_loop.idle().add(*this, now());
        expire(m_options.headerTimeout);
        watch();
        const bool isReady = co_await begin();
        bool isFirst = true;
        while (isReady && !m_shared->isStopping) {
            m_loop.idle().add(*this, now());
            // The first byte has the same deadline as the rest of a head, because a client connects to send a request.
            expire(isFirst ? m_options.headerTimeout : m_options.idleTimeout);
            isFirst = false;
            const bool isKept = co_await serveOne();
            if (!isKept) break;
        }
        m_loop.idle().remove(*this);
        m_timer->cancel();
        boost::system::error_code ignored;
        m_stream.socket().shutdown(Socket::shutdown_both, ignored);
    }

private:
    /// Decides about the connection after a request.
    enum class After { Keep, Close, Drain };

    SteadyTime now() const { return m_loop.now(); }

    void close()
    {
        boost::system::error_code ignored;
        m_stream.socket().close(ignored);
    }

    void expireAt(SteadyTime at)
    {
        m_deadlineAt = at;
        if (at < m_lookAt) watch();
    }
    void expire(std::chrono::nanoseconds after) { expireAt(now() + after); }

    /// Checks the deadline every few seconds and when it is reached, instead of setting a timer several times for each request.
    void watch()
    {
        m_lookAt = std::min(m_deadlineAt, now() + kLookInterval);
        m_timer->set(m_lookAt, [weak = this->weak_from_this()] {
            if (auto self = weak.lock()) self->look();
        });
    }

    void look()
    {
        if (m_answer) m_answer->checkLost();
        if (m_decoding) m_decoding->checkLost();
        if (now() >= m_deadlineAt && !goesOn()) return;
        m_lookAt = SteadyTime::max();
        watch();
    }

    /// Called at the deadline. True if the connection continues anyway.
    bool goesOn()
    {
        if (!m_pace) return close(), false;
        if (m_pace->isFastEnough(now(), m_bodyBytes)) m_deadlineAt = m_pace->deadline();
        else giveUpBody(408);
        return true;
    }

    /// Ends the reading of a body. The reader then answers with this status.
    void giveUpBody(int status)
    {
        if (!m_pace) return;
        m_pace.reset();
        m_deadlineAt = SteadyTime::max(); // the answer has its own deadline
        m_givenUp = status;
        boost::system::error_code ignored;
        m_stream.socket().cancel(ignored);
    }

    /// Reads the header of the PROXY protocol and does the TLS handshake, before the first request. False: the connection is not served.
    asio::awaitable<bool> begin()
    {
        const bool hasProxy = m_options.proxyProtocol.behavior != ProxyProtocolRules::Behavior::Off;
        if (hasProxy && !m_options.proxyProtocol.isServed(m_peer.address)) {
            logging::warn("http", "a peer that proxy_protocol_authorized_addrs does not name was refused", {{"address", m_peer.address}});
            co_return false;
        }
        if (!hasProxy && !Stream::kIsTls) co_return true;
        while (hasProxy) {
            const auto header = parseProxyHeader(received());
            if (header.kind == ProxyHeader::Kind::Malformed) co_return false;
            if (header.kind == ProxyHeader::Kind::Absent) break;
            if (header.kind == ProxyHeader::Kind::Present) {
                if (header.source && m_options.proxyProtocol.isBelieved(m_peer.address)) m_peer = {header.source->address, header.source->port};
                m_buffer.consume(header.byteCount);
                break;
            }
            const bool hasMore = co_await readFirst();
            if (!hasMore) co_return false;
        }
        if constexpr (Stream::kIsTls) {
            const bool isSecure = co_await shakeHands();
            co_return isSecure;
        }
        co_return true;
    }

    std::string_view received() const
    {
        const auto data = m_buffer.cdata();
        return {static_cast<const char*>(data.data()), data.size()};
    }

    /// Reads from the socket itself, below TLS.
    asio::awaitable<bool> readFirst()
    {
        auto [error, count] = co_await m_stream.socket().async_read_some(m_buffer.prepare(kReadBytesMin), kTuple);
        if (error) co_return false;
        m_buffer.commit(count);
        co_return true;
    }

    asio::awaitable<bool> shakeHands()
    {
        if constexpr (Stream::kIsTls) {
            while (received().size() < 5) {
                const bool hasMore = co_await readFirst();
                if (!hasMore) co_return false;
            }
            if (looksLikeHttp(received())) {
                co_await asio::async_write(m_stream.socket(), asio::buffer(plainOnTlsReply().data(), plainOnTlsReply().size()), kTuple);
                co_await drain();
                co_return false;
            }
            auto [error, used] = co_await m_stream.async_handshake(asio::ssl::stream_base::server, m_buffer.data(), kTuple);
            m_buffer.consume(m_buffer.size()); // all of it, because the engine accepts at least this much
            co_return !error;
        }
        co_return true;
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
            if (m_givenUp != 0) {
                m_refused = m_givenUp;
                co_return true;
            }
            if (error) co_return false;
            m_buffer.commit(count);
            if (count == wanted && isWholeWanted) {
                const bool isLarge = m_bodyBytes > kSmallBodyBytes;
                wanted = std::min(wanted * 2, isLarge ? kReadBytesMax : kSmallBodyReadBytes);
            }
            if (!isWholeWanted && !m_hasStarted) {
                m_hasStarted = true;
                expire(m_options.headerTimeout); // from the first byte on; before that the connection was idle
            }
        }
        co_return true;
    }

    asio::awaitable<bool> serveOne()
    {
        After after = After::Drain;
        bool hasMemory = true;
        try {
            after = co_await serveRequest();
        } catch (const std::bad_alloc&) {
            m_body.reset();
            hasMemory = false;
        }
        if (!hasMemory && m_isReplying) co_return false; // a second reply cannot follow half of one
        if (!hasMemory) {
            expire(m_options.writeTimeout);
            co_await asio::async_write(m_stream, asio::buffer(outOfMemoryReply().data(), outOfMemoryReply().size()), kTuple);
        }
        // Only here, after the request's memory was freed, because thousands of connections can do this at the same time.
        if (after == After::Drain) co_await drain();
        co_return after == After::Keep;
    }

    asio::awaitable<After> serveRequest()
    {
        Parser parser{m_options.limits, m_options.upload, *this};
        parser.eager(false);
        m_refused = m_givenUp = 0;
        m_hasStarted = m_isReplying = m_isTokenChecked = false;
        m_bodyBytes = 0;
        bool isAlive = co_await read(parser, false);
        m_loop.idle().remove(*this);
        if (!isAlive) co_return After::Close;
        if (m_refused == 0 && parser.expectsUnknown()) m_refused = 417;
        auto refusal = m_refused == 0 ? checkHead(parser.message()) : std::nullopt;
        const bool isUploading = m_refused == 0 && !refusal && isUpload(parser.message().method, parser.message().target);
        const bool isBodyTaken = !refusal && (!isUploading || mayUpload(parser.message()));
        if (m_refused == 0 && isBodyTaken && !parser.is_done()) {
            if (parser.expectsContinue()) {
                auto [error, count] = co_await asio::async_write(m_stream, asio::buffer(continueReply().data(), continueReply().size()), kTuple);
                if (error) co_return After::Close;
            }
            parser.eager(true);
            m_token = parser.message().token();
            m_pace.emplace(now(), isUploading ? std::chrono::seconds{3600} : m_options.readTimeout);
            expireAt(m_pace->deadline());
            isAlive = co_await read(parser, true);
            m_pace.reset();
            m_token = {};
            if (!isAlive) m_body.reset();
            if (!isAlive) co_return After::Close;
        }
        if (m_refused != 0 || refusal) {
            const bool isBusy = m_refused == 503;
            Reply reply = isBusy ? busyReply() : refusal ? std::move(*refusal) : errorReply(m_refused, {textOf(m_refused)});
            m_body.reset();
            release(parser.message().body);
            expire(m_options.writeTimeout);
            co_await write(reply, false, false);
            co_return After::Drain;
        }
        if (m_body) m_body->complete();
        const bool isKept = parser.keep_alive() && isBodyTaken;
        m_isVersion11 = parser.isVersion11();
        parser.message().remoteAddress = m_clientAddress;
        parser.message().remotePort = m_peer.port;
        CorsVerdict cors;
        if (m_options.cors && !parser.message().header("origin").empty()) cors = judgeOrigin(parser.message(), m_options.cors().get());
        Reply reply;
        bool isHead = false;
        if (cors.reply) reply = std::move(*cors.reply);
        else isHead = co_await answer(std::move(parser.message()), reply);
        std::ranges::move(cors.headers, std::back_inserter(reply.headers));
        m_body.reset();
        if (m_buffer.size() == 0 && m_buffer.capacity() > kBufferKeptMax) m_buffer.shrink_to_fit();
        expire(m_options.writeTimeout);
        const bool isSent = co_await write(reply, isKept, isHead);
        if (!isSent) co_return After::Close;
        co_return isKept ? After::Keep : isBodyTaken ? After::Close : After::Drain;
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

    // BodyCounter, called by the parser
    bool takeBody(std::uint64_t bytesBefore, std::uint64_t bytes, bool isInMemory) override
    {
        m_bodyBytes = bytesBefore + bytes;
        constexpr std::uint64_t kUncountedBytesMax = 4096; // most bodies are this small and come with their head
        if (!isInMemory || m_bodyBytes <= kUncountedBytesMax) return true;
        auto& budget = m_shared->pool.bodies();
        if (!m_body) {
            m_body.emplace(budget, m_clientAddress, [weak = this->weak_from_this(), &loop = m_loop] {
                try {
                    loop.post([weak] {
                        if (auto self = weak.lock()) self->giveUpBody(503);
                    });
                } catch (const std::bad_alloc&) {
                    // The reader notices this at its next byte, or at its deadline.
                }
            });
            bytes = m_bodyBytes + BodyBudget::kConnectionBytes;
        }
        if (m_bodyBytes > kSmallBodyBytes && !m_body->isKnown() && !m_isTokenChecked) {
            m_isTokenChecked = true;
            if (m_shared->handler->isKnown(m_token, m_clientAddress)) m_body->becomeKnown();
        }
        return m_body->take(bytes);
    }

    /// Decodes the message and calls the pipeline. Returns whether it was a HEAD.
    asio::awaitable<bool> answer(Message message, Reply& reply)
    {
        std::optional<Decoded> decoded;
        if (m_options.workers && message.body.size() > kDecodeHereBytesMax) {
            m_deadlineAt = SteadyTime::max();
            m_decoding = decodeElsewhere(std::move(message));
            co_await m_decoding->wait();
            decoded = std::move(m_decoding->value());
            m_decoding.reset();
        } else {
            decoded = decode(std::move(message), m_options.limits);
        }
        if (!decoded) co_return lost(reply);
        const bool isHead = decoded->isHead;
        if (decoded->refusal) {
            reply = std::move(*decoded->refusal);
            co_return isHead;
        }
        // The values of a large body need more memory than its text.
        if (m_body && m_bodyBytes > kSmallBodyBytes && !m_body->take(decoded->tokenCount * kBytesPerToken)) {
            reply = busyReply();
            co_return isHead;
        }
        if (m_options.isReplicationStatusOff && isReplicationStatus(decoded->request.path)) {
            reply = errorReply(404, {"the replication status endpoints are disabled on this listener"});
            co_return isHead;
        }
        m_deadlineAt = SteadyTime::max(); // the pipeline has its own limits
        decoded->request.id = m_shared->random->uuid();
        mount::Request question; // the envelope needs these after the request was moved away
        question.operation = decoded->request.operation;
        question.id = decoded->request.id;
        const std::string path = m_options.redaction.isOn() ? decoded->request.path : std::string{};
        m_answer = std::make_shared<Rendezvous<mount::Response>>();
        m_shared->handler->handle(std::move(decoded->request), m_loop,
                                  [promise = m_answer->promise()](mount::Response response) { promise.set(std::move(response)); });
        decoded.reset();
        if (!m_answer->hasValue()) co_await m_answer->wait(); // a read already has its answer
        auto response = std::move(m_answer->value());
        m_answer.reset();
        if (!response) co_return lost(reply);
        reply = encode(question, std::move(*response));
        if (m_options.redaction.isOn()) m_options.redaction.apply(path, reply);
        co_return isHead;
    }

    std::shared_ptr<Rendezvous<Decoded>> decodeElsewhere(Message message)
    {
        auto meeting = std::make_shared<Rendezvous<Decoded>>();
        m_options.workers->post([self = this->shared_from_this(), promise = meeting->promise(), message = std::move(message)]() mutable {
            auto decoded = std::make_shared<Decoded>(decode(std::move(message), self->m_options.limits));
            auto& loop = self->m_loop;
            loop.post([self = std::move(self), promise = std::move(promise), decoded] { promise.set(std::move(*decoded)); });
        });
        return meeting;
    }

    /// The request failed without an answer, for lack of memory.
    static bool lost(Reply& reply)
    {
        reply = errorReply(503, {"the request failed inside the server; whether it was carried out is unknown"});
        reply.headers.push_back({"Retry-After", "1"});
        return false;
    }

    /// Reads the rest of a refused request. Closing a socket with unread bytes resets the connection, and the peer
    /// would lose the answer.
    asio::awaitable<void> drain()
    {
        boost::system::error_code ignored;
        m_stream.socket().shutdown(Socket::shutdown_send, ignored);
        expire(kDrainTimeout);
        std::uint64_t left = kDrainBytesMax;
        m_buffer.consume(m_buffer.size());
        m_buffer.shrink_to_fit();
        const asio::mutable_buffer part = sink();
        while (left > 0) {
            auto [error, count] = co_await m_stream.socket().async_read_some(part, kTuple);
            if (error) co_return;
            left -= std::min<std::uint64_t>(left, count);
        }
    }

    asio::awaitable<bool> write(Reply& reply, bool isKept, bool isHead)
    {
        m_isReplying = true;
        if (!reply.file.empty()) {
            const bool isSent = co_await writeFile(reply, isKept, isHead);
            co_return isSent;
        }
        if (reply.stream) {
            co_await writeStream(reply, isHead);
            co_return false;
        }
        std::string out = headOf(reply, {.bytes = reply.body.size()}, isKept, m_options.replyHeaders);
        const bool hasBody = !isHead && reply.status != 204;
        constexpr std::size_t kJoinedBytesMax = 16 * 1024; // one write costs less than two, until copying costs more
        if (hasBody && reply.body.size() > kJoinedBytesMax) {
            const std::array<asio::const_buffer, 2> parts{asio::buffer(out), asio::buffer(reply.body)};
            auto [error, count] = co_await asio::async_write(m_stream, parts, kTuple);
            wipe(reply.body);
            m_shared->pool.noteAnswer(reply.body.capacity());
            co_return !error;
        }
        if (hasBody) out.append(reply.body);
        wipe(reply.body);
        auto [error, count] = co_await asio::async_write(m_stream, asio::buffer(out), kTuple);
        wipe(out);
        co_return !error;
    }

    asio::awaitable<bool> writeFile(Reply& reply, bool isKept, bool isHead)
    {
        std::ifstream file{reply.file, std::ios::binary | std::ios::ate};
        const auto size = file ? static_cast<std::uint64_t>(file.tellg()) : 0;
        ::unlink(reply.file.c_str());
        file.seekg(0);
        std::string out = headOf(reply, {.bytes = size}, isKept, m_options.replyHeaders);
        std::string part(256 * 1024, '\0');
        while (true) {
            expire(m_options.writeTimeout); // for each part: a long download is allowed, a stuck one is not
            auto [error, count] = co_await asio::async_write(m_stream, asio::buffer(out), kTuple);
            if (error) co_return false;
            if (isHead) break;
            if (!file.read(part.data(), static_cast<std::streamsize>(part.size())) && file.gcount() == 0) break;
            out.assign(part.data(), static_cast<std::size_t>(file.gcount()));
        }
        co_return true;
    }

    /// Runs until the client leaves, its token ends, or the listener stops.
    asio::awaitable<void> writeStream(Reply& reply, bool isHead)
    {
        const BodyLength length{m_isVersion11 ? BodyLength::Kind::Chunked : BodyLength::Kind::UntilClosed, 0};
        std::string head = headOf(reply, length, false, m_options.replyHeaders);
        if (isHead) {
            co_await asio::async_write(m_stream, asio::buffer(head), kTuple);
            co_return;
        }
        StreamHooks hooks;
        hooks.startWrite = [this] { expire(m_options.writeTimeout); };
        hooks.startWait = [this] { m_deadlineAt = SteadyTime::max(); };
        hooks.isOver = [this, stream = reply.stream, checkAt = now() + kTokenCheckInterval]() mutable {
            if (m_shared->isStopping) return true;
            if (now() < checkAt) return false;
            checkAt = now() + kTokenCheckInterval;
            return !m_shared->handler->isKnown(stream->token().view(), m_clientAddress);
        };
        co_await sendStream(m_stream, m_loop, std::move(reply.stream), std::move(head), m_isVersion11, std::move(hooks));
    }

    static constexpr std::uint64_t kBytesPerToken = 24; // a Boost.JSON value, and its part of the array or object around it

    Stream m_stream;
    IoLoop& m_loop;
    std::shared_ptr<SessionShared> m_shared;
    const Listener::Options& m_options;
    std::unique_ptr<Timer> m_timer;
    SteadyTime m_deadlineAt = SteadyTime::max();
    SteadyTime m_lookAt = SteadyTime::max();
    boost::beast::flat_buffer m_buffer;
    Peer m_peer;
    std::string m_clientAddress;
    std::string_view m_token; // the token of the request whose body is being read; the parser owns the text
    std::optional<BodyBudget::Body> m_body;
    std::optional<BodyPace> m_pace; // while a body is read
    std::uint64_t m_bodyBytes = 0;
    std::shared_ptr<Rendezvous<mount::Response>> m_answer;
    std::shared_ptr<Rendezvous<Decoded>> m_decoding;
    int m_refused = 0;
    int m_givenUp = 0;
    bool m_hasStarted = false;
    bool m_isReplying = false;
    bool m_isTokenChecked = false;
    bool m_isVersion11 = true;
};

template<class Stream>
void start(Stream stream, Peer peer, IoLoop& loop, std::shared_ptr<SessionShared> shared)
{
    auto session = std::make_shared<Session<Stream>>(std::move(stream), std::move(peer), loop, std::move(shared));
    asio::co_spawn(loop.context(), session->run(), [](std::exception_ptr failure) {
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
