#include "core/replication/peers/link_verdict.h"

#include <algorithm>

namespace core::replication {

namespace {

using std::chrono::milliseconds;

std::string entriesText(std::uint64_t count)
{
    return std::to_string(count) + (count == 1 ? " entry" : " entries");
}

LinkVerdict broken(const LinkFacts& facts)
{
    LinkVerdict verdict{"broken", {}, {}, 4};
    if (!facts.wasEverConnected) {
        verdict.cause =
            facts.isToPrimary ? "This secondary has not reached its primary yet" : "The secondary has not connected since the primary started";
        verdict.nextStep =
            "Look at the status of the secondary: it shows why an activation failed. Otherwise check both ends with sys/replication/preflight.";
    } else {
        verdict.cause = "There is no connection";
        if (facts.heardAge) verdict.cause += ", the last heartbeat is " + durationText(*facts.heardAge) + " old";
        verdict.nextStep = "Check that the secondary runs and is unsealed and that it reaches the primary's cluster port: sys/replication/preflight.";
    }
    if (facts.isToPrimary) {
        verdict.nextStep =
            "Check that the primary runs and is unsealed, and that this cluster reaches its cluster port: holdfast replication preflight, "
            "run here with the address of the primary's API.";
    }
    if (!facts.lastError.empty()) verdict.cause += " (" + facts.lastError + ")";
    verdict.cause += ".";
    if (!facts.lastErrorAdvice.empty()) verdict.nextStep = facts.lastErrorAdvice;
    if (facts.horizon && facts.horizon->count() == 0) {
        verdict.nextStep += " The log no longer reaches back to this secondary. It must reconcile when it returns.";
    } else if (facts.horizon) {
        verdict.nextStep += " If it returns within " + durationText(*facts.horizon) + ", it continues from the log. Later it must reconcile.";
    }
    return verdict;
}

} // namespace

std::string durationText(milliseconds duration)
{
    const auto seconds = std::max<std::int64_t>(0, duration.count() / 1000);
    if (seconds < 120) return std::to_string(seconds) + " s";
    if (seconds < 2 * 3600) return std::to_string(seconds / 60) + " min";
    if (seconds < 48 * 3600) return std::to_string(seconds / 3600) + " h " + std::to_string(seconds % 3600 / 60) + " min";
    return std::to_string(seconds / 86'400) + " days";
}

std::optional<milliseconds> horizonOf(const HorizonFacts& facts)
{
    if (facts.secondary < facts.applied && facts.secondary.next() < facts.oldest) return milliseconds{0};
    std::optional<milliseconds> horizon;
    const auto count = facts.applied >= facts.oldest ? facts.applied.value() - facts.oldest.value() + 1 : 0;
    // A connected secondary that keeps up uses the log as fast as it is written.
    if (!facts.isConnected && facts.entriesPerSecond > 0 && count > 0 && facts.logBytes > 0 && facts.retentionBytes > 0) {
        const double bytesPerEntry = static_cast<double>(facts.logBytes) / static_cast<double>(count);
        const auto behind = facts.applied > facts.secondary ? facts.applied.value() - facts.secondary.value() : 0;
        const double left = static_cast<double>(facts.retentionBytes) - static_cast<double>(behind) * bytesPerEntry;
        const double seconds = std::clamp(left / (bytesPerEntry * facts.entriesPerSecond), 0.0, 1e9);
        horizon = milliseconds{static_cast<std::int64_t>(seconds * 1000)};
    }
    if (!facts.isConnected && facts.retentionAge.count() > 0) {
        const auto byAge = std::max(milliseconds{0}, milliseconds{facts.retentionAge} - facts.silentFor);
        horizon = horizon ? std::min(*horizon, byAge) : byAge;
    }
    return horizon;
}

LinkVerdict verdictOf(const LinkFacts& facts)
{
    if (!facts.activationError.empty()) {
        return {"broken", "The activation has failed, and the data is as it was: " + facts.activationError + ".",
                "Remove the cause and activate again. A token works once: revoke the secondary at the primary and make a new token.", 4};
    }
    if (facts.replacedByEpoch) {
        return {"fenced",
                *facts.replacedByEpoch > 0
                    ? "Another cluster has been promoted to the primary of this set (epoch " + std::to_string(*facts.replacedByEpoch) + ")."
                    : "Another cluster has been promoted to the primary of this set.",
                "Demote the replaced primary and let it follow its successor with a token from there. If that promotion is false, refuse it at the "
                "replaced primary: holdfast replication refuse-successor.",
                6};
    }
    if (!facts.olderStorage.empty()) {
        return {
            "older storage", "This primary refuses writes: " + facts.olderStorage + ".",
            "Decide whose data stays: demote this cluster and promote the member that holds most, or resume this cluster with key shares: holdfast "
            "replication resume-primary.",
            12};
    }
    if (!facts.contest.empty()) return {"contested", facts.contest, facts.contestNext, 10}; // it may be the reason why there is no connection
    // The secondary may follow the other primary.
    if (!facts.otherPrimary.empty()) return {"two primaries", facts.otherPrimary, facts.otherPrimaryNext, 11};
    if (!facts.isConnected && facts.isAwaited) {
        return {"awaiting", "The secondary has not used its activation token yet.",
                "Use the token there (secondary/enable), or revoke the secondary if it is no longer needed.", 7};
    }
    if (!facts.isConnected) return broken(facts);
    if (!facts.blockedHere.empty() || !facts.blockedThere.empty()) {
        const bool isHere = !facts.blockedHere.empty();
        return {
            "blocked",
            std::string{isHere ? "This cluster" : "The other end"} + " refuses every request, because none of its audit devices takes entries (" +
                (isHere ? facts.blockedHere : facts.blockedThere) + ").",
            "Make the file of the device writable again, or free space on its disk. The device is tried again each second. Replication continues.",
            8};
    }
    if (!facts.mountConflict.empty()) {
        return {
            "conflict",
            "The secondary has a local " + facts.mountConflict +
                ", and the primary has made a shared mount at the same path. The secondary serves its local mount, and "
                "shows the shared mount to nobody.",
            "Disable or move one of the two: the local mount on the secondary, or the shared mount on the primary. Both keep their data until then.",
            9};
    }
    if (facts.entriesRejected > 0 || facts.rootsDifferent > 1) {
        return {
            "diverged",
            facts.entriesRejected > 0
                ? entriesText(facts.entriesRejected) + " did not verify against the set's key in the last minutes."
                : "The roots of both ends have differed " + std::to_string(facts.rootsDifferent) + " times in the last minutes.",
            "Run merkle-check on both ends and reindex where it reports damage, the secondary first; the link then fetches the differences again.",
            5};
    }
    if (facts.heardAge && *facts.heardAge > kHeardMax) {
        return {"stalled", "The connection is open, but the last heartbeat is " + durationText(*facts.heardAge) + " old.",
                "Look at the other end: it may be out of memory or disk, or the network may swallow packets.", 3};
    }
    if (facts.isReconciling) {
        return {"catching up", "Both ends are being compared, and the differences are sent.",
                "No action needed. sync_progress in the status shows the progress.", 1};
    }
    if (facts.behind > 0 && facts.unchangedFor > kStallMin) {
        return {"stalled", entriesText(facts.behind) + " behind without progress for " + durationText(facts.unchangedFor) + ".",
                "Look at the secondary's log: its storage may be full or slow. sys/replication/recover on the secondary starts its links again.", 3};
    }
    if (!facts.isInSync) {
        return {"catching up", "The secondary streams, but has not yet passed its last reconciliation.",
                "No action needed. This clears within seconds of the next write.", 1};
    }
    const bool isFar = facts.behind > kBehindMax || (facts.lag && *facts.lag > kLagMax);
    if (isFar && facts.behind > 0) {
        const std::string cause = entriesText(facts.behind) + " behind" + (facts.lag ? ", equal " + durationText(*facts.lag) + " ago" : "") + ".";
        if (facts.behind < facts.behindBefore - facts.behindBefore / 10)
            return {"catching up", cause, "No action needed: the secondary is catching up.", 1};
        return {"lagging", cause, "Check whether the network and the secondary's storage can keep up with the write rate.", 2};
    }
    if (!facts.otherEnd.empty())
        return {"lagging", facts.otherEnd, "Look at both ends. A one-way network cut ends, or breaks the link, within seconds.", 2};
    return {"healthy", facts.isOtherEndKnown ? "Both ends agree." : "As seen from this end.", "No action needed.", 0};
}

} // namespace core::replication
