#include "core/http/listener.h"

#include "core/base/logging.h"
#include "core/base/origin.h"
#include "core/http/pause.h"
#include "core/http/session.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/socket.h>

namespace core::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Local = asio::local::stream_protocol;

Result<tcp::endpoint> resolve(const std::string& address, asio::io_context& context)
{
    const auto parsed = parseHostAndPort(address, 0);
    if (!parsed) return parsed.error();
    boost::system::error_code error;
    tcp::resolver resolver{context};
    const auto found = resolver.resolve(parsed->host, std::to_string(parsed->port), tcp::resolver::passive, error);
    if (error || found.empty()) {
        return Error{ErrorCode::InvalidArgument, "cannot resolve " + address + ": " + error.message()};
    }
    return found.begin()->endpoint();
}

/// Decides about an accepted connection, or about a failure to accept.
Peer prepare(tcp::socket& socket)
{
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay{true}, ignored);
    const auto remote = socket.remote_endpoint(ignored);
    return {remote.address().to_string(), remote.port()};
}

Peer prepare(Local::socket&)
{
    return {};
}

/// Accepts until the acceptor is closed. No connection must end this loop. Without memory or descriptors the process refuses
/// connections that it cannot serve, and continues.
template<class Protocol>
asio::awaitable<void> accept(std::shared_ptr<typename Protocol::acceptor> acceptor, IoLoop* loop, std::shared_ptr<SessionShared> shared)
{
    while (acceptor->is_open()) {
        auto [error, socket] = co_await acceptor->async_accept(asio::as_tuple(asio::use_awaitable));
        if (error == asio::error::operation_aborted || error == asio::error::bad_descriptor) co_return;
        bool isRefused = static_cast<bool>(error);
        try {
            if (error) {
                // Mostly there is no descriptor left: the longest idle connection is closed for the new one.
                shared->pool.closeLongestIdle(*loop);
            } else if (shared->pool.makeRoom(*loop)) {
                Peer peer = prepare(socket);
                serve(Socket{std::move(socket)}, std::move(peer), *loop, shared);
            }
        } catch (const std::exception& failure) {
            logging::failure("http", "a connection was refused", failure.what());
            isRefused = true;
        }
        if (!isRefused) continue;
        Pause pause{*loop};
        co_await pause.wait(std::chrono::milliseconds{20});
    }
}

template<class Protocol>
void keepAccepting(std::shared_ptr<typename Protocol::acceptor> acceptor, IoLoop* loop, std::shared_ptr<SessionShared> shared)
{
    asio::co_spawn(loop->context(), accept<Protocol>(acceptor, loop, shared), [acceptor, loop, shared](std::exception_ptr failure) {
        if (!failure || !acceptor->is_open()) return;
        logging::failure("http", "a listener begins to accept again", "an exception");
        keepAccepting<Protocol>(acceptor, loop, shared);
    });
}

class SocketListener final : public Listener {
public:
    SocketListener(Options options, IoPool& pool, request::Pipeline& handler, Random& random)
        : m_shared{std::make_shared<SessionShared>(std::move(options), pool, handler, random)}
    {}
    ~SocketListener() override { stop(); }

    Result<> open(IoPool& pool) { return m_shared->options.unixSocket ? openUnix(pool) : openTcp(pool); }

    std::string address() const override { return m_address; }

    void stop() override
    {
        m_shared->isStopping = true;
        for (auto& close : m_closers) close();
        if (!m_closers.empty() && m_shared->options.unixSocket) removeUnixSocket(m_shared->options.unixSocket->path);
        m_closers.clear();
    }

private:
    template<class Protocol>
    void begin(std::shared_ptr<typename Protocol::acceptor> acceptor, IoLoop* loop)
    {
        m_closers.push_back([acceptor, loop] {
            loop->post([acceptor] {
                boost::system::error_code ignored;
                acceptor->close(ignored);
            });
        });
        keepAccepting<Protocol>(std::move(acceptor), loop, m_shared);
    }

    Result<> openTcp(IoPool& pool)
    {
        tcp::endpoint endpoint;
        std::vector<std::pair<IoLoop*, std::shared_ptr<tcp::acceptor>>> acceptors;
        for (auto& loop : pool.loops()) {
            if (acceptors.empty()) {
                auto parsed = resolve(m_shared->options.address, loop->context());
                if (!parsed) return std::move(parsed).error();
                endpoint = *parsed;
            }
            boost::system::error_code error;
            auto acceptor = std::make_shared<tcp::acceptor>(loop->context());
            acceptor->open(endpoint.protocol(), error);
            if (!error) acceptor->set_option(tcp::acceptor::reuse_address{true}, error);
            using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;
            // The first socket of a fixed port is bound without sharing, so that a second server on it is refused. Then the port is shared.
            if (!error && (!acceptors.empty() || endpoint.port() == 0)) acceptor->set_option(ReusePort{true}, error);
            if (!error) acceptor->bind(endpoint, error);
            if (!error && acceptors.empty() && endpoint.port() != 0) acceptor->set_option(ReusePort{true}, error);
            if (!error) acceptor->listen(asio::socket_base::max_listen_connections, error);
            if (error) {
                return Error{ErrorCode::Io, "cannot listen on " + m_shared->options.address + ": " + error.message()};
            }
            endpoint = acceptor->local_endpoint(error);
            acceptors.emplace_back(loop.get(), acceptor);
        }
        m_address = endpoint.address().is_v6() ? "[" + endpoint.address().to_string() + "]" : endpoint.address().to_string();
        m_address += ":" + std::to_string(endpoint.port());
        for (auto& [loop, acceptor] : acceptors) begin<tcp>(acceptor, loop);
        return {};
    }

    Result<> openUnix(IoPool& pool)
    {
        auto handle = bindUnixSocket(*m_shared->options.unixSocket);
        if (!handle) return std::move(handle).error();
        IoLoop* loop = pool.loops().front().get();
        auto acceptor = std::make_shared<Local::acceptor>(loop->context());
        boost::system::error_code error;
        acceptor->assign(Local{}, *handle, error);
        if (!error) acceptor->listen(asio::socket_base::max_listen_connections, error);
        m_address = m_shared->options.unixSocket->path;
        if (error) return Error{ErrorCode::Io, "cannot listen on " + m_address + ": " + error.message()};
        begin<Local>(std::move(acceptor), loop);
        return {};
    }

    std::shared_ptr<SessionShared> m_shared;
    std::vector<std::function<void()>> m_closers;
    std::string m_address;
};

} // namespace

Result<std::unique_ptr<Listener>> Listener::start(Options options, IoPool& pool, request::Pipeline& handler, Random& random)
{
    auto listener = std::make_unique<SocketListener>(std::move(options), pool, handler, random);
    if (auto opened = listener->open(pool); !opened) return std::move(opened).error();
    return std::unique_ptr<Listener>{std::move(listener)};
}

} // namespace core::http
