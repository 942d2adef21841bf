#pragma once

#include "core/http/listener.h"

#include <boost/asio/ip/tcp.hpp>

#include <atomic>

namespace core::http {

/// What the sessions of one listener share.
struct SessionShared {
    Listener::Options options;
    request::Pipeline* handler = nullptr;
    Random* random = nullptr;
    std::atomic<std::size_t> connectionCount{0};
    std::atomic<bool> isStopping{false};

    SessionShared(Listener::Options o, request::Pipeline& h, Random& r) : options{std::move(o)}, handler{&h}, random{&r} {}
};

/// Serves one connection until it ends, on the thread that accepted it.
void serve(boost::asio::ip::tcp::socket socket, IoThread& thread, std::shared_ptr<SessionShared> shared);

} // namespace core::http
