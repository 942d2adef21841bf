#include "core/replication/roles/role_keeper.h"

#include "core/base/logging.h"
#include "core/trust/token_makers.h"

#include <algorithm>
#include <set>

namespace core::replication {

namespace {

using Makers = trust::TokenMakers;

Makers::Place placeOf(Mode mode)
{
    if (mode == Mode::Primary) return Makers::Place::Primary;
    return mode == Mode::Secondary ? Makers::Place::Secondary : Makers::Place::Outside;
}

/// Adds the token keys of the members that left the list with the entry `next`. A member that has replaced its keys keeps its seat, and its former token
/// key counts until its tokens have ended.
void addRevokedTokenKeys(const trust::Entry& next, const trust::Entry& before, const trust::Judge& judge, std::set<std::string>& keys)
{
    for (const auto& seat : before.seats) {
        const auto isSeat = [&](const trust::Seat& other) {
            // The leader's seat has no id. A leader that replaces its key hands over to itself.
            const bool isSameId = other.id == seat.id && (!seat.id.empty() || next.leader.clusterId == before.leader.clusterId);
            return isSameId || other.memberKey == seat.memberKey;
        };
        if (seat.tokenKey.empty() || !judge.isRevoked(seat.memberKey) || std::ranges::any_of(next.seats, isSeat)) continue;
        keys.insert(seat.tokenKey);
    }
}

} // namespace

// The list of token keys that a cluster got as a secondary has no owner any more when it becomes the primary:
// 1. The primary revokes a member. Its trust log says so, and its list of token keys.
// 2. The next primary has the entry of the log, but not the list: it was sent a moment later, or never, because the old primary was lost.
// 3. It sends its own older list to all others, and the member's tokens count again for good.
// So the logs decide about keys, and lists only add to them.
void RoleKeeper::refuseRevokedTokenMakers() const
{
    if (!m_services.tokenMakers) return;
    std::set<std::string> revoked, present;
    for (const Type type : {Type::Performance, Type::Dr}) {
        const auto log = trust(type);
        if (!log) continue;
        for (const auto& seat : log->head().seats) {
            if (!log->judge().isRevoked(seat.memberKey)) present.insert(seat.tokenKey);
        }
        const auto chain = log->judge().chain(); // oldest first
        for (std::size_t at = 1; at < chain.size(); ++at) addRevokedTokenKeys(*chain[at], *chain[at - 1], log->judge(), revoked);
    }
    for (const auto& key : present) revoked.erase(key); // a seat in the other set, or a member that has joined again
    if (auto refused = m_services.tokenMakers->refuse(m_services.store, m_services.barrier, std::move(revoked)); !refused) {
        logging::error("replication", "the token keys of revoked members could not be removed; they do not count while this server runs",
                       {{"error", core::toString(refused.error())}});
    }
}

void RoleKeeper::settleTokenMakers(Type type, const Role& role, Mode before) const
{
    if (!m_services.tokenMakers) return;
    std::set<std::string> ids;
    for (const auto& secondary : role.secondaries) ids.insert(secondary.id);
    const auto set = type == Type::Performance ? Makers::SetType::Performance : Makers::SetType::Dr;
    auto settled = m_services.tokenMakers->follow(m_services.store, m_services.barrier, set, placeOf(before), placeOf(role.mode), ids);
    if (!settled) { // the next role change and the next start try again
        logging::error("replication", "batch tokens of former members still count here",
                       {{"type", std::string{toString(type)}}, {"error", core::toString(settled.error())}});
    }
}

Result<> RoleKeeper::storeKnownMembers(Type type, const Members& heard)
{
    log::Transaction transaction = m_services.store.begin();
    const barrier::Scope scope{transaction, m_services.barrier, kRoleAccess};
    const auto current = role(type);
    const Members known = loadMembers(scope, type).value_or(Members{});
    Members next = known;
    for (const Member& member : heard) {
        // The sender was revoked in the meantime, or this cluster does not know it yet.
        if (member.type != type || member.fingerprint.empty() || !current->find(member.id)) continue;
        std::erase_if(next, [&](const Member& other) {
            return other.type == type && !other.isPrimary && (other.id == member.id || other.fingerprint == member.fingerprint);
        });
        next.push_back(member);
    }
    if (areSame(next, known)) return {};
    if (auto stored = storeMembers(scope, type, next); !stored) return stored;
    auto committed = m_services.store.commitAndWait(std::move(transaction));
    return committed ? Result<>{} : Result<>{std::move(committed).error()};
}

Result<> RoleKeeper::revokeSeat(Type type, const trust::Seat& seat)
{
    const auto keys = m_services.ownKeys ? m_services.ownKeys->keys() : std::nullopt;
    if (!keys) return Error{ErrorCode::FailedPrecondition, "this cluster has no member key"};
    // The log follows from the role before and after. So the role before is made to contain this member as a secondary.
    Role before = role(type)->clone();
    KnownSecondary known{.id = seat.id, .fingerprint = {}, .createdAt = {}, .memberKey = seat.memberKey, .tokenKey = seat.tokenKey};
    for (const auto& one : seat.standIns) known.standIns.push_back(one.memberKey);
    before.secondaries.push_back(std::move(known));
    const auto drNow = role(Type::Dr);
    const Role& drBefore = type == Type::Dr ? before : *drNow;
    TrustChanges given;
    for (const Type each : {Type::Performance, Type::Dr}) {
        const auto now = role(each);
        const auto present = trust(each);
        if (!present || now->mode != Mode::Primary || !isPlayed(each)) continue;
        if (each != type && type != Type::Dr) continue;
        const Role& eachBefore = each == type ? before : *now;
        auto next =
            advanced(*present, {each, eachBefore, *now, drBefore, *drNow, *keys, leader(*now), m_planner.peerFingerprint(), m_services.clock.now()});
        if (!next) return std::move(next).error();
        if (each == type && (!*next || !(*next)->judge().isRevoked(seat.memberKey))) {
            return Error{ErrorCode::FailedPrecondition, "this cluster does not lead the set by the trust log"};
        }
        if (*next) given[each == Type::Dr] = TrustChange{std::move(*next)};
    }
    if (!given[type == Type::Dr]) return Error{ErrorCode::FailedPrecondition, "this cluster keeps no trust log of the set"};
    return change(type, *role(type), {}, std::move(given));
}

} // namespace core::replication
