#pragma once

#include "core/base/clock.h"
#include "core/base/mutex.h"

#include <map>
#include <string>
#include <string_view>

namespace core::token {

/// Bounds how much one token can leave behind in wrapped answers that nobody unwraps: every token may wrap (policy `default`), and an
/// answer waits for as long as its token asked.
///
/// Counts are in memory and of this process: answers wrapped before a start are not counted. What is unwrapped, or has ended, is given
/// back. The end is known to an eighth of the time to live. Thread-safe.
class WrapBudget {
public:
    /// What wrapping one answer takes, besides its bytes: the rows of its token.
    static constexpr std::size_t kBytesEach = 1024;
    /// By one token at a time.
    static constexpr std::size_t kBytesMax = 256u << 20;

    /// Whether `creator` (any id of the token that wraps) may leave another answer of this size.
    bool hasRoom(std::string_view creator, std::size_t bytes, WallTime now) CORE_EXCLUDES(m_mutex);
    void take(std::string_view creator, std::size_t bytes, WallTime createdAt, std::chrono::seconds ttl) CORE_EXCLUDES(m_mutex);
    void giveBack(std::string_view creator, std::size_t bytes, WallTime createdAt, std::chrono::seconds ttl) CORE_EXCLUDES(m_mutex);

    /// Tokens with something that waits; for tests.
    std::size_t creatorCount() const CORE_EXCLUDES(m_mutex);

private:
    using Waiting = std::map<WallTime, std::size_t>; // bytes, by when they will have ended
    /// Drops what has ended. True: nothing is left.
    static bool drop(Waiting& waiting, WallTime now);
    static WallTime endOf(WallTime createdAt, std::chrono::seconds ttl);
    void sweep(WallTime now) CORE_REQUIRES(m_mutex);

    mutable Mutex m_mutex; // leaf lock
    std::map<std::string, Waiting, std::less<>> m_creators CORE_GUARDED_BY(m_mutex);
    WallTime m_sweptAt CORE_GUARDED_BY(m_mutex);
};

} // namespace core::token
