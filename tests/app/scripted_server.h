#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

/// An HTTP server on its own thread. It gives its prepared answers in order, and stores the requests.
class ScriptedServer {
public:
    struct Request {
        std::string line;                           // "PUT /v1/sys/seal"
        std::map<std::string, std::string> headers; // names in lower case
        std::string body;
    };
    struct Answer {
        int status = 200;
        std::string body;
        std::string headers = {}; // further lines, each with its line end
    };

    explicit ScriptedServer(std::vector<Answer> answers) : m_answers{std::move(answers)}
    {
        m_listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        const bool isListening = bind(m_listener, reinterpret_cast<sockaddr*>(&address), size) == 0 && listen(m_listener, 16) == 0 &&
                                 getsockname(m_listener, reinterpret_cast<sockaddr*>(&address), &size) == 0;
        m_port = isListening ? ntohs(address.sin_port) : 0;
        m_thread = std::thread{[this] { serve(); }};
    }
    ~ScriptedServer()
    {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = write(m_stop, &one, sizeof one);
        m_thread.join();
        close(m_listener);
        close(m_stop);
    }
    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;

    std::string url() const { return "http://127.0.0.1:" + std::to_string(m_port); }
    std::vector<Request> requests() const
    {
        const std::lock_guard lock{m_mutex};
        return m_requests;
    }

private:
    /// Waits for bytes on `descriptor`; false if this server must stop.
    bool waitFor(int descriptor) const
    {
        pollfd watched[] = {{descriptor, POLLIN, 0}, {m_stop, POLLIN, 0}};
        return poll(watched, 2, -1) > 0 && watched[1].revents == 0;
    }

    void serve()
    {
        while (waitFor(m_listener)) {
            const int peer = accept4(m_listener, nullptr, nullptr, SOCK_CLOEXEC);
            if (peer < 0) return;
            serveOne(peer);
            close(peer);
        }
    }

    bool readMore(int peer, std::string& text) const
    {
        char buffer[4096];
        if (!waitFor(peer)) return false;
        const auto count = recv(peer, buffer, sizeof buffer, 0);
        if (count <= 0) return false;
        text.append(buffer, static_cast<std::size_t>(count));
        return true;
    }

    void serveOne(int peer)
    {
        std::string text;
        while (text.find("\r\n\r\n") == std::string::npos) {
            if (!readMore(peer, text)) return;
            if (static_cast<unsigned char>(text[0]) == 0x16) { // a TLS handshake; this server has no TLS
                static constexpr std::string_view kRefusal = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
                [[maybe_unused]] const auto sent = send(peer, kRefusal.data(), kRefusal.size(), MSG_NOSIGNAL);
                return;
            }
        }
        Request request;
        const auto headEnd = text.find("\r\n\r\n");
        const auto head = text.substr(0, headEnd + 2);
        const auto firstEnd = head.find("\r\n");
        request.line = head.substr(0, head.rfind(' ', firstEnd));
        for (auto at = firstEnd + 2; at < head.size();) {
            const auto end = head.find("\r\n", at);
            const auto colon = head.find(':', at);
            auto name = head.substr(at, colon - at);
            std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
            const auto valueAt = head.find_first_not_of(' ', colon + 1);
            request.headers[name] = head.substr(valueAt, end > valueAt ? end - valueAt : 0);
            at = end + 2;
        }
        text.erase(0, headEnd + 4);
        if (request.headers["transfer-encoding"] == "chunked") {
            for (;;) {
                while (text.find("\r\n") == std::string::npos) {
                    if (!readMore(peer, text)) return;
                }
                const auto size = std::stoul(text, nullptr, 16);
                text.erase(0, text.find("\r\n") + 2);
                while (text.size() < size + 2) {
                    if (!readMore(peer, text)) return;
                }
                request.body += text.substr(0, size);
                text.erase(0, size + 2);
                if (size == 0) break;
            }
        } else if (const auto length = request.headers.find("content-length"); length != request.headers.end()) {
            while (text.size() < std::stoul(length->second)) {
                if (!readMore(peer, text)) return;
            }
            request.body = text;
        }
        Answer answer{500, R"({"errors":["nothing more was expected"]})"};
        {
            const std::lock_guard lock{m_mutex};
            if (m_requests.size() < m_answers.size()) answer = m_answers[m_requests.size()];
            m_requests.push_back(std::move(request));
        }
        const auto reply = "HTTP/1.1 " + std::to_string(answer.status) + " Scripted\r\n" + answer.headers +
                           "Content-Length: " + std::to_string(answer.body.size()) + "\r\nConnection: close\r\n\r\n" + answer.body;
        for (std::size_t sent = 0; sent < reply.size();) {
            const auto count = send(peer, reply.data() + sent, reply.size() - sent, MSG_NOSIGNAL);
            if (count <= 0) return;
            sent += static_cast<std::size_t>(count);
        }
    }

    const std::vector<Answer> m_answers;
    int m_listener = -1;
    int m_stop = eventfd(0, EFD_CLOEXEC);
    std::uint16_t m_port = 0;
    mutable std::mutex m_mutex;
    std::vector<Request> m_requests; // under m_mutex
    std::thread m_thread;
};
