#pragma once

#include "core/http/io_loop.h"

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <utility>

namespace core::http {

/// A coroutine waits here for a time, or until another function of its loop wakes it.
class Pause {
public:
    explicit Pause(IoLoop& loop) : m_loop{loop}, m_timer{loop.makeTimer()} {}

    boost::asio::awaitable<void> wait(std::chrono::nanoseconds atMost)
    {
        auto initiate = [this, until = m_loop.now() + atMost](auto handler) {
            auto shared = std::make_shared<decltype(handler)>(std::move(handler));
            m_timer->set(until, [shared] { std::move (*shared)(); });
        };
        co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(initiate, boost::asio::use_awaitable);
    }
    /// Does nothing if no coroutine waits.
    void wake() { m_timer->ringNow(); }

private:
    IoLoop& m_loop;
    std::unique_ptr<Timer> m_timer;
};

} // namespace core::http
