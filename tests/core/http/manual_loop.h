#pragma once

#include "core/http/io_loop.h"

#include <algorithm>
#include <list>
#include <memory>
#include <optional>
#include <utility>

namespace http_test {

/// A loop that runs on the thread of the test, and whose clock the test moves. So no test waits, and none depends on how fast the machine is.
class ManualLoop final : public core::http::IoLoop {
public:
    ~ManualLoop() override
    {
        const auto unmade = std::exchange(m_calls->all, {}); // a coroutine can wait in a call, and cancels it when it is destroyed
    }

    core::SteadyTime now() const override { return m_clock.steadyNow(); }
    std::unique_ptr<core::http::Timer> makeTimer() override { return std::make_unique<ManualTimer>(m_calls); }
    void stop() override { context().stop(); }

    /// Runs everything that can run now.
    void run()
    {
        bool isMoreLeft = true;
        while (isMoreLeft) {
            context().restart();
            isMoreLeft = context().poll() > 0;
            if (auto call = takeDue()) {
                call->ring();
                isMoreLeft = true;
            }
        }
    }

    /// Moves the clock, and makes each call of a timer at its time.
    void advance(std::chrono::nanoseconds by)
    {
        run();
        const auto end = now() + by;
        while (now() < end) {
            const auto first = std::ranges::min_element(m_calls->all, {}, &Call::at);
            m_clock.advance((first == m_calls->all.end() ? end : std::min(end, first->at)) - now());
            run();
        }
    }

private:
    struct Call {
        core::SteadyTime at;
        std::function<void()> ring;
        const void* timer = nullptr;
    };
    struct Calls {
        std::list<Call> all;
        void drop(const void* timer)
        {
            std::list<Call> dropped; // destroyed at the end, when the list is whole again
            for (auto each = all.begin(); each != all.end();) {
                const auto next = std::next(each);
                if (each->timer == timer) dropped.splice(dropped.end(), all, each);
                each = next;
            }
        }
    };
    class ManualTimer final : public core::http::Timer {
    public:
        explicit ManualTimer(std::shared_ptr<Calls> calls) : m_calls{std::move(calls)} {}
        ~ManualTimer() override { cancel(); }
        void set(core::SteadyTime at, std::function<void()> ring) override
        {
            cancel();
            m_calls->all.push_back({at, std::move(ring), this});
        }
        void ringNow() override
        {
            for (auto& call : m_calls->all) {
                if (call.timer == this) call.at = core::SteadyTime::min();
            }
        }
        void cancel() override { m_calls->drop(this); }

    private:
        std::shared_ptr<Calls> m_calls;
    };

    std::optional<Call> takeDue()
    {
        auto first = std::ranges::min_element(m_calls->all, {}, &Call::at);
        if (first == m_calls->all.end() || first->at > now()) return std::nullopt;
        Call call = std::move(*first);
        m_calls->all.erase(first);
        return call;
    }

    core::FakeClock m_clock;
    std::shared_ptr<Calls> m_calls = std::make_shared<Calls>();
};

} // namespace http_test
