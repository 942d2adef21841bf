#pragma once

#include "core/base/executor.h"
#include "core/base/mutex.h"
#include "core/base/thread.h"

#include <chrono>
#include <deque>

namespace core::replication {

/// Runs the tasks of its owner in order, and lets an operation wait. The simulator hands in its own for the manager and MemberService.
class Background : public Executor {
public:
    /// Waits until everything posted so far has run.
    virtual void waitUntilIdle() = 0;
    /// Finishes the posted tasks and drops later ones. Idempotent.
    virtual void stop() = 0;
    /// Waits in an operation or a task while everything else continues.
    virtual void pause(std::chrono::milliseconds duration) = 0;
};

/// One thread that runs tasks in order. The manager, MemberService, PromotionReports and FormerPrimaryWatch have one each. Thread-safe.
class Worker final : public Background {
public:
    Worker() : m_thread{"role-changes", Thread::OnFailure::RunAgain, [this] { run(); }} {}
    ~Worker() override { stop(); }

    void post(Task task) override CORE_EXCLUDES(m_mutex)
    {
        MutexLock lock{m_mutex};
        if (m_isStopping) return;
        m_tasks.push_back(std::move(task));
        m_changed.notifyAll();
    }
    void waitUntilIdle() override CORE_EXCLUDES(m_mutex)
    {
        MutexLock lock{m_mutex};
        while (!m_tasks.empty() || m_isBusy) m_changed.wait(m_mutex);
    }
    void pause(std::chrono::milliseconds duration) override { std::this_thread::sleep_for(duration); }
    void stop() override CORE_EXCLUDES(m_mutex)
    {
        {
            MutexLock lock{m_mutex};
            m_isStopping = true;
            m_changed.notifyAll();
        }
        m_thread.join();
    }

private:
    void run() CORE_EXCLUDES(m_mutex)
    {
        for (;;) {
            Task task;
            {
                MutexLock lock{m_mutex};
                m_isBusy = false;
                m_changed.notifyAll();
                while (m_tasks.empty() && !m_isStopping) m_changed.wait(m_mutex);
                if (m_tasks.empty()) return;
                task = std::move(m_tasks.front());
                m_tasks.pop_front();
                m_isBusy = true;
            }
            task();
        }
    }

    Mutex m_mutex; // leaf lock
    Condition m_changed;
    std::deque<Task> m_tasks CORE_GUARDED_BY(m_mutex);
    bool m_isBusy CORE_GUARDED_BY(m_mutex) = false;
    bool m_isStopping CORE_GUARDED_BY(m_mutex) = false;
    Thread m_thread; // last: it uses everything above
};

} // namespace core::replication
