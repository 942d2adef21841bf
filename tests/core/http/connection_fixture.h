#pragma once

#include "core/base/random.h"
#include "core/http/reply_text.h"
#include "core/http/session.h"
#include "core/http/streams.h"
#include "tests/core/http/manual_loop.h"

#include <boost/asio/generic/stream_protocol.hpp>

#include <QtTest>

#include <deque>
#include <sys/socket.h>
#include <unistd.h>

namespace http_test {

using namespace core;
using namespace std::chrono_literals;

/// Answers each request at once with its path and the size of its fields, or holds it until the test answers it.
class TestPipeline final : public request::Pipeline {
public:
    struct Held {
        mount::Request request;
        request::Completion done;
    };

    bool isHolding = false;
    bool isOutOfMemory = false;
    std::deque<Held> held;
    std::vector<mount::Request> requests; // those that were answered at once
    std::function<mount::Response(const mount::Request&)> respond;
    std::string knownToken = "t";
    bool allowsUploads = true;

    void handle(mount::Request request, Executor&, request::Completion done) override
    {
        if (isOutOfMemory) throw std::bad_alloc{};
        if (isHolding) return held.push_back({std::move(request), std::move(done)});
        mount::Response response = respond ? respond(request) : mount::Response::ofData({{"path", request.path}});
        requests.push_back(std::move(request));
        done(std::move(response));
    }
    bool mayUpload(const UploadQuestion& question) override { return allowsUploads && question.clientToken == knownToken; }
    bool isKnown(std::string_view token, std::string_view) override { return token == knownToken; }
    void answerFirst()
    {
        Held first = std::move(held.front());
        held.pop_front();
        first.done(mount::Response::ofData({{"path", first.request.path}}));
    }
};

/// The client's end of a connection, whose other end a session serves in a manual loop.
class Client {
public:
    Client(ManualLoop& loop, const std::shared_ptr<http::SessionShared>& shared, const std::string& address = "203.0.113.9") : m_loop{loop}
    {
        int ends[2] = {-1, -1};
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) qFatal("no socket pair");
        m_end = ends[0];
        http::Socket socket{loop.context(), boost::asio::generic::stream_protocol{AF_UNIX, 0}, ends[1]};
        http::serve(std::move(socket), {address, 4000}, loop, shared);
        m_loop.run();
    }
    ~Client() { leave(); }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// Sends what has room, lets the server run, and returns how many bytes were sent.
    std::size_t sendSome(std::string_view bytes)
    {
        const auto count = ::send(m_end, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        m_loop.run();
        return count < 0 ? 0 : static_cast<std::size_t>(count);
    }
    /// Sends all of it. False: the server has ended the connection, or it does not read.
    bool send(std::string_view bytes)
    {
        while (!bytes.empty()) {
            const auto count = sendSome(bytes);
            if (count == 0) return false;
            bytes.remove_prefix(count);
        }
        return true;
    }
    /// Everything that the server has sent since the last call.
    std::string receive()
    {
        std::string out;
        std::array<char, 64 * 1024> part{};
        while (true) {
            m_loop.run();
            const auto count = ::recv(m_end, part.data(), part.size(), 0);
            if (count == 0) m_isEnded = true;
            if (count <= 0) return out;
            out.append(part.data(), static_cast<std::size_t>(count));
        }
    }
    /// Reads at most this much.
    std::size_t receiveSome(std::size_t bytesMax)
    {
        std::string part(bytesMax, '\0');
        const auto count = ::recv(m_end, part.data(), part.size(), 0);
        m_loop.run();
        return count < 0 ? 0 : static_cast<std::size_t>(count);
    }
    /// The answer to one request.
    std::string ask(std::string_view request)
    {
        send(request);
        return receive();
    }
    /// True if the server sends nothing more. Drops what it has sent.
    bool isEnded()
    {
        (void)receive();
        return m_isEnded;
    }
    void leave()
    {
        if (m_end >= 0) ::close(m_end);
        m_end = -1;
        m_loop.run();
    }

private:
    ManualLoop& m_loop;
    int m_end = -1;
    bool m_isEnded = false;
};

/// What the sessions of a test share.
struct Server {
    explicit Server(http::Listener::Options options = {}, http::IoPool::Options load = {}) : pool{loops(), load}
    {
        shared = std::make_shared<http::SessionShared>(std::move(options), pool, pipeline, random);
    }

    ManualLoop& loop() { return static_cast<ManualLoop&>(*pool.loops().front()); }
    Client connect(const std::string& address = "203.0.113.9") { return Client{loop(), shared, address}; }
    void stop()
    {
        shared->isStopping = true; // as Listener::stop() does
    }

    TestPipeline pipeline;
    SeededRandom random{1};
    http::IoPool pool;
    std::shared_ptr<http::SessionShared> shared;

private:
    static http::IoPool::Loops loops()
    {
        http::IoPool::Loops loops;
        loops.push_back(std::make_unique<ManualLoop>());
        return loops;
    }
};

inline const std::string kGet = "GET /v1/a HTTP/1.1\r\nHost: x\r\n\r\n";

inline std::string post(const std::string& body, const std::string& fields = {}, const std::string& path = "a")
{
    return "POST /v1/" + path + " HTTP/1.1\r\nHost: x\r\n" + fields + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

inline bool hasStatus(const std::string& answer, int status)
{
    return answer.starts_with("HTTP/1.1 " + std::to_string(status) + ' ');
}

} // namespace http_test
