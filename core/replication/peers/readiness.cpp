#include "core/replication/peers/readiness.h"

#include "core/replication/wire/program_version.h"
#include "core/replication/peers/link_verdict.h"

#include <cctype>

namespace core::replication {

namespace {

constexpr std::chrono::hours kSnapshotAgeMax{24 * 7};
constexpr std::chrono::minutes kTokenLeftMin{30};

} // namespace

std::vector<ReadinessFact> readinessOf(const PairFacts& facts)
{
    std::vector<ReadinessFact> out;
    const auto add = [&out](std::string fact, std::string level, std::string detail, std::string nextStep = {}) {
        out.push_back({std::move(fact), std::move(level), std::move(detail), std::move(nextStep)});
    };

    if (!facts.isConnected) {
        add("lag", "fail", "The pair is not connected.", "See sys/replication/links for the cause.");
    } else {
        const bool isFar = facts.behind > kBehindMax || (facts.lag && *facts.lag > kLagMax && facts.behind > 0);
        add("lag", isFar ? "warn" : "ok",
            std::to_string(facts.behind) + " entries behind" +
                (isFar ? ", more than " + std::to_string(kBehindMax) + " or for longer than " + durationText(kLagMax) + "." : "."),
            isFar ? "See sys/replication/links for the cause." : "");
    }
    if (facts.equalIndex.value() == 0) {
        add("roots", facts.isSecondaryKnown ? "warn" : "unknown", "The ends have not been proven equal since the secondary started.",
            "Wait for the next marker; one is sent each second while the secondary streams.");
    } else {
        const bool isOld = !facts.lag || *facts.lag > kLagMax;
        add("roots", isOld ? "warn" : "ok",
            "Equal at index " + toString(facts.equalIndex) + " (" + facts.equalRoot + ")" +
                (facts.lag ? ", " + durationText(*facts.lag) + " ago." : "."),
            isOld ? "See sys/replication/links for the reason why there is no later proof." : "");
    }
    if (!facts.isSecondaryKnown) {
        add("operation_token", "unknown", "The secondary could not be asked.");
    } else if (facts.operationTokenCount > 0) {
        add("operation_token", "ok", "A DR operation token made by a quorum exists; it does not expire until it is deleted.");
    } else if (facts.offeredToken && !facts.offeredToken->mayPromote) {
        add("operation_token", "warn",
            "The batch token of this request has no right to promote, and no operation token is prepared on the secondary.",
            "Give its policy \"update\" on sys/replication/dr/secondary/promote and create another token.");
    } else if (facts.offeredToken) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(facts.offeredToken->expiresAt - facts.now);
        const bool isShort = left < kTokenLeftMin;
        add("operation_token", isShort ? "warn" : "ok",
            "The batch token of this request may promote until " + toRfc3339(facts.offeredToken->expiresAt) + ".",
            isShort ? "Create another one on the primary while there is a primary." : "");
    } else if (facts.isTokenGenerationClosed) {
        add("operation_token", "fail", "No DR operation token is prepared on the secondary, and its configuration lets no key shares make one.",
            "Add \"generate-operation-token\" to enable_unauthenticated_access in the secondary's configuration file and restart it, or keep a batch "
            "token of a failover policy at hand.");
    } else {
        add("operation_token", "warn", "No DR operation token is prepared on the secondary. Batch tokens leave no trace, so there may be one.",
            "Keep a batch token of a failover policy at hand, or generate an operation token with a quorum of key shares.");
    }
    if (facts.primaryVersion.empty() || facts.secondaryVersion.empty()) {
        add("versions", "unknown", "The version of one end is not known.");
    } else {
        const int order = compareVersions(facts.secondaryVersion, facts.primaryVersion);
        add("versions", order < 0 ? "fail" : "ok",
            "Primary " + facts.primaryVersion + ", secondary " + facts.secondaryVersion + (order < 0 ? ": the secondary is older." : "."),
            order < 0 ? "Upgrade the secondary before anything is promoted: an older version perhaps cannot read data of a newer one." : "");
    }
    if (facts.olderMembers.empty()) {
        add("members", "ok", "No member is known to run an older program.");
    } else {
        std::string names;
        for (const auto& one : facts.olderMembers) names += (names.empty() ? "" : "; ") + one;
        names.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(names.front())));
        add("members", "warn",
            names + ". Until all are upgraded sys/rekey is refused, unsigned batch tokens count, and an older member proves no key.",
            "Upgrade them, or revoke those that will not return.");
    }
    if (facts.snapshotProvenAt == WallTime{}) {
        add("snapshot", "warn", "Never: no automatic snapshot has been proven by a restore.",
            "Set up automatic snapshots (sys/storage/raft/snapshot-auto).");
    } else {
        const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(facts.now - facts.snapshotProvenAt);
        const bool isOld = age > kSnapshotAgeMax;
        add("snapshot", isOld ? "warn" : "ok", "Last proven " + durationText(age) + " ago: " + facts.snapshotUrl,
            isOld ? "Look at the status of the automatic snapshots." : "");
    }
    if (facts.drillTime.empty()) {
        add("drill", facts.isSecondaryKnown ? "warn" : "unknown",
            facts.isSecondaryKnown ? "Never: no failover has been rehearsed on the secondary." : "The secondary could not be asked.",
            "Run a drill on the secondary (sys/replication/dr/secondary/drill): it changes nothing there.");
    } else {
        const bool isGood = facts.drillState == "succeeded";
        add("drill", isGood ? "ok" : "warn", "Last drill " + facts.drillTime + ": " + facts.drillState + ".",
            isGood ? "" : "Read the drill's evidence and run another one.");
    }
    return out;
}

} // namespace core::replication
