#include "core/http/session.h"

#include "core/base/logging.h"
#include "core/base/secret_bytes.h"
#include "core/base/clock.h"
#include "core/http/parser.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>

#include <openssl/ssl.h>

#include <fstream>
#include <unistd.h>

namespace core::http {
namespace {

namespace asio = boost::asio;
namespace beast_http = boost::beast::http;
using asio::ip::tcp;
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::seconds kDrainTimeout{5};
constexpr std::uint64_t kDrainBytesMax = 128u << 20;

std::string_view reason(int status)
{
    switch (status) {
    case 200: return "OK";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 307: return "Temporary Redirect";
    case 400: return "Bad Request";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 412: return "Precondition Failed";
    case 413: return "Request Entity Too Large";
    case 415: return "Unsupported Media Type";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    default: return "Status";
    }
}

std::string head(const Reply& reply, std::uint64_t bodyBytes, bool isKept, const std::vector<mount::Header>& added)
{
    std::string out;
    out.reserve(256 + reply.body.size());
    out.append("HTTP/1.1 ").append(std::to_string(reply.status)).append(" ").append(reason(reply.status));
    out.append("\r\nCache-Control: no-store\r\nStrict-Transport-Security: max-age=31536000; includeSubDomains\r\n");
    if (reply.status != 204) {
        out.append("Content-Type: ").append(reply.contentType);
        out.append("\r\nContent-Length: ").append(std::to_string(bodyBytes)).append("\r\n");
    }
    for (const auto* list : {&added, &reply.headers}) {
        for (const auto& header : *list) out.append(header.name).append(": ").append(header.value).append("\r\n");
    }
    if (!isKept) out.append("Connection: close\r\n");
    out.append("\r\n");
    return out;
}

/// Hands the request to the pipeline and waits for the answer; a read answers before this suspends.
asio::awaitable<mount::Response> ask(request::Pipeline& pipeline, mount::Request request, IoThread& thread)
{
    struct Pending {
        std::optional<mount::Response> response;
        std::function<void()> resume;
    };
    auto pending = std::make_shared<Pending>();
    pipeline.handle(std::move(request), thread, [pending](mount::Response response) {
        pending->response = std::move(response);
        if (pending->resume) pending->resume();
    });
    if (!pending->response) {
        auto initiate = [pending](auto handler) {
            auto shared = std::make_shared<decltype(handler)>(std::move(handler));
            pending->resume = [shared] { std::move (*shared)(); };
        };
        co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(initiate, asio::use_awaitable);
    }
    co_return std::move(*pending->response);
}

// tcp::socket and TLS stream under one interface.
class PlainStream : public tcp::socket {
public:
    explicit PlainStream(tcp::socket socket) : tcp::socket{std::move(socket)} {}
    tcp::socket& lowest_layer_socket() { return *this; }
};

class TlsStream : public asio::ssl::stream<tcp::socket> {
public:
    TlsStream(tcp::socket socket, std::shared_ptr<asio::ssl::context> context)
        : asio::ssl::stream<tcp::socket>{std::move(socket), *context}
        , m_context{std::move(context)}
    {}
    tcp::socket& lowest_layer_socket() { return next_layer(); }

private:
    std::shared_ptr<asio::ssl::context> m_context;
};

/// One connection. The deadline covers whatever is being waited for; when it passes the socket is closed.
template<class Stream>
class Session : public std::enable_shared_from_this<Session<Stream>> {
public:
    Session(Stream stream, IoThread& thread, std::shared_ptr<SessionShared> shared)
        : m_stream{std::move(stream)}
        , m_thread{thread}
        , m_shared{std::move(shared)}
        , m_timer{thread.context()}
    {
        ++m_shared->connectionCount;
        boost::system::error_code ignored;
        const auto peer = socket().remote_endpoint(ignored);
        m_remoteAddress = peer.address().to_string();
        m_remotePort = peer.port();
    }
    ~Session() { --m_shared->connectionCount; }

