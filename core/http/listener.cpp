#include "core/http/listener.h"

#include "core/base/logging.h"
#include "core/http/session.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/as_tuple.hpp>

#include <atomic>
#include <sys/socket.h>

namespace core::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

Result<tcp::endpoint> parseAddress(const std::string& address, asio::io_context& context)
{
    const auto colon = address.rfind(':');
    if (colon == std::string::npos) return Error{ErrorCode::InvalidArgument, "address without a port: " + address};
    std::string host = address.substr(0, colon);
    const std::string port = address.substr(colon + 1);
    if (host.size() >= 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    boost::system::error_code error;
    tcp::resolver resolver{context};
    const auto found = resolver.resolve(host, port, tcp::resolver::passive, error);
    if (error || found.empty()) {
        return Error{ErrorCode::InvalidArgument, "cannot resolve " + address + ": " + error.message()};
    }
    return found.begin()->endpoint();
}

class TcpListener final : public Listener {
public:
    TcpListener(Options options, request::Pipeline& handler, Random& random)
        : m_shared{std::make_shared<SessionShared>(std::move(options), handler, random)}
    {}
    ~TcpListener() override { stop(); }

    Result<> open(IoPool& pool)
    {
        tcp::endpoint endpoint;
        for (auto& thread : pool.threads()) {
            if (m_acceptors.empty()) {
                auto parsed = parseAddress(m_shared->options.address, thread->context());
                if (!parsed) return std::move(parsed).error();
                endpoint = *parsed;
            }
            boost::system::error_code error;
            auto acceptor = std::make_shared<tcp::acceptor>(thread->context());
            acceptor->open(endpoint.protocol(), error);
            if (!error) acceptor->set_option(tcp::acceptor::reuse_address{true}, error);
            using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;
            // The first socket of a fixed port is bound alone, so that a second server on it is refused; then it shares.
            if (!error && (!m_acceptors.empty() || endpoint.port() == 0)) acceptor->set_option(ReusePort{true}, error);
            if (!error) acceptor->bind(endpoint, error);
            if (!error && m_acceptors.empty() && endpoint.port() != 0) acceptor->set_option(ReusePort{true}, error);
            if (!error) acceptor->listen(asio::socket_base::max_listen_connections, error);
            if (error) {
                return Error{ErrorCode::Io, "cannot listen on " + m_shared->options.address + ": " + error.message()};
            }
            endpoint = acceptor->local_endpoint(error);
            m_acceptors.push_back({thread.get(), acceptor});
        }
        m_address = endpoint.address().is_v6() ? "[" + endpoint.address().to_string() + "]" : endpoint.address().to_string();
        m_address += ":" + std::to_string(endpoint.port());
        for (auto& [thread, acceptor] : m_acceptors) {
            asio::co_spawn(thread->context(), accept(acceptor, thread, m_shared), [](std::exception_ptr failure) {
                if (failure) logging::error("http", "a listener ended with an exception");
            });
        }
        return {};
    }

    std::string address() const override { return m_address; }
    std::size_t connectionCount() const override { return m_shared->connectionCount; }

    void stop() override
    {
        m_shared->isStopping = true;
        for (auto& [thread, acceptor] : m_acceptors) {
            thread->post([acceptor = acceptor] {
                boost::system::error_code ignored;
                acceptor->close(ignored);
            });
        }
        m_acceptors.clear();
    }

private:
    static asio::awaitable<void> accept(std::shared_ptr<tcp::acceptor> acceptor, IoThread* thread,
                                        std::shared_ptr<SessionShared> shared)
    {
        while (acceptor->is_open()) {
            auto [error, socket] = co_await acceptor->async_accept(asio::as_tuple(asio::use_awaitable));
            if (error == asio::error::operation_aborted || error == asio::error::bad_descriptor) co_return;
            if (error) {
                // Out of descriptors, mostly: give connections time to end.
                asio::steady_timer pause{thread->context(), std::chrono::milliseconds{50}};
                co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
                continue;
            }
            if (shared->connectionCount >= shared->options.connectionCountMax) continue; // closes it
            boost::system::error_code ignored;
            socket.set_option(tcp::no_delay{true}, ignored);
            serve(std::move(socket), *thread, shared);
        }
    }

    std::shared_ptr<SessionShared> m_shared;
    std::vector<std::pair<IoThread*, std::shared_ptr<tcp::acceptor>>> m_acceptors;
    std::string m_address;
};

} // namespace

Result<std::unique_ptr<Listener>> Listener::start(Options options, IoPool& pool, request::Pipeline& handler,
                                                   Random& random)
{
    auto listener = std::make_unique<TcpListener>(std::move(options), handler, random);
    if (auto opened = listener->open(pool); !opened) return std::move(opened).error();
    return std::unique_ptr<Listener>{std::move(listener)};
}

} // namespace core::http
