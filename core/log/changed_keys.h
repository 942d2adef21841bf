#pragma once

#include "core/base/mutex.h"
#include "core/log/record.h"

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace core::log {

/// The physical keys that one commit wrote, read in place: valid only during the call that gets it. A key that was written twice comes twice.
class ChangedKeys {
public:
    explicit ChangedKeys(const EncodedOperations& operations) : m_operations{operations.bytes()} {}

    /// True if `matches(std::string_view key)` is true for a key. Stops at the first one.
    template<class Matches>
    bool any(Matches&& matches) const
    {
        for (std::size_t at = 0; at < m_operations.size();) {
            if (matches(readOperation(m_operations, at).key)) return true;
        }
        return false;
    }
    /// Calls `visit(std::string_view key)` for each key.
    template<class Visit>
    void forEach(Visit&& visit) const
    {
        any([&visit](std::string_view key) { return visit(key), false; });
    }
    bool contains(std::string_view key) const
    {
        return any([key](std::string_view each) { return each == key; });
    }

private:
    std::string_view m_operations;
};

/// Ends a subscription of a store when it is destroyed. After the destructor, the subscriber is not called any more, and no call is running. So it
/// must not be destroyed by a subscriber, nor by a thread that holds a lock which a subscriber takes. It may outlive the store.
class Subscription {
public:
    virtual ~Subscription() = default;
};

/// The subscribers to the changed keys of one store: everything that keeps a copy of stored rows in memory.
///
/// When a subscriber is called:
/// 1. The commit is applied: reads see it.
/// 2. Each subscriber is called with the keys of the commit, in the order of subscription.
/// 3. The commit is answered: its completion runs, or commitAndWait() returns.
/// So when a write is answered, no copy that was dropped in step 2 can be served any more. Between 1 and 2 an old copy can still be served, as if that
/// read had come before the write. This holds for writes of requests, for writes of the server itself and for batches from a primary.
///
/// Step 2 runs on the thread that gets the answer: a task of the commit's executor, or the thread that waits. So calls for two commits can run at the
/// same time and in any order. A subscriber that reads rows again must read and adopt them under one lock:
/// 1. Commit 1 is applied, and its subscriber reads the row.
/// 2. Commit 2 replaces the row. Its subscriber reads and adopts the new row, and the write is answered.
/// 3. The subscriber of commit 1 adopts the row that it read. Without the lock, the old row would stay.
///
/// A subscriber can read the store and take locks that nobody holds during a commit. It must not commit, wait for a commit or for another cluster,
/// subscribe, or end a subscription. It must be quick: the thread can be an I/O thread or that of the cluster port. Not called: for a commit that was
/// refused, and when all contents are replaced (then the owner of the store loads everything again). Thread-safe.
class KeySubscribers : public std::enable_shared_from_this<KeySubscribers> {
public:
    using Notify = std::function<void(const ChangedKeys& keys)>;
    std::unique_ptr<Subscription> add(Notify notify) CORE_EXCLUDES(m_mutex);
    /// Step 2, for a commit of these operations. Allocates nothing itself. If a subscriber finds no memory, it waits for some.
    void publish(const EncodedOperations& operations) const CORE_EXCLUDES(m_mutex);

private:
    class Handle;
    mutable SharedMutex m_mutex; // held for reading while subscribers are called
    std::vector<const Handle*> m_handles CORE_GUARDED_BY(m_mutex);
};

} // namespace core::log
