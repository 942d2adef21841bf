#include "core/replication/set/trust_contest.h"

#include "core/base/encoding.h"
#include "core/base/origin.h"

#include <algorithm>

namespace core::replication {

using trust::Entry;
using trust::EntryKind;
using trust::TrustLog;

namespace {

constexpr std::size_t kNamesMax = 10; // shown

/// `"north" (https://north:8200)`. Another cluster chose name and address, so both are made printable and short.
std::string nameOf(const trust::Leader& leader)
{
    const std::string address = leader.apiAddress.empty() ? leader.clusterAddress : leader.apiAddress;
    const std::string name = leader.clusterName.empty() ? leader.clusterId : leader.clusterName;
    return "\"" + printable(name, 100) + "\"" + (address.empty() ? "" : " (" + printable(address, 300) + ")");
}

std::string atEpoch(const Entry& entry)
{
    return " (epoch " + std::to_string(entry.epoch) + ")";
}

std::string causeOf(const Entry& entry, const TrustLog& log, std::string_view ownKey)
{
    const std::string who = nameOf(entry.leader);
    const bool isRevoked = log.judge().isRevoked(entry.authority);
    switch (entry.kind) {
    case EntryKind::Takeover:
        return who + " says that it has been promoted" + atEpoch(entry) +
               (isRevoked ? ", with a key that this set has revoked."
                          : ". By the list of members here it had no right to succeed, or another one has led since.");
    case EntryKind::Handover: {
        const auto prev = log.judge().find(entry.prev);
        return "The primary role was handed over to " + who + atEpoch(entry) + (prev ? " by " + nameOf(prev->leader) : std::string{}) +
               ". One of these clusters was revoked, or another one has led since.";
    }
    case EntryKind::Refusal: {
        const bool isOwn = log.head().authority == ownKey;
        return who + " has refused the promotion of " + (isOwn ? "this cluster" : nameOf(log.head().leader)) + " and continues as the primary" +
               atEpoch(entry) + ".";
    }
    case EntryKind::Roster:
    case EntryKind::Found:
        return who + " has sent a list of members" + atEpoch(entry) + " that revokes " + nameOf(log.head().leader) +
               ", which leads by the log here, or contradicts its own list.";
    }
    return {};
}

std::string safeText(const Role& role, const TrustLog& log)
{
    if (role.mode == Mode::Primary && role.isReplaced()) {
        return "This cluster still refuses writes, because " + nameOf(log.head().leader) + " has replaced it. Its data is as it was.";
    }
    if (role.mode == Mode::Primary) return "This cluster stays the primary and accepts writes. Nothing has changed here.";
    return "This cluster stays with " + nameOf(log.head().leader) + atEpoch(log.head()) + ". Nothing has changed here.";
}

/// Ids of members that have a seat in the first list and none in the second, with its revocations.
std::string lostSeats(const TrustLog& before, const TrustLog& after)
{
    std::string names;
    std::size_t count = 0;
    for (const auto& seat : before.head().seats) {
        if (seat.id.empty() || !before.judge().presentSeatOf(seat.memberKey) || after.judge().presentSeatOf(seat.memberKey)) continue;
        if (++count <= kNamesMax) names += (names.empty() ? "\"" : ", \"") + printable(seat.id, 100) + "\"";
    }
    if (count > kNamesMax) names += " and " + std::to_string(count - kNamesMax) + " more";
    return names;
}

std::string chosenText(const Role& role, const TrustLog& before, const TrustLog& after, std::string_view ownKey)
{
    const Entry& head = after.head();
    const std::string leader = nameOf(head.leader);
    std::string text;
    if (head.authority == ownKey) {
        text = role.isReplaced() ? "This cluster is the primary again and accepts writes." : "This cluster leads by that list.";
    } else if (role.mode == Mode::Primary) {
        text = role.isReplaced() ? "This cluster names " + leader + " as its successor and still refuses writes."
                                 : "This cluster stops being the primary: it refuses writes at once and names " + leader +
                                       " as its successor. Entries that only this cluster has are lost when it follows the successor.";
    } else if (head.authority == before.head().authority) {
        text = "This cluster stays with " + leader + " and takes that list.";
    } else {
        text = "This cluster follows " + leader + " and copies its data. Entries that only this cluster has are lost.";
    }
    if (head.authority != ownKey && !after.judge().presentSeatOf(ownKey)) {
        text += " It has no seat in that list, so " + leader + " refuses it until it has a new token.";
    }
    if (const auto lost = lostSeats(before, after); !lost.empty()) text += " Members without a seat in that list: " + lost + ".";
    return text;
}

} // namespace

std::vector<TrustContest> contestsOf(const Role& role, bool isPlayed, Type type, const TrustLog& log, std::string_view ownKey)
{
    std::vector<TrustContest> out;
    const std::string choose = "holdfast replication trust choose -type=" + std::string{toString(type)} + " ";
    for (const auto& hash : log.judge().contested()) {
        TrustLog after = log;
        TrustContest contest;
        contest.entry = log.judge().find(hash);
        if (!contest.entry || !after.choose(hash)) continue;
        contest.cause = causeOf(*contest.entry, log, ownKey);
        contest.safe = isPlayed ? safeText(role, log) : "This DR secondary keeps the list of its primary's performance set as it was.";
        contest.ifChosen = isPlayed ? chosenText(role, log, after, ownKey)
                                    : "This DR secondary keeps that list in its place, with " + nameOf(after.head().leader) + " as its leader.";
        contest.nextStep = "Find out which cluster must lead: compare holdfast replication trust at both clusters. To follow this entry: " + choose +
                           toHex(hash) + ". To stay as it is: " + choose + toHex(log.head().hash) + ". Each cluster decides for itself.";
        out.push_back(std::move(contest));
    }
    return out;
}

} // namespace core::replication
