#pragma once

#include "core/base/clock.h"
#include "core/base/strong_id.h"

#include <optional>
#include <string>
#include <vector>

namespace core::replication {

/// The batch token of the caller that asks a DR secondary. A batch token is not stored, so the cluster knows of no other one.
struct OfferedToken {
    bool mayPromote = false;
    WallTime expiresAt;
};

/// The facts for the question whether a DR pair is ready for a failover.
struct PairFacts {
    WallTime now;
    bool isConnected = false;
    std::uint64_t behind = 0;
    std::optional<std::chrono::milliseconds> lag; // age of the last proof that both ends are equal
    LogIndex equalIndex;                          // of that proof; 0: none
    std::string equalRoot;
    bool isSecondaryKnown = false; // it could be asked
    int operationTokenCount = 0;
    bool isTokenGenerationClosed = false; // key shares must not make one there
    std::optional<OfferedToken> offeredToken;
    std::string primaryVersion, secondaryVersion;
    std::vector<std::string> olderMembers; // "the secondary "north" runs Holdfast 0.1.0", of all members that are known to be older
    WallTime snapshotProvenAt;             // epoch: never
    std::string snapshotUrl;
    std::string drillTime, drillState; // empty: never
};

struct ReadinessFact {
    std::string fact; // "lag", "roots", "operation_token", "versions", "members", "snapshot", "drill"
    enum class Level { Ok, Warn, Fail, Unknown };

    Level level = Level::Unknown;
    std::string detail;
    std::string nextStep; // empty: nothing
};

/// "ok", "warn", "fail", "unknown".
std::string_view toString(ReadinessFact::Level level);

std::vector<ReadinessFact> readinessOf(const PairFacts& facts);

} // namespace core::replication
