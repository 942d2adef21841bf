#pragma once

#include "core/barrier/scope.h"
#include "core/base/clock.h"
#include "core/base/mutex.h"
#include "core/log/store.h"
#include "core/token/expiry_index.h"
#include "core/token/token_store.h"

#include <atomic>
#include <functional>
#include <vector>

namespace core::lease {

/// Ends what is due: expired tokens with all tokens below them, and revocations that were too large for one transaction.
///
/// No check depends on it: a look-up refuses an expired or revoked token at once. The server's timer calls tick() on a worker thread, one call at a
/// time, and never on a DR secondary. requestTidy() is thread-safe.
class LeaseManager {
public:
    LeaseManager(log::Store& store, const barrier::Barrier& barrier, token::TokenStore& tokens, const Clock& clock);

    /// Works in bounded transactions until nothing is due, or for kRoundsPerTick of them. Returns the number of keys that it wrote. Errors: Sealed,
    /// Io, NoSpace, Conflict (again and again); the next tick continues.
    Result<std::size_t> tick();

    /// Ends every token that was issued at a path below `prefix` (with or without '/' at the end), in the caller's transaction. The tokens are
    /// invalid when it is committed. A few are removed at once, many by the next ticks. Tokens that are made after `now` stay.
    Result<> endBelow(const barrier::Scope& scope, std::string_view prefix, WallTime now);

    /// The next tick ends the tokens for which `isEnding` is true, for example those of an unmounted auth method. Thread-safe.
    void requestEnd(std::function<bool(const token::TokenEntry&)> isEnding) CORE_EXCLUDES(m_mutex);
    /// False: a tidy is running already.
    bool requestTidy() { return !m_isTidying.exchange(true); }

private:
    using Step = std::function<Result<bool>(const barrier::Scope&)>;
    struct Round {
        std::size_t keyCount = 0; // that were written
        bool isMoreLeft = false;  // as the step says
    };
    /// Commits one step. After a conflict the step runs again in a new transaction. Errors: those of the step and of a commit; Conflict (each time).
    Result<Round> runRound(const Step& step);
    /// Commits one step after the other until one returns false (nothing is left), or for kRoundsPerTick of them.
    Result<std::size_t> repeat(const Step& step);
    Result<bool> endDue(const barrier::Scope& scope);
    Result<std::size_t> endRequested() CORE_EXCLUDES(m_mutex);
    /// Tidies the next pages, if a tidy runs. The next tick continues.
    Result<std::size_t> tidy();
    /// Removes the tokens that endBelow() has left.
    Result<std::size_t> endBelowPaths();
    /// Removes one page of one ending. `after` says where to continue; empty: the ending is complete. False: there is no ending.
    Result<bool> endPage(const barrier::Scope& scope, std::string& after);

    log::Store& m_store;
    const barrier::Barrier& m_barrier;
    token::TokenStore& m_tokens;
    const Clock& m_clock;
    std::atomic<bool> m_isTidying{false};
    std::string m_tidyAfter; // where a tidy continues; empty: at the start. Used by tick() only
    Mutex m_mutex;           // leaf lock
    std::vector<std::function<bool(const token::TokenEntry&)>> m_ending CORE_GUARDED_BY(m_mutex);
};

inline constexpr std::size_t kRoundsPerTick = 64;

} // namespace core::lease
