#pragma once

#include "core/base/clock.h"
#include "core/base/strong_id.h"

#include <optional>
#include <string>

namespace core::replication {

/// How much of a primary's log is left for one secondary at the present write rate.
struct HorizonFacts {
    LogIndex applied;                 // of the primary
    LogIndex secondary;               // the secondary has everything up to here
    LogIndex oldest;                  // the oldest that the log still has
    std::uint64_t logBytes = 0;       // from `oldest` to `applied`
    std::uint64_t retentionBytes = 0; // the most that is kept for a secondary
    std::chrono::seconds retentionAge{0};
    double entriesPerSecond = 0;
    bool isConnected = false;
    std::chrono::milliseconds silentFor{0};
};

/// How long until the secondary must reconcile because the log no longer reaches back. 0: it must already. Nothing: no limit, because it
/// keeps up or nothing is written.
std::optional<std::chrono::milliseconds> horizonOf(const HorizonFacts& facts);

/// What both ends of a link say about it, as far as each could be asked.
struct LinkFacts {
    bool isToPrimary = false; // this cluster is the secondary
    bool isConnected = false;
    bool wasEverConnected = false;
    bool isAwaited = false;                            // the secondary has not used its activation token
    std::string activationError;                       // why an activation here failed; then nothing else is known
    std::optional<std::uint64_t> replacedByEpoch;      // another promotion has replaced the primary; 0: its epoch is not known
    bool isReconciling = false;                        // merkle-diff or merkle-sync
    bool isInSync = false;                             // the secondary streams and is past every reconciliation
    std::optional<std::chrono::milliseconds> heardAge; // by this end; nothing: never
    std::uint64_t behind = 0;                          // entries
    std::uint64_t behindBefore = 0;                    // the most of the last minute
    std::optional<std::chrono::milliseconds> lag;      // age of the last proof of equality
    std::chrono::milliseconds unchangedFor{0};         // the secondary's place, while it was behind
    std::uint64_t rootsDifferent = 0;                  // in the last minutes
    std::uint64_t entriesRejected = 0;                 // in the last minutes
    std::string lastError;
    std::string lastErrorAdvice;  // what to do about it; empty: not known
    bool isOtherEndKnown = false; // it was asked and has answered
    std::string otherEnd;         // how its report disagrees; empty: it does not
    std::string blockedHere;      // why this end refuses every request; empty: it serves. The next one too
    std::string blockedThere;
    std::string contest;      // an entry of the set's trust log that an operator of this cluster must decide; empty: none
    std::string contestNext;  // what to do about it
    std::string olderStorage; // why this primary takes no writes; empty: its storage is not older than what members hold
    std::string otherPrimary; // another primary of this primary's set, at the same time; empty: none is known
    std::string otherPrimaryNext;
    std::string mountConflict; // a local mount of the secondary at a path where the primary has made a shared one; empty: none
    std::optional<std::chrono::milliseconds> horizon;
};

struct LinkVerdict {
    /// "healthy", "lagging", "catching up", "stalled", "broken", "diverged", "fenced", "awaiting", "blocked", "conflict", "contested",
    /// "two primaries", "older storage".
    std::string state;
    std::string cause;
    std::string nextStep;
    /// For metrics: 0 healthy, 1 catching up, 2 lagging, 3 stalled, 4 broken, 5 diverged, 6 fenced, 7 awaiting, 8 blocked, 9 conflict, 10 contested,
    /// 11 two primaries, 12 older storage.
    int level = 0;
};

inline constexpr std::chrono::seconds kLagMax{10};   // a streaming link with more lag is lagging
inline constexpr std::uint64_t kBehindMax = 10'000;  // entries; a link with more is lagging
inline constexpr std::chrono::seconds kStallMin{15}; // without progress while behind
inline constexpr std::chrono::seconds kHeardMax{5};  // connected, but without a heartbeat

LinkVerdict verdictOf(const LinkFacts& facts);

/// "3 h 20 min", "45 s", "2 days".
std::string durationText(std::chrono::milliseconds duration);

} // namespace core::replication
