#pragma once

#include "core/base/clock.h"
#include "core/base/strong_id.h"

#include <optional>
#include <string>

namespace core::replication {

/// How much of a primary's log is left for one secondary, at the rate at which it is written now.
struct HorizonFacts {
    LogIndex applied;                 // of the primary
    LogIndex secondary;               // has everything up to here
    LogIndex oldest;                  // that the log still has
    std::uint64_t logBytes = 0;       // from `oldest` to `applied`
    std::uint64_t retentionBytes = 0; // kept for a secondary at most
    std::chrono::seconds retentionAge{0};
    double entriesPerSecond = 0;
    bool isConnected = false;
    std::chrono::milliseconds silentFor{0};
};

/// How long until the secondary has to be reconciled instead of being streamed to; 0: it has to be already; nothing: no end
/// in sight, since it keeps up or nothing is written.
std::optional<std::chrono::milliseconds> horizonOf(const HorizonFacts& facts);

/// What both ends of a link say about it, as far as each could be asked.
struct LinkFacts {
    bool isConnected = false;
    bool wasEverConnected = false;
    bool isAwaited = false;                            // the secondary has not used its activation token
    std::string activationError;                       // why an activation here came to nothing; nothing else is known then
    std::optional<std::uint64_t> replacedByEpoch;      // the primary, by a promotion; 0: not known which
    bool isReconciling = false;                        // merkle-diff or merkle-sync
    bool isInSync = false;                             // the secondary streams and is past every reconciliation
    std::optional<std::chrono::milliseconds> heardAge; // by the end that is asked; nothing: never
    std::uint64_t behind = 0;                          // entries
    std::uint64_t behindBefore = 0;                    // the most of the last minute
    std::optional<std::chrono::milliseconds> lag;      // age of the last proof of equality
    std::chrono::milliseconds unchangedFor{0};         // the secondary's place, while it was behind
    std::uint64_t rootsDifferent = 0;                  // in the last minutes
    std::uint64_t entriesRejected = 0;                 // in the last minutes
    std::string lastError;
    bool isOtherEndKnown = false; // it was asked and has answered
    std::string otherEnd;         // how it disagrees; empty: it does not
    std::string blockedHere;      // why this end refuses every request; empty: it serves, as the next
    std::string blockedThere;
    std::string contest;       // an entry of the set's trust log that an operator of this cluster decides on; empty: none
    std::string contestNext;   // what to do about it
    std::string mountConflict; // a local mount of the secondary where the primary has made a shared one; empty: none
    std::optional<std::chrono::milliseconds> horizon;
};

struct LinkVerdict {
    /// "healthy", "lagging", "catching up", "stalled", "broken", "diverged", "fenced", "awaiting", "blocked", "conflict", "contested".
    std::string state;
    std::string cause;
    std::string nextStep;
    /// For metrics: 0 healthy, 1 catching up, 2 lagging, 3 stalled, 4 broken, 5 diverged, 6 fenced, 7 awaiting, 8 blocked, 9 conflict, 10 contested.
    int level = 0;
};

inline constexpr std::chrono::seconds kLagMax{10};   // beyond it a link that streams is lagging
inline constexpr std::uint64_t kBehindMax = 10'000;  // entries, likewise
inline constexpr std::chrono::seconds kStallMin{15}; // without progress while behind
inline constexpr std::chrono::seconds kHeardMax{5};  // connected, but without a heartbeat

LinkVerdict verdictOf(const LinkFacts& facts);

/// "3 h 20 min", "45 s", "2 days".
std::string durationText(std::chrono::milliseconds duration);

} // namespace core::replication
