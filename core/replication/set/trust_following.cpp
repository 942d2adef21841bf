#include "core/replication/set/trust_roster.h"

#include <algorithm>

// What follows for this cluster from a trust log: whom it may follow, its role, and whether its own storage is too old.

namespace core::replication {

using trust::Entry;
using trust::EntryKind;
using trust::Seat;
using trust::TrustLog;
using trust::keyHash;

std::vector<std::string> leaderKeys(const TrustLog& log)
{
    const Entry& head = log.head();
    std::vector<std::string> keys{head.authority};
    const auto add = [&](const std::string& key) {
        if (key != head.authority && log.judge().maySucceed(key)) keys.push_back(key);
    };
    for (const Seat& seat : head.seats) {
        add(seat.memberKey);
        for (const auto& one : seat.standIns) add(one.memberKey);
    }
    return keys;
}

trust::EntryPointer ownEntryLacking(const TrustLog& log, const std::vector<std::string>& encoded, const std::string& ownKey, Epoch epoch)
{
    trust::EntryPointer newest;
    if (encoded.size() > trust::kMessageEntriesMax) return newest;
    // A long log is cut, and members may still hold lists that were cut off here.
    const std::uint64_t oldestKept = log.judge().chain().front()->generation;
    Entry former; // the leader before it, as far as signatures go
    former.authority = ownKey;
    for (const auto& one : encoded) {
        auto entry = Entry::parse(one);
        if (!entry) break;
        const bool isOwnKind = entry->kind == EntryKind::Roster ||
                               ((entry->kind == EntryKind::Refusal || entry->kind == EntryKind::Takeover) && entry->authority == ownKey);
        const bool isOfLog = entry->type == log.head().type && entry->setId == log.head().setId;
        const bool isLater = entry->epoch >= epoch.value() && entry->generation > oldestKept && (!newest || entry->generation > newest->generation);
        if (!isOwnKind || !isOfLog || !isLater || log.judge().find(entry->hash) || log.judge().isVoid(entry->hash)) continue;
        if (isSignedRightly(*entry, &former)) newest = std::make_shared<const Entry>(std::move(*entry));
    }
    return newest;
}

EpochStatement statementOf(const TrustLog& log, Type type)
{
    const Entry& head = log.head();
    EpochStatement statement;
    statement.type = type;
    statement.setId = head.setId;
    statement.epoch = Epoch{head.epoch};
    statement.predecessor = Epoch{head.epoch - 1};
    statement.clusterId = head.leader.clusterId;
    statement.clusterName = head.leader.clusterName;
    statement.apiAddress = head.leader.apiAddress;
    statement.clusterAddress = head.leader.clusterAddress;
    statement.promotionId = head.promotionId;
    statement.issuedAt = log.transition().issuedAt;
    return statement;
}

bool isProvedBy(const EpochStatement& statement, const TrustLog& log)
{
    return statement.isSameAs(statementOf(log, statement.type));
}

std::optional<std::string> refusalOfUnfollowed(const Role& role, const TrustLog& log)
{
    if (role.mode != Mode::Secondary || role.leftKey.empty() || log.judge().isRevoked(role.leftKey)) return std::nullopt;
    for (const auto& hash : log.judge().contested()) {
        const auto entry = log.judge().find(hash);
        const bool isIts = entry && entry->kind == EntryKind::Refusal && entry->authority == role.leftKey;
        if (isIts && std::ranges::any_of(entry->voided, [&](const auto& one) { return log.judge().isBehindHead(one); })) return hash;
    }
    return std::nullopt;
}

std::optional<std::string> revocationByFollowed(const Role& role, const TrustLog& log)
{
    if (role.mode != Mode::Secondary) return std::nullopt;
    const auto isFollowed = [&role](const std::string& key) { return !key.empty() && (key == role.leftKey || key == role.primaryKey); };
    if (isFollowed(log.head().authority) && role.leftKey.empty()) return std::nullopt; // the new leader has welcomed this cluster
    trust::EntryPointer newest;
    for (const auto& hash : log.judge().contested()) {
        const auto list = log.judge().find(hash);
        if (!list || list->kind != EntryKind::Roster || !list->revoked.contains(keyHash(log.head().authority))) continue;
        // The former leader may have made a new key since, in a list of the same epoch.
        bool isItsOwn = false;
        for (auto at = list; at && at->epoch == list->epoch && !isItsOwn; at = log.judge().find(at->prev)) {
            isItsOwn = isFollowed(at->authority) && at->authority != log.head().authority && !log.judge().isRevoked(at->authority);
        }
        if (isItsOwn && (!newest || list->generation > newest->generation)) newest = list;
    }
    return newest ? std::optional{newest->hash} : std::nullopt;
}

Role followed(const Role& role, Type type, const TrustLog& log, std::string_view ownKey, const SecretBytes& forestKey)
{
    Role next = role.clone();
    const Entry& head = log.head();
    if (role.setId != head.setId) return next;
    if (role.mode == Mode::Primary && head.authority == ownKey) {
        std::erase_if(next.secondaries, [&](const auto& one) { return !one.memberKey.empty() && log.judge().isRevoked(one.memberKey); });
        if (role.isReplaced()) {
            next.successor.clear();
            next.primaryKey.clear();
        }
        return next;
    }
    if (head.authority == ownKey) return next; // demoted, and no cluster has taken its place
    const EpochStatement leads = statementOf(log, type);
    const auto known = EpochStatement::parse(role.latestStatement());
    if (known && known->isSameAs(leads) && role.primaryKey == head.authority) return next;
    const bool isSameLeader = std::ranges::any_of(log.judge().chain(), [&](const auto& entry) { // true: the leader has only made a new key
        return entry->epoch == head.epoch && entry->authority == role.primaryKey;
    });
    if (role.mode == Mode::Secondary && !role.primaryKey.empty() && next.leftKey.empty() && !isSameLeader) next.leftKey = role.primaryKey;
    if (next.leftKey == head.authority) next.leftKey.clear();
    next.primaryKey = head.authority;
    const std::string statement = known && known->isSameAs(leads) ? role.latestStatement() : leads.sign(forestKey);
    if (role.mode == Mode::Primary) {
        next.successor = statement;
        return next;
    }
    next.statement = statement;
    next.epoch = leads.epoch;
    if (next.identity && !leads.clusterAddress.empty()) {
        std::erase(next.primaryAddresses, leads.clusterAddress);
        next.primaryAddresses.insert(next.primaryAddresses.begin(), leads.clusterAddress);
    }
    return next;
}

} // namespace core::replication
