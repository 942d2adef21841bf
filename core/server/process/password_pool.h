#pragma once

#include "core/base/bounded_executor.h"
#include "core/base/mutex.h"
#include "core/base/thread.h"

#include <deque>
#include <list>
#include <string>
#include <vector>

namespace core::server {

/// Threads that only check and make password hashes. A hash takes about 60 ms of CPU, and a stranger can request as many as
/// it likes, so:
/// - other work (role changes, snapshots, sys/) has threads of its own and never waits for logins;
/// - these threads have a lower priority (nice 10), so that they take no CPU time that other threads want;
/// - the queue is bounded, and senders take turns.
/// Thread-safe.
class PasswordPool final : public BoundedExecutor {
public:
    struct Options {
        unsigned threadCount = 1;
        std::size_t queuedMax = 256;        // about 15 s of work for one thread
        std::size_t queuedBySenderMax = 64; // about 4 s
        int niceness = 10;
    };
    explicit PasswordPool(Options options);
    ~PasswordPool() override;
    PasswordPool(const PasswordPool&) = delete;
    PasswordPool& operator=(const PasswordPool&) = delete;

    Admission post(std::string_view sender, Work work) override CORE_EXCLUDES(m_mutex);
    /// Runs queued work with `isStopping`, refuses later work, and joins. Idempotent. Must not be called from the pool's own work.
    void stop() CORE_EXCLUDES(m_mutex);

    /// All cores except one; at least one thread and at most four.
    static unsigned defaultThreadCount();

private:
    struct Sender {
        std::string name;
        std::deque<Work> queue; // not empty
    };
    void work() CORE_EXCLUDES(m_mutex);
    /// The next work of the sender whose turn it is. The queue must not be empty.
    Work takeNext() CORE_REQUIRES(m_mutex);

    const Options m_options;
    Mutex m_mutex; // leaf lock
    Condition m_wake;
    std::list<Sender> m_senders CORE_GUARDED_BY(m_mutex); // senders with queued work; the first one is next
    std::size_t m_queuedCount CORE_GUARDED_BY(m_mutex) = 0;
    bool m_isStopping CORE_GUARDED_BY(m_mutex) = false;
    std::vector<Thread> m_threads; // set in the constructor, joined in stop()
};

} // namespace core::server
