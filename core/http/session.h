#pragma once

#include "core/http/listener.h"
#include "core/http/streams.h"

#include <atomic>

namespace core::http {

/// The data that all sessions of one listener share.
struct SessionShared {
    Listener::Options options;
    IoPool& pool;
    request::Pipeline* handler = nullptr;
    Random* random = nullptr;
    std::atomic<bool> isStopping{false};

    SessionShared(Listener::Options o, IoPool& p, request::Pipeline& h, Random& r) : options{std::move(o)}, pool{p}, handler{&h}, random{&r} {}
};

/// The other end; its address is empty for a Unix socket.
struct Peer {
    std::string address;
    std::uint16_t port = 0;
};

/// Serves one connection until it ends, in the loop that accepted it.
void serve(Socket socket, Peer peer, IoLoop& loop, std::shared_ptr<SessionShared> shared);

} // namespace core::http
