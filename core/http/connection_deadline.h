#pragma once

#include "core/http/io_loop.h"

#include <functional>
#include <memory>

namespace core::http {

/// The one deadline of a connection; it covers each wait. It is checked every few seconds and when it is reached, so that the timer is not set several
/// times for each request.
class ConnectionDeadline {
public:
    explicit ConnectionDeadline(IoLoop& loop) : m_loop{loop}, m_timer{loop.makeTimer()} {}

    /// Calls `check` at the next check. It must call watch(), or the checks end.
    void start(std::function<void()> check);
    void watch();
    void stop() { m_timer->cancel(); }

    void set(SteadyTime at);
    void setIn(std::chrono::nanoseconds after) { set(m_loop.now() + after); }
    /// The connection can wait without end.
    void remove() { m_at = SteadyTime::max(); }
    bool isOver() const { return m_loop.now() >= m_at; }

private:
    IoLoop& m_loop;
    std::unique_ptr<Timer> m_timer;
    std::function<void()> m_check;
    SteadyTime m_at = SteadyTime::max();
    SteadyTime m_checkAt = SteadyTime::max();
};

} // namespace core::http
