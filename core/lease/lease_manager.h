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

/// Ends what is due: expired tokens with everything below them, and revocations that were too large for one transaction.
///
/// Nothing waits for it to be right: an expired or revoked token is refused at once by its look-up. tick() is called by the
/// server's timer on a worker thread, by one at a time, and never on a DR secondary. requestTidy() is thread-safe.
class LeaseManager {
public:
    /// Told of the keys of each transaction that was committed here.
    using Committed = std::function<void(const std::vector<std::string>& physicalKeys)>;

    LeaseManager(log::Store& store, const barrier::Barrier& barrier, token::TokenStore& tokens, const Clock& clock, Committed committed);

    /// Works in bounded transactions until nothing is due, or for kRoundsPerTick of them. Returns how many keys it wrote.
    /// Errors: Sealed, Io, NoSpace; the next tick goes on.
    Result<std::size_t> tick();

    /// Ends every token that was issued at a path below `prefix` (with or without '/' at the end), in the caller's transaction: they are
    /// invalid when it is committed. A few are taken away at once, many by the next ticks. `now`: younger ones stay.
    Result<> endBelow(const barrier::Scope& scope, std::string_view prefix, WallTime now);

    /// The next tick ends the tokens that `isEnding` picks: those of an auth method that is there no more, say. Thread-safe.
    void requestEnd(std::function<bool(const token::TokenEntry&)> isEnding) CORE_EXCLUDES(m_mutex);
    /// False: one is running already.
    bool requestTidy() { return !m_isTidying.exchange(true); }

private:
    using Step = std::function<Result<bool>(const barrier::Scope&)>;
    /// Runs `step` in transactions of its own until it says false (nothing is left).
    Result<std::size_t> repeat(const Step& step);
    Result<bool> endDue(const barrier::Scope& scope);
    Result<std::size_t> endRequested() CORE_EXCLUDES(m_mutex);
    /// Takes away what endBelow() has left over.
    Result<std::size_t> endBelowPaths();
    /// One page of one ending; `after` is where to go on, empty: the ending is done with. False: there is none.
    Result<bool> endPage(const barrier::Scope& scope, std::string& after);

    log::Store& m_store;
    const barrier::Barrier& m_barrier;
    token::TokenStore& m_tokens;
    const Clock& m_clock;
    const Committed m_committed;
    std::atomic<bool> m_isTidying{false};
    Mutex m_mutex; // leaf lock
    std::vector<std::function<bool(const token::TokenEntry&)>> m_ending CORE_GUARDED_BY(m_mutex);
};

inline constexpr std::size_t kRoundsPerTick = 64;

} // namespace core::lease