    asio::awaitable<void> run()
    {
        auto self = this->shared_from_this();
        watch();
        if constexpr (std::is_base_of_v<asio::ssl::stream_base, Stream>) {
            expire(m_shared->options.headerTimeout);
            auto [error] = co_await m_stream.async_handshake(asio::ssl::stream_base::server, kTuple);
            if (error) co_return;
        }
        while (!m_shared->isStopping) {
            const bool isKept = co_await serveOne();
            if (!isKept) break;
        }
        m_timer.cancel();
        boost::system::error_code ignored;
        socket().shutdown(tcp::socket::shutdown_both, ignored);
    }

private:
    tcp::socket& socket() { return m_stream.lowest_layer_socket(); }

    void expire(std::chrono::seconds after) { m_deadlineAt = std::chrono::steady_clock::now() + after; }

    /// Looks at the deadline every few seconds instead of arming a timer several times a request.
    void watch()
    {
        m_timer.expires_after(std::chrono::seconds{5});
        m_timer.async_wait([weak = this->weak_from_this()](boost::system::error_code error) {
            if (error) return;
            auto self = weak.lock();
            if (!self) return;
            if (std::chrono::steady_clock::now() < self->m_deadlineAt) return self->watch();
            boost::system::error_code ignored;
            self->socket().close(ignored);
        });
    }

    /// Reads until `isDone(parser)`; false when the peer is gone. A refused request leaves its status in m_refused.
    asio::awaitable<bool> read(Parser& parser, bool isWholeWanted)
    {
        while (isWholeWanted ? !parser.is_done() : !parser.is_header_done()) {
            if (m_buffer.size() > 0) {
                boost::system::error_code error;
                const auto used = parser.put(m_buffer.data(), error);
                m_buffer.consume(used);
                if (error && error != beast_http::error::need_more) {
                    m_refused = statusOf(error);
                    co_return m_refused != 0;
                }
                if (!error) continue;
            }
            auto space = m_buffer.prepare(isWholeWanted ? 64 * 1024 : 8 * 1024);
            auto [error, count] = co_await m_stream.async_read_some(space, kTuple);
            if (error) co_return false;
            m_buffer.commit(count);
            if (!isWholeWanted && !m_hasStarted) {
                m_hasStarted = true;
                expire(m_shared->options.headerTimeout); // from the first byte on; before it the connection was idle
            }
        }
        co_return true;
    }

    static int statusOf(boost::system::error_code error)
    {
        if (error == beast_http::error::body_limit) return 413;
        if (error == beast_http::error::header_limit) return 431;
        if (error == boost::system::errc::no_space_on_device) return 500;
        if (error == beast_http::error::end_of_stream || error == beast_http::error::partial_message) return 0;
        return 400;
    }

    asio::awaitable<bool> serveOne()
    {
        Parser parser{m_shared->options.limits, m_shared->options.uploadDirectory};
        parser.eager(false);
        m_refused = 0;
        m_hasStarted = false;
        expire(m_shared->options.idleTimeout);
        bool isAlive = co_await read(parser, false);
        if (!isAlive) co_return false;
        const bool isUploading = m_refused == 0 && isUpload(parser.message().method, parser.message().target);
        const bool isBodyTaken = !isUploading || m_shared->handler->mayUpload(parser.message().token(), uploadPath(parser.message().target));
        if (m_refused == 0 && isBodyTaken) {
            if (parser.expectsContinue()) {
                static constexpr std::string_view go = "HTTP/1.1 100 Continue\r\n\r\n";
                auto [error, count] = co_await asio::async_write(m_stream, asio::buffer(go), kTuple);
                if (error) co_return false;
            }
            parser.eager(true);
            expire(isUploading ? std::chrono::seconds{3600} : m_shared->options.requestTimeout);
            isAlive = co_await read(parser, true);
            if (!isAlive) co_return false;
        }
        if (m_refused != 0) {
            const std::string_view text = m_refused == 413   ? "http: request body too large"
                                          : m_refused == 500 ? "no room for the upload"
                                                             : "malformed HTTP request";
            Reply reply = errorReply(m_refused, {text});
            co_await write(reply, false, false);
            co_await drain();
            co_return false;
        }

        const bool isKept = parser.keep_alive() && isBodyTaken;
        parser.message().remoteAddress = m_remoteAddress;
        parser.message().remotePort = m_remotePort;
        auto decoded = decode(std::move(parser.message()), m_shared->options.limits);
        Reply reply;
        if (decoded.refusal) {
            reply = std::move(*decoded.refusal);
        } else {
            m_deadlineAt = SteadyTime::max(); // the pipeline has its own limits
            decoded.request.id = m_shared->random->uuid();
            mount::Request question; // the envelope needs these after the request has gone
            question.operation = decoded.request.operation;
            question.id = decoded.request.id;
            mount::Response response = co_await ask(*m_shared->handler, std::move(decoded.request), m_thread);
            reply = encode(question, std::move(response));
        }
        expire(m_shared->options.requestTimeout);
        const bool isSent = co_await write(reply, isKept, decoded.isHead);
        if (isSent && !isBodyTaken) co_await drain();
        co_return isSent && isKept;
    }

