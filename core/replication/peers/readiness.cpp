#include "core/replication/peers/readiness.h"

#include "core/replication/wire/program_version.h"
#include "core/replication/peers/link_verdict.h"

#include <cctype>

namespace core::replication {

namespace {

constexpr std::chrono::hours kSnapshotAgeMax{24 * 7};
constexpr std::chrono::minutes kTokenLeftMin{30};
constexpr const char* kSeeLinks = "Run `holdfast replication links` for the cause.";

} // namespace

std::string_view toString(ReadinessFact::Level level)
{
    switch (level) {
    case ReadinessFact::Level::Ok: return "ok";
    case ReadinessFact::Level::Warn: return "warn";
    case ReadinessFact::Level::Fail: return "fail";
    case ReadinessFact::Level::Unknown: break;
    }
    return "unknown";
}

std::vector<ReadinessFact> readinessOf(const PairFacts& facts)
{
    using Level = ReadinessFact::Level;
    std::vector<ReadinessFact> out;
    const auto add = [&out](std::string fact, Level level, std::string detail, std::string nextStep = {}) {
        out.push_back({std::move(fact), level, std::move(detail), std::move(nextStep)});
    };

    if (!facts.isConnected) {
        add("lag", Level::Fail, "The pair is not connected.", kSeeLinks);
    } else {
        const bool isFar = facts.behind > kBehindMax;
        const bool isLate = facts.lag && *facts.lag > kLagMax && facts.behind > 0;
        add("lag", isFar || isLate ? Level::Warn : Level::Ok,
            std::to_string(facts.behind) + " entries behind" +
                (isFar    ? "; the limit is " + std::to_string(kBehindMax) + "."
                 : isLate ? ", for longer than " + durationText(kLagMax) + "."
                          : "."),
            isFar || isLate ? kSeeLinks : "");
    }
    if (facts.equalIndex.value() == 0) {
        add("roots", facts.isSecondaryKnown ? Level::Warn : Level::Unknown,
            facts.isSecondaryKnown ? "The ends have not been proven equal since the secondary started." : "The secondary could not be asked.",
            facts.isSecondaryKnown ? "Wait some seconds. While the link is in stream-wals, the primary sends a proof each second." : kSeeLinks);
    } else {
        const bool isOld = !facts.lag || *facts.lag > kLagMax;
        add("roots", isOld ? Level::Warn : Level::Ok,
            "Equal at index " + toString(facts.equalIndex) + " (" + facts.equalRoot + ")" +
                (facts.lag ? ", " + durationText(*facts.lag) + " ago." : "."),
            isOld ? kSeeLinks : "");
    }
    if (!facts.isSecondaryKnown) {
        add("operation_token", Level::Unknown, "The secondary could not be asked.");
    } else if (facts.operationTokenCount > 0) {
        add("operation_token", Level::Ok, "A DR operation token made by key shares exists. It is valid until it is deleted.");
    } else if (facts.offeredToken && !facts.offeredToken->mayPromote) {
        add("operation_token", Level::Warn,
            "The batch token of this request has no right to promote, and no operation token is prepared on the secondary.",
            "On the primary, add \"update\" on sys/replication/dr/secondary/promote to the policy of the token.");
    } else if (facts.offeredToken) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(facts.offeredToken->expiresAt - facts.now);
        const bool isShort = left < kTokenLeftMin;
        add("operation_token", isShort ? Level::Warn : Level::Ok,
            "The batch token of this request may promote until " + toRfc3339(facts.offeredToken->expiresAt) + ".",
            isShort ? "Create a new one on the primary now, while the primary can be reached." : "");
    } else if (facts.isTokenGenerationClosed) {
        add("operation_token", Level::Fail,
            "No DR operation token is prepared on the secondary, and its configuration demands a batch token before key shares can make "
            "one.",
            "Add \"generate-operation-token\" to enable_unauthenticated_access in the secondary's configuration file and restart it, or keep a batch "
            "token with \"update\" on sys/replication/dr/secondary/promote at hand.");
    } else {
        add("operation_token", Level::Warn,
            "No operation token made by key shares is stored on the secondary. You may have a batch token: clusters do not store these.",
            "Keep a batch token with \"update\" on sys/replication/dr/secondary/promote at hand, or generate an operation token with a quorum of key shares.");
    }
    if (facts.primaryVersion.empty() || facts.secondaryVersion.empty()) {
        add("versions", Level::Unknown,
            facts.primaryVersion.empty() ? "The version of the primary is not known." : "The version of the secondary is not known.");
    } else {
        const int order = compareVersions(facts.secondaryVersion, facts.primaryVersion);
        add("versions", order < 0 ? Level::Fail : Level::Ok,
            "Primary " + facts.primaryVersion + ", secondary " + facts.secondaryVersion + (order < 0 ? ": the secondary is older." : "."),
            order < 0 ? "Upgrade the secondary before anything is promoted: an older version may be unable to read newer data." : "");
    }
    if (facts.olderMembers.empty()) {
        add("members", Level::Ok, "No member is known to run an older program than this cluster.");
    } else {
        std::string names;
        for (const auto& one : facts.olderMembers) names += (names.empty() ? "" : "; ") + one;
        names.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(names.front())));
        add("members", Level::Warn,
            names +
                ". Until all are upgraded sys/rekey is refused, batch tokens without a signature are accepted, and an older member does not prove its member key.",
            "Upgrade them, or revoke those that will not return.");
    }
    if (facts.snapshotProvenAt == WallTime{}) {
        add("snapshot", Level::Warn, "Never: no automatic snapshot has been proven by a restore.",
            "Set up automatic snapshots (sys/storage/raft/snapshot-auto).");
    } else {
        const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(facts.now - facts.snapshotProvenAt);
        const bool isOld = age > kSnapshotAgeMax;
        add("snapshot", isOld ? Level::Warn : Level::Ok, "Last proven " + durationText(age) + " ago: " + facts.snapshotUrl,
            isOld ? "Look at the status of the automatic snapshots (sys/storage/raft/snapshot-auto/status/<name>)." : "");
    }
    if (facts.drillTime.empty()) {
        add("drill", facts.isSecondaryKnown ? Level::Warn : Level::Unknown,
            facts.isSecondaryKnown ? "Never: no failover has been rehearsed on the secondary." : "The secondary could not be asked.",
            "Run a drill on the secondary (sys/replication/dr/secondary/drill): it changes no data there, and needs free space for a copy.");
    } else {
        const bool isGood = facts.drillState == "succeeded";
        add("drill", isGood ? Level::Ok : Level::Warn, "Last drill " + facts.drillTime + ": " + facts.drillState + ".",
            isGood ? "" : "Read its result (holdfast replication drill -status) and run another one.");
    }
    return out;
}

} // namespace core::replication
