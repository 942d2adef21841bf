#include "tests/sim/lane.h"

#include "core/base/assert.h"

namespace sim {

Lane::~Lane()
{
    abandon();
    *m_isAlive = false;
}

void Lane::post(Task task)
{
    if (m_isStopped) return;
    m_tasks.push_back(std::move(task));
    if (m_running || m_isStartDue) return;
    m_isStartDue = true;
    m_world.after(m_world.between(Duration{0}, milliseconds{2}), [this, alive = m_isAlive] {
        if (!*alive) return;
        m_isStartDue = false;
        startNext();
    });
}

void Lane::startNext()
{
    while (!m_running && !m_tasks.empty()) {
        Task task = std::move(m_tasks.front());
        m_tasks.pop_front();
        m_running = std::make_unique<Fiber>(std::move(task));
        m_running->resume();
        if (!m_running->isDone()) return;
        m_running.reset();
    }
}

void Lane::wait(Duration duration)
{
    if (m_isAbandoned || !Fiber::current() || Fiber::current() != m_running.get()) {
        m_clock.skip(duration);
        return;
    }
    m_world.after(duration, [this, alive = m_isAlive, sleep = ++m_sleep] {
        if (!*alive || !m_running || sleep != m_sleep) return;
        m_running->resume();
        if (!m_running->isDone()) return;
        m_running.reset();
        startNext();
    });
    Fiber::yield();
}

bool Lane::waitUntil(const std::function<bool()>& isDone, Duration atMost)
{
    const SteadyTime deadline = m_clock.steadyNow() + atMost;
    Duration step = milliseconds{2};
    while (!isDone()) {
        if (m_clock.steadyNow() >= deadline) return false;
        wait(step);
        step = std::min<Duration>(step * 2, milliseconds{100});
    }
    return true;
}

void Lane::stop()
{
    while (!m_isAbandoned && !m_tasks.empty()) {
        Task task = std::move(m_tasks.front());
        m_tasks.pop_front();
        task();
    }
    m_isStopped = true;
    m_tasks.clear();
}

void Lane::abandon()
{
    m_isAbandoned = m_isStopped = true;
    m_tasks.clear();
    if (!m_running) return;
    CORE_ASSERT(m_running.get() != Fiber::current());
    ++m_sleep;
    while (!m_running->isDone()) m_running->resume();
    m_running.reset();
}

} // namespace sim
