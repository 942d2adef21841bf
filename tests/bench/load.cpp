#include "tests/bench/load.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sstream>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Connection {
    int socket = -1;
    std::string in, out;
    std::size_t sent = 0;
    Clock::time_point begun;
};

/// The length of the first whole answer in the buffer, 0 when there is none yet; `status` is its status.
std::size_t answerLength(const std::string& in, int& status)
{
    const auto end = in.find("\r\n\r\n");
    if (end == std::string::npos || in.size() < 12) return 0;
    status = std::atoi(in.c_str() + 9);
    std::size_t length = end + 4;
    const auto at = in.find("Content-Length: ");
    if (at != std::string::npos && at < end) length += static_cast<std::size_t>(std::atoll(in.c_str() + at + 16));
    return in.size() >= length ? length : 0;
}

} // namespace

std::uint32_t LoadResult::percentileUs(double share) const
{
    if (latenciesUs.empty()) return 0;
    const auto at = static_cast<std::size_t>(share * static_cast<double>(latenciesUs.size()));
    return latenciesUs[std::min(at, latenciesUs.size() - 1)];
}

LoadResult runLoad(std::uint16_t port, int connections, double seconds, const std::function<std::string(std::uint64_t)>& request)
{
    LoadResult result;
    const int poll = ::epoll_create1(EPOLL_CLOEXEC);
    std::vector<Connection> all(static_cast<std::size_t>(connections));
    std::uint64_t next = 0;
    const auto send = [&](Connection& connection) {
        while (connection.sent < connection.out.size()) {
            const auto count =
                ::send(connection.socket, connection.out.data() + connection.sent, connection.out.size() - connection.sent, MSG_NOSIGNAL);
            if (count <= 0) return;
            connection.sent += static_cast<std::size_t>(count);
        }
    };
    const auto begin = [&](Connection& connection) {
        connection.out = request(next++);
        connection.sent = 0;
        connection.begun = Clock::now();
        send(connection);
    };
    for (auto& connection : all) {
        connection.socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(connection.socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return result;
        const int one = 1;
        ::setsockopt(connection.socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        ::fcntl(connection.socket, F_SETFL, O_NONBLOCK);
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = &connection;
        ::epoll_ctl(poll, EPOLL_CTL_ADD, connection.socket, &event);
    }
    const auto start = Clock::now();
    const auto stop = start + std::chrono::duration<double>(seconds);
    for (auto& connection : all) begin(connection);
    char buffer[65536];
    epoll_event events[64];
    while (Clock::now() < stop) {
        const int count = ::epoll_wait(poll, events, 64, 100);
        for (int at = 0; at < count; ++at) {
            auto& connection = *static_cast<Connection*>(events[at].data.ptr);
            const auto received = ::recv(connection.socket, buffer, sizeof buffer, 0);
            if (received == 0) {
                ++result.failed;
                ::epoll_ctl(poll, EPOLL_CTL_DEL, connection.socket, nullptr);
                continue;
            }
            if (received < 0) continue;
            connection.in.append(buffer, static_cast<std::size_t>(received));
            int status = 0;
            const auto length = answerLength(connection.in, status);
            if (length == 0) continue;
            connection.in.erase(0, length);
            ++result.answered;
            if (status < 200 || status > 299) ++result.failed;
            const auto us = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - connection.begun).count();
            result.latenciesUs.push_back(static_cast<std::uint32_t>(us));
            begin(connection);
        }
    }
    result.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    for (auto& connection : all) ::close(connection.socket);
    ::close(poll);
    std::sort(result.latenciesUs.begin(), result.latenciesUs.end());
    return result;
}

double cpuSecondsOf(int pid)
{
    std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    const auto end = text.rfind(')');
    if (end == std::string::npos) return 0;
    std::istringstream fields{text.substr(end + 2)};
    std::string skipped;
    for (int at = 0; at < 11; ++at) fields >> skipped;
    double user = 0, system = 0;
    fields >> user >> system;
    return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::uint64_t residentBytesOf(int pid)
{
    std::ifstream file{"/proc/" + std::to_string(pid) + "/statm"};
    std::uint64_t total = 0, resident = 0;
    file >> total >> resident;
    return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::string httpRequest(const std::string& method, const std::string& path, const std::string& token, const std::string& body)
{
    std::string out = method + " /v1/" + path + " HTTP/1.1\r\nHost: localhost\r\nX-Vault-Token: " + token + "\r\n";
    if (!body.empty()) out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    return out + "\r\n" + body;
}

} // namespace bench