    /// Takes in what the peer still sends of a refused request: closing on unread bytes resets the connection, and the peer
    /// would lose the answer.
    asio::awaitable<void> drain()
    {
        boost::system::error_code ignored;
        socket().shutdown(tcp::socket::shutdown_send, ignored);
        expire(kDrainTimeout);
        std::uint64_t left = kDrainBytesMax;
        std::string part(64 * 1024, '\0');
        while (left > 0) {
            auto [error, count] = co_await socket().async_read_some(asio::buffer(part), kTuple);
            if (error) co_return;
            left -= std::min<std::uint64_t>(left, count);
        }
    }

    asio::awaitable<bool> write(Reply& reply, bool isKept, bool isHead)
    {
        if (!reply.file.empty()) {
            const bool isSent = co_await writeFile(reply, isKept, isHead);
            co_return isSent;
        }
        std::string out = head(reply, reply.body.size(), isKept, m_shared->options.replyHeaders);
        if (!isHead && reply.status != 204) out.append(reply.body);
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
        std::string out = head(reply, size, isKept, m_shared->options.replyHeaders);
        std::string part(256 * 1024, '\0');
        while (true) {
            expire(m_shared->options.requestTimeout); // for each part: a long download may take its time, a stuck one not
            auto [error, count] = co_await asio::async_write(m_stream, asio::buffer(out), kTuple);
            if (error) co_return false;
            if (isHead) break;
            if (!file.read(part.data(), static_cast<std::streamsize>(part.size())) && file.gcount() == 0) break;
            out.assign(part.data(), static_cast<std::size_t>(file.gcount()));
        }
        co_return true;
    }

    Stream m_stream;
    IoThread& m_thread;
    std::shared_ptr<SessionShared> m_shared;
    asio::steady_timer m_timer;
    SteadyTime m_deadlineAt = SteadyTime::max();
    boost::beast::flat_buffer m_buffer;
    std::string m_remoteAddress;
    std::uint16_t m_remotePort = 0;
    int m_refused = 0;
    bool m_hasStarted = false;
};

template<class Stream>
void start(Stream stream, IoThread& thread, std::shared_ptr<SessionShared> shared)
{
    auto session = std::make_shared<Session<Stream>>(std::move(stream), thread, std::move(shared));
    asio::co_spawn(thread.context(), session->run(), [](std::exception_ptr failure) {
        if (failure) logging::warn("http", "a connection ended with an exception");
    });
}

} // namespace

void serve(tcp::socket socket, IoThread& thread, std::shared_ptr<SessionShared> shared)
{
    if (!shared->options.tls) return start(PlainStream{std::move(socket)}, thread, std::move(shared));
    const auto tls = shared->options.tls();
    ::SSL_CTX_up_ref(tls.get());
    auto context = std::make_shared<asio::ssl::context>(tls.get()); // takes over that reference
    start(TlsStream{std::move(socket), std::move(context)}, thread, std::move(shared));
}

} // namespace core::http
