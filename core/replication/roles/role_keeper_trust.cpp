#include "core/replication/roles/role_keeper.h"

#include "core/base/logging.h"

#include <algorithm>

// RoleKeeper's part for trust logs and for this cluster's own keys.

namespace core::replication {

Result<> RoleKeeper::putTrust(const barrier::Scope& scope, const TrustChanges& logs)
{
    for (const Type type : {Type::Performance, Type::Dr}) {
        const auto& next = logs[type == Type::Dr];
        if (!next) continue;
        if (!next->log) scope.transaction().erase({log::OperationKind::Delete, trust::TrustLog::key(toString(type)), {}, {}, {}});
        else if (auto kept = next->log->store(scope); !kept) return kept;
    }
    return {};
}

Result<> RoleKeeper::commitKeys(const trust::MemberKeys& keys, const TrustChanges& logs)
{
    log::Transaction transaction = m_services.store.begin();
    const barrier::Scope scope{transaction, m_services.barrier, kRoleAccess};
    // Keys and log entry in one commit. After a crash between two commits, this cluster would have keys that its log does not list, or the
    // reverse.
    if (auto stored = keys.store(scope); !stored) return stored;
    if (auto stored = putTrust(scope, logs); !stored) return stored;
    auto committed = m_services.store.commitAndWait(std::move(transaction));
    if (!committed) return std::move(committed).error();
    // Only after the commit: a key that is not on disk must sign nothing.
    m_services.ownKeys->set(keys);
    return load();
}

Result<> RoleKeeper::keepNextKeys(const trust::MemberKeys& keys)
{
    if (auto kept = commitKeys(keys, {}); !kept) return kept;
    logging::info("replication", "this cluster has made new keys, and tells its primary");
    for (const Type type : {Type::Performance, Type::Dr}) applyPlan(type, !isPlayed(type) || role(type)->mode != Mode::Secondary);
    return {};
}

Result<> RoleKeeper::replaceKeys(const trust::MemberKeys& keys)
{
    auto logs = nextTrust(nullptr, nullptr, {}, &keys);
    if (!logs) return std::move(logs).error();
    if (auto kept = commitKeys(keys, *logs); !kept) return kept;
    if (m_services.tokenMakers) m_services.tokenMakers->noteOwnKeys();
    logging::info("replication", "this cluster has new keys");
    const bool isToldNow = !trust(Type::Performance) && !trust(Type::Dr); // below a relay no list has the new key; the next hello shows it
    for (const Type type : {Type::Performance, Type::Dr}) applyPlan(type, !isToldNow);
    return {};
}

trust::Leader RoleKeeper::leader(const Role& role) const
{
    const Endpoint own = self();
    return {m_services.host.clusterId(), m_services.host.clusterName(), own.apiAddress,
            role.primaryClusterAddress.empty() ? own.clusterAddress : role.primaryClusterAddress};
}

std::uint64_t RoleKeeper::acknowledged(Type type, const trust::TrustLog& log) const
{
    std::uint64_t all = log.head().generation;
    const auto report = this->report(type);
    const auto current = role(type);
    for (const auto& secondary : current->secondaries) {
        if (!secondary.isActivated) continue;
        const auto linked = std::ranges::find(report.secondaries, secondary.id, &LinkStatus::Secondary::id);
        const auto held = linked == report.secondaries.end() ? nullptr : log.judge().find(linked->peer.trustHeads[type == Type::Dr]);
        all = std::min(all, held ? held->generation : 0);
    }
    return all;
}

Result<TrustChanges> RoleKeeper::nextTrust(const Role* performance, const Role* dr, TrustChanges given, const trust::MemberKeys* newKeys) const
{
    const auto present = m_services.ownKeys ? m_services.ownKeys->keys() : std::nullopt;
    const auto keys = newKeys ? std::optional{*newKeys} : present;
    const auto drBefore = role(Type::Dr);
    const Role& drNext = dr ? *dr : *drBefore;
    for (const Type type : {Type::Performance, Type::Dr}) {
        auto& change = given[type == Type::Dr];
        const Role* stored = type == Type::Performance ? performance : dr;
        const auto before = role(type);
        const Role& next = stored ? *stored : *before;
        // A DR secondary stores its primary's performance log unchanged.
        const bool isPlayed = type == Type::Dr || drNext.mode != Mode::Secondary;
        const bool isDecided = next.mode == Mode::Primary || (stored && next.mode == Mode::Disabled);
        if (!isPlayed || !isDecided) continue;
        const auto known = trust(type);
        std::optional<trust::TrustLog> log;
        if (change) log = change->log;
        else if (known) log = *known;
        if (!keys && next.mode == Mode::Primary) continue; // this cluster proves nothing
        if (next.mode == Mode::Disabled) {
            if (known) change = TrustChange{};
            continue;
        }
        const std::string head = log ? log->head().hash : std::string{};
        const std::uint64_t acknowledgedBy = known ? acknowledged(type, *known) : 0;
        auto advanced = replication::advanced(log, {type, *before, next, *drBefore, drNext, *keys, leader(next), m_planner.peerFingerprint(),
                                                    m_services.clock.now(), newKeys ? &*present : nullptr, acknowledgedBy});
        if (!advanced) return std::move(advanced).error().withContext("the trust log of the set");
        if (change || !*advanced || (*advanced)->head().hash != head) change = TrustChange{std::move(*advanced)};
    }
    return given;
}

Result<> RoleKeeper::keepTrust()
{
    auto next = nextTrust(nullptr, nullptr, {});
    if (!next) return std::move(next).error();
    if (!(*next)[0] && !(*next)[1]) return {};
    if (auto stored = store(nullptr, nullptr, {}, false, std::move(*next)); !stored) return stored;
    return load();
}

/// Signs a statement about the new leader. If a HANDOVER is given, takes epoch and leader from it.
Result<> RoleKeeper::takeStatement(Type type, Role& role, const TrustChanges& given, Epoch predecessor) const
{
    const auto& change = given[type == Type::Dr];
    if (!change || !change->log) return signEpoch(type, role, predecessor);
    auto keyring = m_services.barrier.keyring();
    if (!keyring) return std::move(keyring).error();
    const EpochStatement leads = statementOf(*change->log, type);
    role.epoch = leads.epoch;
    role.statement = leads.sign(keyring->forestKey());
    return {};
}

/// Stores the members that the link knows, because the task that stores them perhaps has not run yet. The promotion must be shown to all of
/// them.
Result<> RoleKeeper::keepTold(Type type)
{
    const auto told = report(type).members;
    if (!told || told->empty()) return {};
    log::Transaction transaction = m_services.store.begin();
    const barrier::Scope scope{transaction, m_services.barrier, kRoleAccess};
    if (areSame(*told, loadMembers(scope, type).value_or(Members{}))) return {};
    if (auto stored = storeMembers(scope, type, *told); !stored) return stored;
    auto committed = m_services.store.commitAndWait(std::move(transaction));
    return committed ? Result<>{} : Result<>{std::move(committed).error()};
}

/// Begins the set's log again for a primary that lost its place. It keeps no member of the former list. Otherwise a member that was revoked
/// after these contents were saved would have a seat again.
Result<> RoleKeeper::recoverPrimary(Type type, const Role& next)
{
    const auto keys = m_services.ownKeys ? m_services.ownKeys->keys() : std::nullopt;
    if (!keys) return Error{ErrorCode::Sealed, "the keys of this cluster are not here"};
    const auto before = role(type);
    const auto dr = role(Type::Dr);
    const Role& drNext = type == Type::Dr ? next : *dr;
    const auto known = trust(type);
    auto log = recovered(known ? &*known : nullptr,
                         {type, *before, next, *dr, drNext, *keys, leader(next), m_planner.peerFingerprint(), m_services.clock.now()});
    if (!log) return std::move(log).error().withContext("the trust log of the set");
    TrustChanges given;
    given[type == Type::Dr] = TrustChange{std::move(*log)};
    return change(type, next, {noPosition(type)}, std::move(given));
}

Result<> RoleKeeper::resumePrimary(const Role* performance, const Role* dr)
{
    const auto keys = m_services.ownKeys ? m_services.ownKeys->keys() : std::nullopt;
    if (!keys) return Error{ErrorCode::Sealed, "the keys of this cluster are not here"};
    const auto drBefore = role(Type::Dr);
    TrustChanges given;
    for (const Type type : {Type::Performance, Type::Dr}) {
        const Role* next = type == Type::Performance ? performance : dr;
        const auto known = trust(type);
        if (!next || !known) continue; // the other type's set may keep no log
        const auto before = role(type);
        auto log = resumed(*known, {type, *before, *next, *drBefore, dr ? *dr : *drBefore, *keys, leader(*next), m_planner.peerFingerprint(),
                                    m_services.clock.now()});
        if (!log) return std::move(log).error();
        given[type == Type::Dr] = TrustChange{std::move(*log)};
    }
    return change(performance, dr, {}, std::move(given));
}

} // namespace core::replication
