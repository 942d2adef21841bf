#pragma once

#include "core/base/executor.h"
#include "core/base/mutex.h"
#include "core/base/thread.h"

#include <deque>
#include <vector>

namespace core::server {

/// Threads for long work: unsealing, snapshots, role changes. Tasks run in order of arrival on
/// the next free thread. Thread-safe.
class WorkerPool final : public Executor {
public:
    explicit WorkerPool(unsigned threadCount);
    ~WorkerPool() override;

    void post(Task task) override CORE_EXCLUDES(m_mutex);
    /// Runs all queued tasks, then joins. Later tasks are dropped. Idempotent. Must not be called from a task.
    void stop() CORE_EXCLUDES(m_mutex);

private:
    void work() CORE_EXCLUDES(m_mutex);

    Mutex m_mutex; // leaf lock
    Condition m_wake;
    std::deque<Task> m_tasks CORE_GUARDED_BY(m_mutex);
    bool m_isStopping CORE_GUARDED_BY(m_mutex) = false;
    std::vector<Thread> m_threads; // set in the constructor, joined in stop()
};

} // namespace core::server
