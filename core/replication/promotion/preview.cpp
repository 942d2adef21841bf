#include "core/replication/promotion/preview.h"

#include "core/replication/wire/program_version.h"

#include <algorithm>
#include <cctype>
#include <cmath>

namespace core::replication {

namespace {

using std::chrono::milliseconds;

std::string secondsText(milliseconds duration)
{
    const auto tenths = (duration.count() + 50) / 100;
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

std::string namesText(const std::vector<std::string>& names)
{
    std::string out;
    for (const auto& name : names) out.append(out.empty() ? "" : ", ").append(name);
    return out;
}

std::string countText(std::uint64_t count, const char* one, const char* many)
{
    return std::to_string(count) + " " + (count == 1 ? one : many);
}

} // namespace

LossBound boundOf(const LossFacts& facts)
{
    LossBound bound;
    if (!facts.isConsistent) {
        bound.text =
            "This secondary holds no consistent state of its primary, because a reconciliation is unfinished. So the loss has no known limit.";
        return bound;
    }
    bound.isKnown = true;
    bound.entriesKnown = facts.seen > facts.held ? facts.seen.value() - facts.held.value() : 0;
    const bool isHeard = facts.heardAt != WallTime{};
    if (isHeard) {
        // The primary may have gone on for one more heartbeat interval and written during that time, without being heard.
        const auto unheard = facts.isPrimaryAlive ? facts.now - facts.heardAt : milliseconds{kHeartbeatInterval};
        const double seconds = std::max(0.0, std::chrono::duration<double>(unheard).count());
        bound.entriesUnheard = static_cast<std::uint64_t>(std::ceil(seconds * std::max(0.0, facts.entriesPerSecond)));
    }
    if (facts.heldUntil) {
        const auto atMost = std::max(milliseconds{0}, std::chrono::duration_cast<milliseconds>(facts.now - *facts.heldUntil));
        bound.timeAtMost = atMost;
        if (isHeard && !facts.isPrimaryAlive) {
            const auto last = facts.heardAt + kHeartbeatInterval;
            bound.time = std::clamp(std::chrono::duration_cast<milliseconds>(last - *facts.heldUntil), milliseconds{0}, atMost);
        }
    }
    bound.text = bound.entriesKnown == 0
                     ? "No cluster that answers knows of an entry that is missing here"
                     : countText(bound.entriesKnown, "entry of the primary is", "entries of the primary are") + " known to be missing here";
    if (bound.time) {
        bound.text +=
            "; if the primary ended when it was last heard, everything that it wrote in its last " + secondsText(*bound.time) + " may be lost";
    } else if (bound.timeAtMost) {
        bound.text += "; everything that was written in the last " + secondsText(*bound.timeAtMost) + " may be lost";
    } else {
        bound.text += "; since this cluster started, no marker has proved that both were equal, so there is no limit in time";
    }
    bound.text += ".";
    return bound;
}

std::vector<std::string> nextSteps(const PreviewAdvice& advice)
{
    std::vector<std::string> steps;
    const std::string type{toString(advice.type)};
    if (advice.isPrimaryAlive) {
        steps.push_back("The primary is still seen alive: a planned change of roles loses nothing "
                        "(sys/replication/" +
                        type + "/primary/switchover on the primary, or demote it first).");
    }
    if (!advice.isConsistent) {
        steps.push_back("Wait until the reconciliation is done, or promote another secondary: this one holds a mixture of states.");
    }
    if (!advice.betterCandidate.empty()) {
        steps.push_back("The secondary \"" + advice.betterCandidate + "\" of the same set holds more than this one: consider promoting it instead.");
    }
    if (advice.salvageable > 0 && advice.type == Type::Dr && !advice.isLinkUp) {
        steps.push_back("Copy " + countText(advice.salvageable, "shared key", "shared keys") + " from the performance secondary \"" +
                        advice.salvageFrom + "\" before promoting: sys/replication/dr/secondary/salvage.");
    } else if (advice.salvageable > 0 && advice.type == Type::Performance) {
        steps.push_back("The secondary \"" + advice.salvageFrom + "\" holds " + countText(advice.salvageable, "shared key", "shared keys") +
                        " that this one lacks: promote that one, or these changes are lost.");
    }
    if (advice.silent > 0) {
        steps.push_back(countText(advice.silent, "member does", "members do") + " not answer. Entries that only they hold are not counted here.");
    }
    if (!advice.older.empty()) {
        std::string names;
        for (const auto& one : advice.older) names += (names.empty() ? "" : "; ") + one;
        names.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(names.front())));
        steps.push_back(
            names + "; this cluster runs " + programText(advice.program) +
            ". Upgrade first: an older cluster cannot follow this one with a new token, and sys/rekey and the new rules work only when all are upgraded.");
    }
    steps.push_back("Keep the old primary from serving clients (stop it, or cut it off) before promoting; promote with sys/replication/" + type +
                    "/secondary/promote.");
    if (!advice.followers.empty()) {
        steps.push_back("After the promotion these members follow this cluster by themselves, within a minute: " + namesText(advice.followers) +
                        ". One that does not (holdfast replication links) gets a token made here with update-primary; its data is kept.");
    }
    if (!advice.others.empty()) {
        steps.push_back("After the promotion these members follow only when they are given a token made here with update-primary, because this "
                        "cluster has no right to succeed in their set: " +
                        namesText(advice.others) + ". Their data is kept.");
    }
    if (!advice.copies.empty()) {
        steps.push_back("These DR secondaries are copies of the old primary and do not follow this cluster: " + namesText(advice.copies) +
                        ". Activate DR secondaries of this cluster instead.");
    }
    steps.push_back("When the old primary comes back, demote it and let it follow. Entries that only it has are then overwritten.");
    return steps;
}

} // namespace core::replication
