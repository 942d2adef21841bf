#pragma once

#include "core/base/mutex.h"
#include "core/transit/key/key.h"

#include <deque>
#include <map>

namespace core::transit {

/// Keys in memory, so that an operation reads no storage. A change of a key drops it, after the commit and before the answer.
///
///     const auto round = cache.round();     // before the read
///     auto key = storage.load(name);
///     cache.add(name, key, round);          // does nothing if any key has changed since
///
/// Without the round, this would keep an old key until the next change:
/// 1. A request reads the key.
/// 2. Another request rotates it, and the commit drops it from the cache.
/// 3. The first request adds what it has read.
///
/// Thread-safe.
class KeyCache {
public:
    /// Null: not here.
    KeyPointer find(std::string_view name) const CORE_EXCLUDES(m_mutex);
    std::uint64_t round() const CORE_EXCLUDES(m_mutex);
    void add(const KeyPointer& key, std::uint64_t round) CORE_EXCLUDES(m_mutex);
    void drop(std::string_view name) CORE_EXCLUDES(m_mutex);
    void dropAll() CORE_EXCLUDES(m_mutex);

    /// At most this many keys; the one that was added first goes first. 0: unlimited.
    void setSizeMax(std::size_t sizeMax) CORE_EXCLUDES(m_mutex);
    std::size_t size() const CORE_EXCLUDES(m_mutex);

private:
    void shrink() CORE_REQUIRES(m_mutex);

    mutable SharedMutex m_mutex; // leaf lock
    std::map<std::string, KeyPointer, std::less<>> m_keys CORE_GUARDED_BY(m_mutex);
    std::deque<std::string> m_order CORE_GUARDED_BY(m_mutex); // of addition; empty while the size is unlimited
    std::size_t m_sizeMax CORE_GUARDED_BY(m_mutex) = 0;
    std::uint64_t m_round CORE_GUARDED_BY(m_mutex) = 0;
};

} // namespace core::transit
