#pragma once

#include "core/base/clock.h"
#include "core/base/mutex.h"

#include <map>
#include <string>
#include <string_view>

namespace core::token {

/// Limits how many wrapped answers one token can leave behind. Every token can wrap (policy `default`), and an answer waits as long as its token
/// asked.
///
/// The counts are in memory: answers that were wrapped before a start are not counted. Unwrapped and expired answers are subtracted. The time of
/// expiry is rounded to an eighth of the time to live. Thread-safe.
class WrapBudget {
public:
    /// What one wrapped answer costs in addition to its bytes: the rows of its token.
    static constexpr std::size_t kBytesEach = 1024;
    /// The limit of one token.
    static constexpr std::size_t kBytesMax = 256u << 20;

    /// True if `creator` (any id of the token that wraps) can leave another answer of this size.
    bool hasRoom(std::string_view creator, std::size_t bytes, WallTime now) CORE_EXCLUDES(m_mutex);
    void take(std::string_view creator, std::size_t bytes, WallTime createdAt, std::chrono::seconds ttl) CORE_EXCLUDES(m_mutex);
    void giveBack(std::string_view creator, std::size_t bytes, WallTime createdAt, std::chrono::seconds ttl) CORE_EXCLUDES(m_mutex);

    /// The number of tokens with answers that wait; for tests.
    std::size_t creatorCount() const CORE_EXCLUDES(m_mutex);

private:
    using Waiting = std::map<WallTime, std::size_t>; // bytes, by the time at which they have expired
    /// Drops expired answers. True: nothing is left.
    static bool drop(Waiting& waiting, WallTime now);
    static WallTime endOf(WallTime createdAt, std::chrono::seconds ttl);
    void sweep(WallTime now) CORE_REQUIRES(m_mutex);

    mutable Mutex m_mutex; // leaf lock
    std::map<std::string, Waiting, std::less<>> m_creators CORE_GUARDED_BY(m_mutex);
    WallTime m_sweptAt CORE_GUARDED_BY(m_mutex);
};

} // namespace core::token
