#pragma once

#include "core/base/executor.h"
#include "core/base/mutex.h"
#include "core/base/thread.h"

#include <deque>
#include <string>
#include <vector>

namespace core {

/// Threads that run tasks in order of arrival, each on the next free thread: for work that can wait or take long. With one thread, one task runs after
/// the other. Thread-safe.
class TaskThreads final : public Executor {
public:
    /// `name` is that of one thread; several have a number behind it.
    TaskThreads(const std::string& name, unsigned threadCount);
    ~TaskThreads() override;

    void post(Task task) override CORE_EXCLUDES(m_mutex);
    /// Waits until everything posted so far has run. Must not be called from a task.
    void waitUntilIdle() CORE_EXCLUDES(m_mutex);
    /// Runs all queued tasks, then joins. Later tasks are dropped. Idempotent. Must not be called from a task.
    void stop() CORE_EXCLUDES(m_mutex);

private:
    void work() CORE_EXCLUDES(m_mutex);
    void endTask() CORE_EXCLUDES(m_mutex);

    Mutex m_mutex; // leaf lock
    Condition m_wake;
    Condition m_idle;
    std::deque<Task> m_tasks CORE_GUARDED_BY(m_mutex);
    unsigned m_busyCount CORE_GUARDED_BY(m_mutex) = 0;
    bool m_isStopping CORE_GUARDED_BY(m_mutex) = false;
    std::vector<Thread> m_threads; // set in the constructor, joined in stop()
};

} // namespace core
