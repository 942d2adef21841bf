#include "core/replication/manager/role_operations.h"

#include "core/base/logging.h"
#include "core/mount/retry.h"
#include "core/replication/roles/refusals.h"

#include <algorithm>

namespace core::replication {

namespace {

using mount::Response;

constexpr std::chrono::seconds kDrainMax{5};
constexpr std::chrono::milliseconds kDrainPause{10};
constexpr std::chrono::seconds kCatchUpMax{2};
constexpr std::chrono::milliseconds kCatchUpPause{5};

constexpr const char* kEnabledWarning = "This cluster is being enabled as a primary for replication. Vault will be unavailable "
                                        "for a brief period and will resume service shortly.";
constexpr const char* kDemotedWarning = "This cluster is being demoted to a replication secondary. Vault will be unavailable "
                                        "for a brief period and will resume service shortly.";
constexpr const char* kDisabledWarning = "This cluster is having replication disabled. Vault will be unavailable for a brief "
                                         "period and will resume service shortly.";
constexpr const char* kPromotedWarning = "This cluster is being promoted to a replication primary. Vault will be unavailable "
                                         "for a brief period and will resume service shortly.";

} // namespace

Response RoleOperations::enablePrimary(Type type, const std::string& primaryClusterAddress)
{
    MutexLock operation{m_roles.operation};
    if (!m_roles.isPlayed(type)) return Response::badRequest("path disabled in replication DR secondary mode");
    switch (m_roles.mode(type)) {
    case Mode::Primary: return Response::badRequest("this cluster is already a " + std::string{toString(type)} + " replication primary");
    case Mode::Secondary:
    case Mode::Bootstrapping:
        return Response::badRequest("this cluster is a " + std::string{toString(type)} +
                                    " replication secondary; it must be promoted to become a primary");
    case Mode::Disabled: break;
    }
    Role next;
    next.mode = Mode::Primary;
    next.setId = m_services.random.uuid();
    next.epoch = Epoch{1};
    next.primaryClusterAddress = primaryClusterAddress;
    next.lastStart = m_services.clock.now();
    auto authority = crypto::makeAuthority("holdfast " + std::string{toString(type)} + " " + next.setId, m_services.clock.now());
    if (!authority) return storageFailure(authority.error());
    next.authority = std::move(*authority);
    if (auto done = m_roles.signEpoch(type, next, Epoch{0}); !done) return storageFailure(done.error());
    if (auto changed = m_roles.change(type, next, {RoleKeeper::noPosition(type)}); !changed) return storageFailure(changed.error());
    logging::info("replication", "enabled as a primary", {{"type", std::string{toString(type)}}, {"set", next.setId}});
    return warningOnly(kEnabledWarning);
}

void RoleOperations::drain(Type type)
{
    if (!m_roles.transport()) return;
    m_roles.refuseWrites("this cluster is being demoted");
    // A write that was not committed by now has read another generation and will fail. So `last` below is really the last write.
    if (auto stored = m_roles.store(nullptr, nullptr, {}, true); !stored) return;
    const auto deadline = m_services.clock.steadyNow() + kDrainMax;
    const LogIndex last = type == Type::Performance ? m_services.store.lastSharedIndex() : m_services.store.lastReplicatedIndex();
    while (m_services.clock.steadyNow() < deadline) {
        const auto report = m_roles.report(type);
        const bool isBehind = std::ranges::any_of(
            report.secondaries, [&](const auto& secondary) { return secondary.isConnected && secondary.peer.lastRelevantIndex < last; });
        if (!isBehind) return;
        m_services.background->pause(kDrainPause);
    }
    logging::warn("replication", "demoting though a secondary lacks the last writes", {{"type", std::string{toString(type)}}});
}

Response RoleOperations::demotePrimary(Type type)
{
    MutexLock operation{m_roles.operation};
    const auto current = m_roles.role(type);
    if (current->mode != Mode::Primary || !m_roles.isPlayed(type)) return notPrimary(type);
    // With this, a planned failover (demote here, promote there) loses nothing.
    drain(type);
    Role next;
    next.mode = Mode::Secondary;
    next.setId = current->setId;
    // The demoted cluster may know of a later primary. It must not follow an earlier one.
    next.statement = current->latestStatement();
    next.epoch = epochKnown(*current);
    next.lastStart = m_services.clock.now();
    // A DR secondary holds a copy of another cluster, which was at another place in the performance primary's log. A position of this
    // cluster would be wrong there.
    std::vector<log::Operation> more{RoleKeeper::noPosition(type)};
    if (type == Type::Dr) more.push_back(RoleKeeper::noPosition(Type::Performance));
    if (auto changed = m_roles.change(type, next, std::move(more)); !changed) return storageFailure(changed.error());
    m_roles.eraseSlots(type, *current);
    m_roles.reloadLater();
    logging::info("replication", "demoted to a secondary", {{"type", std::string{toString(type)}}});
    return warningOnly(kDemotedWarning);
}

Response RoleOperations::disablePrimary(Type type)
{
    MutexLock operation{m_roles.operation};
    const auto current = m_roles.role(type);
    if (current->mode != Mode::Primary || !m_roles.isPlayed(type)) return notPrimary(type);
    // If another cluster accepted the role already, writes here would not be part of the set.
    if (auto refusal = unsettled(m_roles, type)) return std::move(*refusal);
    const Role next;
    std::vector<log::Operation> more{RoleKeeper::noPosition(type)};
    if (type == Type::Performance) { // this set ends here; another set may use the same ids by chance
        auto erasures = m_scopes.erasuresOfPrimary();
        if (!erasures) return storageFailure(erasures.error());
        std::ranges::move(*erasures, std::back_inserter(more));
    }
    if (auto changed = m_roles.change(type, next, std::move(more)); !changed) return storageFailure(changed.error());
    m_roles.eraseSlots(type, *current);
    logging::info("replication", "replication disabled", {{"type", std::string{toString(type)}}});
    return warningOnly(kDisabledWarning);
}

bool RoleOperations::isBehind(Type type) const
{
    const auto stored = m_services.store.reader().get(Position::key(type));
    if (!stored) return true;
    if (*stored && !Position::decode(**stored).value_or(Position{}).isConsistent()) return true;
    const LinkStatus report = m_roles.report(type);
    return report.isRunning && report.connection == ConnectionState::Ready && !report.isCaughtUp;
}

/// An operator who sees stream-wals and equal roots expects that a promotion works. So a streaming link gets time for the data under way. A
/// sync does not.
bool RoleOperations::staysBehind(Type type) const
{
    const auto deadline = m_services.clock.steadyNow() + kCatchUpMax;
    while (isBehind(type)) {
        const LinkStatus report = m_roles.report(type);
        const bool isAlmostThere =
            report.isRunning && report.connection == ConnectionState::Ready && report.state == SecondaryLink::State::StreamWals;
        if (!isAlmostThere || m_services.clock.steadyNow() >= deadline) return true;
        m_services.background->pause(kCatchUpPause);
    }
    return false;
}

Response RoleOperations::promoteSecondary(Type type, const std::string& primaryClusterAddress, bool isForced)
{
    m_trust.askPrimary(type); // this cluster may just have got the right to succeed, and the list of members may be new
    MutexLock operation{m_roles.operation};
    const auto current = m_roles.role(type);
    if (current->mode != Mode::Secondary || !m_roles.isPlayed(type)) return notSecondary(type);
    if (!isForced && staysBehind(type)) {
        return mount::retryLater("replication is still catching up, try again later or provide the \"force\" argument");
    }
    const auto performance = m_roles.role(Type::Performance);
    if (!isForced && type == Type::Dr && performance->mode == Mode::Primary && performance->handover) {
        return Response::error(503, "the performance primary role that would come with the promotion was being handed over to \"" +
                                        performance->handover->secondaryId +
                                        "\"; where that one has become primary, this cluster must not: look there, then try again or "
                                        "provide the \"force\" argument");
    }
    const WallTime now = m_services.clock.now();
    Role next;
    next.mode = Mode::Primary;
    next.setId = current->setId;
    const Epoch predecessor = std::max(epochKnown(*current), m_roles.positionOf(type).epoch);
    next.epoch = predecessor.next();
    next.primaryClusterAddress = primaryClusterAddress;
    if (current->isRelay()) { // the relay's secondaries stay its secondaries
        next.keepRelay(*current);
        if (primaryClusterAddress.empty()) next.primaryClusterAddress = current->relayClusterAddress;
        next.relayClusterAddress.clear();
    } else {
        auto authority = crypto::makeAuthority("holdfast " + std::string{toString(type)} + " " + next.setId, now);
        if (!authority) return storageFailure(authority.error());
        next.authority = std::move(*authority);
    }
    const Epoch epoch = next.epoch;
    if (auto promoted = m_roles.promote(type, std::move(next), predecessor); !promoted) return storageFailure(promoted.error());
    m_roles.reloadLater();
    m_seats.noteRevocationDue();
    logging::info("replication", "promoted to a primary", {{"type", std::string{toString(type)}}, {"epoch", core::toString(epoch)}});
    return warningOnly(kPromotedWarning);
}

Response RoleOperations::disableSecondary(Type type)
{
    MutexLock operation{m_roles.operation};
    const auto current = m_roles.role(type);
    if (current->mode != Mode::Secondary || !m_roles.isPlayed(type)) return notSecondary(type);
    const Role none;
    auto more = m_scopes.erasuresOfPrimary(); // of the set that this cluster leaves
    auto relays = m_scopes.erasuresOfRelay();
    if (!more || !relays) return storageFailure((!more ? more : relays).error());
    std::ranges::move(*relays, std::back_inserter(*more));
    more->push_back(RoleKeeper::noPosition(type));
    // A copy that was never promoted must not claim its primary's performance role.
    if (type == Type::Dr) more->push_back(RoleKeeper::noPosition(Type::Performance));
    auto changed = type == Type::Dr ? m_roles.change(&none, &none, std::move(*more)) : m_roles.change(type, none, std::move(*more));
    if (!changed) return storageFailure(changed.error());
    m_roles.reloadLater();
    logging::info("replication", "replication disabled", {{"type", std::string{toString(type)}}});
    return warningOnly(kDisabledWarning);
}

Response RoleOperations::recover()
{
    MutexLock operation{m_roles.operation};
    m_roles.applyStoredRoles();
    return warningOnly("Replication links are being started again.");
}

} // namespace core::replication
