#include "core/base/encoding.h"
#include "core/base/logging.h"
#include "core/log/commit_retry.h"
#include "core/replication/manager/secondary_seats.h"
#include "core/replication/roles/refusals.h"
#include "core/replication/scope/exposure.h"
#include "core/token/wrapping.h"
#include "core/trust/rekey_due.h"

#include <algorithm>
#include <array>

// How a member leaves a set, and what the others replace when it may misuse what it knows.

namespace core::replication {

using mount::Response;

namespace {

/// The ids are listed, because operators often give the name of a cluster instead of an id.
std::string noSuchSecondary(const Role& role, const std::string& id)
{
    std::string known;
    for (const auto& secondary : role.secondaries) known.append(known.empty() ? "" : ", ").append(secondary.id);
    return "nothing was revoked: no secondary of this primary has the id \"" + id + "\"; " + (known.empty() ? "it has none" : "known are: " + known);
}

/// The member's row in the newest list, by its id or the hash of its key. Null: there is none.
const trust::Seat* seatNamed(const trust::TrustLog& log, const std::string& id)
{
    const auto& seats = log.head().seats;
    const auto found = std::ranges::find_if(seats, [&id](const auto& seat) { return seat.id == id || toHex(trust::keyHash(seat.memberKey)) == id; });
    return found == seats.end() ? nullptr : &*found;
}

} // namespace

Response SecondarySeats::revokeSecondary(Type type, const std::string& id, Side side, bool isCompromised)
{
    if (id.empty()) return Response::badRequest("missing secondary id");
    MutexLock operation{m_roles.operation};
    const auto current = m_roles.role(type);
    if (auto refusal = sideRefusal(type, *current, side)) return std::move(*refusal);
    if (isCompromised && side == Side::Relay) {
        return Response::badRequest("a relay cannot replace the keys of the set. Revoke \"" + id +
                                    "\" here without compromised, then run sys/rotate and "
                                    "sys/rekey at the primary. If this relay may be compromised too, revoke it there as compromised");
    }
    const bool isKeeper = !m_roles.isPerformanceSecondary(); // of the set's keys and shared data
    if (isCompromised && !isKeeper) {
        return Response::badRequest("only the primary of the performance set replaces its keys; revoke this secondary here without "
                                    "compromised, and then run sys/rotate and sys/rekey at the primary");
    }
    if (!current->find(id) && !isCompromised) return side == Side::Primary ? revokeSeat(type, id) : warningOnly(noSuchSecondary(*current, id));
    if (auto refusal = unsettled(m_roles, type)) return std::move(*refusal); // the new primary would still list this secondary
    if (isCompromised && !current->find(id)) {                               // a former primary, for example
        if (!isRevocable(type, id)) return Response::badRequest(noSuchSecondary(*current, id));
        if (auto ended = revokeSeat(type, id, true); ended.isError) return ended;
    }
    const bool wasActivated = current->find(id) && current->find(id)->isActivated;
    Result<boost::json::object> known = boost::json::object{};
    if (isCompromised) { // the filter of its link until now
        log::Transaction transaction = m_services.store.begin();
        known = exposureOf({transaction, m_services.barrier, kRoleAccess}, m_scopes.scope(type, id), id);
        if (!known) return storageFailure(known.error());
    }
    // Its tokens end first. If this stops half-way, its tokens are refused though it is still a member. The other order would leave its
    // tokens valid after the revocation.
    if (m_services.tokenMakers) {
        const auto set = type == Type::Performance ? trust::TokenMakers::SetType::Performance : trust::TokenMakers::SetType::Dr;
        auto removed = m_services.tokenMakers->remove(m_services.store, m_services.barrier, set, id);
        if (!removed) return storageFailure(removed.error());
    }
    NewAuthorities made;
    if (isCompromised) {
        auto removed = removeCompromised(type, id);
        if (!removed) return storageFailure(removed.error());
        made = std::move(*removed);
    } else {
        Role next = m_roles.role(type)->clone();
        std::erase_if(next.secondaries, [&](const auto& secondary) { return secondary.id == id; });
        if (auto changed = changeSecondaries(type, next, side); !changed) return storageFailure(changed.error());
    }
    m_services.store.eraseSlot(std::string{toString(type)} + "/" + id);
    if (side != Side::Relay && isKeeper) {
        if (auto noted = noteRevocation(id, isCompromised); !noted) return storageFailure(noted.error());
    }
    logging::warn("replication", "secondary revoked",
                  {{"type", std::string{toString(type)}}, {"id", id}, {"compromised", isCompromised ? "true" : "false"}});
    if (isCompromised) return compromisedAnswer(id, std::move(*known), made);
    if (!wasActivated) return {};
    return warningOnly("\"" + id +
                       "\" receives nothing more, but it knows the keys of this set: rotate the keyring (sys/rotate) and the root "
                       "key with its shares (sys/rekey), and treat everything that it has read as known to others");
}

/// Both roles are of sets that this cluster leads, or are not changed.
Result<SecondarySeats::NewAuthorities> SecondarySeats::removeCompromised(Type type, const std::string& id)
{
    Role performance = m_roles.role(Type::Performance)->clone();
    Role dr = m_roles.role(Type::Dr)->clone();
    const auto nextOf = [&](Type of) -> Role& { return of == Type::Dr ? dr : performance; };
    std::array<bool, 2> isChanged{type == Type::Performance, type == Type::Dr};
    std::erase_if(nextOf(type).secondaries, [&](const auto& secondary) { return secondary.id == id; });
    std::erase(nextOf(type).authorityWaiting, id);

    NewAuthorities made;
    auto older = m_members.older(); // an older program could not come back to another authority
    std::erase_if(older, [&](const auto& member) { return member.name == "the secondary \"" + id + "\""; });
    std::vector<std::string> slots;
    if (older.empty()) {
        for (const Type of : m_authorities.heldBy(type, m_roles.role(type)->find(id))) {
            auto ended = m_authorities.replace(of, nextOf(of));
            if (!ended) return std::move(ended).error();
            for (auto& name : *ended) {
                slots.push_back(std::string{toString(of)} + "/" + name);
                made.endedTokens.push_back(std::move(name));
            }
            made.sets.emplace_back(toString(of));
            isChanged[of == Type::Dr] = true;
        }
    }
    log::Transaction transaction = m_services.store.begin();
    auto due = trust::RekeyDue::load({transaction, m_services.barrier, kRoleAccess});
    if (!due) return std::move(due).error();
    due->revokedAt = m_services.clock.now();
    due->add(id);
    due->isUnfinished = true;
    auto row = due->operation(m_services.barrier);
    if (!row) return std::move(row).error();
    std::vector<log::Operation> more;
    more.push_back(std::move(*row));
    auto changed = m_roles.change(isChanged[0] ? &performance : nullptr, isChanged[1] ? &dr : nullptr, std::move(more));
    if (!changed) return std::move(changed).error();
    for (const auto& slot : slots) m_services.store.eraseSlot(slot);
    for (const auto& set : made.sets) logging::info("replication", "a new transport CA", {{"type", set}});
    return made;
}

Response SecondarySeats::compromisedAnswer(const std::string& id, boost::json::object known, const NewAuthorities& made)
{
    m_renewal.note();
    m_renewal.assertOperation();
    if (auto renewed = m_renewal.renew(); !renewed) {
        logging::warn("replication", "could not store new keys; this cluster tries again", {{"error", core::toString(renewed.error())}});
    }
    const auto waiting = m_renewal.waitingFor();
    const auto withFormer = m_authorities.waitingFor();
    Response response = Response::ofData({{"rekey_required", true},
                                          {"revoked", id},
                                          {"new_term", true},
                                          {"known_to_it", std::move(known)},
                                          {"without_new_keys", boost::json::array(waiting.begin(), waiting.end())},
                                          {"new_transport_ca", boost::json::array(made.sets.begin(), made.sets.end())},
                                          {"without_new_transport_ca", boost::json::array(withFormer.begin(), withFormer.end())}});
    response.warnings.emplace_back(trust::RekeyDue::kText + std::string{"; run sys/rekey"});
    for (const auto& older : m_members.older()) {
        response.warnings.push_back("no member makes new keys, and the transport CA stays, because " + older.text() + "; upgrade it and revoke \"" +
                                    id + "\" as compromised again");
    }
    for (const auto& name : waiting) response.warnings.push_back(name + " has not made new keys yet");
    for (const auto& name : withFormer) response.warnings.push_back(name + " does not know the new transport CA yet");
    for (const auto& name : made.endedTokens) {
        response.warnings.push_back("the activation token of \"" + name + "\" was not used and names the former transport CA: make another one");
    }
    return response;
}

void SecondarySeats::tick()
{
    if (m_isRevocationDue.exchange(false)) m_services.background->post([this] { finishRevocation(); });
}

void SecondarySeats::finishRevocation()
{
    MutexLock operation{m_roles.operation};
    const bool isKeeper = !m_roles.isPerformanceSecondary() && m_roles.role(Type::Dr)->mode != Mode::Secondary;
    if (!isKeeper) return; // its primary does it
    log::Transaction transaction = m_services.store.begin();
    const auto due = trust::RekeyDue::load({transaction, m_services.barrier, kRoleAccess});
    if (!due || !due->isUnfinished || due->compromised.empty()) return;
    if (!m_roles.writeRefusal().empty()) { // the switchover that is under way ends, or another cluster leads
        m_isRevocationDue = true;
        return;
    }
    logging::warn("replication", "a revocation as compromised was interrupted; this cluster finishes it", {{"id", due->compromised.back()}});
    if (auto noted = noteRevocation(due->compromised.back(), true); !noted) {
        logging::warn("replication", "could not finish a revocation; this cluster tries again", {{"error", core::toString(noted.error())}});
        m_isRevocationDue = true;
        return;
    }
    m_renewal.note();
}

/// Whether a member without a link here has this id, or was revoked under this id before: it can turn out later that it was compromised, and the demand
/// for new keys may be repeated.
bool SecondarySeats::isRevocable(Type type, const std::string& id) const
{
    const auto log = m_roles.trust(type);
    if (log && seatNamed(*log, id)) return true;
    log::Transaction transaction = m_services.store.begin();
    const auto due = trust::RekeyDue::load({transaction, m_services.barrier, kRoleAccess});
    return due && due->knows(id);
}

Response SecondarySeats::revokeSeat(Type type, const std::string& id, bool isCompromised)
{
    const auto log = m_roles.trust(type);
    const auto ownKeys = m_services.ownKeys ? m_services.ownKeys->keys() : std::nullopt;
    const auto* seat = log && ownKeys ? seatNamed(*log, id) : nullptr;
    if (!seat) return warningOnly(noSuchSecondary(*m_roles.role(type), id)); // with success, as Vault does
    if (seat->memberKey == ownKeys->member().key.publicKey()) return Response::badRequest("\"" + id + "\" is this cluster itself");
    if (auto refusal = unsettled(m_roles, type)) return std::move(*refusal);
    if (m_services.tokenMakers && !seat->tokenKey.empty()) {
        auto removed = m_services.tokenMakers->removeKey(m_services.store, m_services.barrier, seat->tokenKey);
        if (!removed) return storageFailure(removed.error());
    }
    const trust::Seat revoked = *seat;
    // A former primary may have a seat in both sets. The revocation in the DR set covers both.
    const auto drLog = m_roles.mode(Type::Dr) == Mode::Primary ? m_roles.trust(Type::Dr) : nullptr;
    const bool isInDrSet = drLog && drLog->head().seatOf(revoked.memberKey);
    if (auto done = m_roles.revokeSeat(isInDrSet ? Type::Dr : type, revoked); !done) return storageFailure(done.error());
    if (!m_roles.isPerformanceSecondary()) {
        if (auto noted = isCompromised ? Result<>{} : noteRevocation(id, false); !noted) return storageFailure(noted.error());
    }
    logging::warn("replication", "a member without a link here was revoked", {{"type", std::string{toString(type)}}, {"id", id}});
    return warningOnly("\"" + id +
                       "\" is no member any more, but it knows the keys of this set: rotate the keyring (sys/rotate) and the root "
                       "key with its shares (sys/rekey), and treat everything that it has read as known to others");
}

Result<> SecondarySeats::noteRevocation(const std::string& id, bool isCompromised)
{
    const WallTime now = m_services.clock.now();
    auto committed = log::commitAgainOnConflict(m_services.store, "storing the revocation", [&](log::Transaction& transaction) -> Result<> {
        const barrier::Scope scope{transaction, m_services.barrier, kRoleAccess};
        auto due = trust::RekeyDue::load(scope);
        if (!due) return std::move(due).error();
        due->revokedAt = now;
        if (!isCompromised) due->addRevoked(id);
        if (isCompromised) {
            due->add(id);
            due->isUnfinished = false;
            if (m_members.older().empty()) m_renewal.demand(*due); // a member with an older program cannot replace the key of its seat
            if (auto replaced = token::Wrapping::replaceKey(scope); !replaced) return replaced;
            if (auto rotated = m_services.barrier.rotate(transaction, now); !rotated) return rotated; // the revoked member does not get the new term
        }
        return due->store(scope);
    });
    if (!committed) return std::move(committed).error();
    return {};
}

} // namespace core::replication
