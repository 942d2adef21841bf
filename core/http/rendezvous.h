#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace core::http {

/// A coroutine waits here for one value from another thread. Used on the coroutine's thread; only a Promise can be destroyed anywhere.
template<class Value>
class Rendezvous : public std::enable_shared_from_this<Rendezvous<Value>> {
public:
    /// When the last copy is destroyed without a value, the value is lost: its holder has failed, for example for lack of memory. Allocates nothing.
    class Promise {
    public:
        explicit Promise(std::shared_ptr<Rendezvous> meeting) : m_keeper{std::make_shared<Keeper>(std::move(meeting))} {}
        /// On the coroutine's thread.
        void set(Value value) const
        {
            auto& meeting = *m_keeper->meeting;
            meeting.m_value = std::move(value);
            meeting.resume();
        }

    private:
        struct Keeper {
            explicit Keeper(std::shared_ptr<Rendezvous> m) : meeting{std::move(m)} {}
            ~Keeper() { meeting->m_isLost = true; }
            Keeper(const Keeper&) = delete;
            Keeper& operator=(const Keeper&) = delete;
            std::shared_ptr<Rendezvous> meeting;
        };
        std::shared_ptr<Keeper> m_keeper;
    };

    Promise promise() { return Promise{this->shared_from_this()}; }
    bool hasValue() const { return m_value.has_value(); }
    /// Call it after the coroutine was resumed: the value, or empty if it was lost.
    std::optional<Value>& value() { return m_value; }

    /// Waits until there is a value, or until checkLost() finds that it is lost.
    boost::asio::awaitable<void> wait()
    {
        if (m_value) co_return;
        auto initiate = [this](auto handler) {
            auto shared = std::make_shared<decltype(handler)>(std::move(handler));
            m_resume = [shared] { std::move (*shared)(); };
        };
        co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(initiate, boost::asio::use_awaitable);
    }
    /// Called by a timer on the coroutine's thread. Ends a wait for a lost value.
    void checkLost()
    {
        if (m_isLost && !m_value) resume();
    }

private:
    void resume()
    {
        if (const auto goOn = std::exchange(m_resume, nullptr)) goOn();
    }

    std::optional<Value> m_value;
    std::function<void()> m_resume;
    std::atomic<bool> m_isLost{false};
};

} // namespace core::http
