#include "core/replication/succession/switchover.h"

#include "core/replication/roles/refusals.h"
#include "core/replication/wire/program_version.h"

#include <algorithm>

// Whether a secondary may be offered the role, and what it is offered.

namespace core::replication {

namespace {

using mount::Response;

constexpr std::uint64_t kCloseEntriesMax = 10'000; // a secondary that is further behind must catch up before the pause, not during it
constexpr std::chrono::seconds kHeardMax{5};

} // namespace

std::optional<Response> Switchover::refusalOf(Type type, const std::string& secondaryId) const
{
    const auto current = m_roles.role(type);
    const std::string name = "the secondary \"" + secondaryId + "\" ";
    if (secondaryId.empty()) return Response::badRequest("missing secondary_id");
    if (current->mode != Mode::Primary || !m_roles.isPlayed(type) || !current->authority) {
        return notPrimary(type);
    }
    if (current->isReplaced()) return Response::badRequest(replacedText(type, *current));
    if (current->isOlder()) return Response::badRequest(olderStorageText(type, *current->olderStorage));
    if (current->handover) return Response::error(503, settlingText(type, *current->handover));
    if (!current->find(secondaryId)) return Response::badRequest(name + "is not known to this primary");
    if (m_services.ownKeys && current->find(secondaryId)->memberKey.empty()) {
        return Response::badRequest(name + "has no member key, so the others could not follow it: it runs " + programText({}) + " and this primary " +
                                    programText(m_services.program) + ". Upgrade it first");
    }
    const bool hasLog = m_roles.trust(type) != nullptr;
    if (m_scopes.scope(type, secondaryId).isFiltered()) {
        return Response::badRequest(name + "has a paths filter and so does not hold everything; delete the filter first, or choose another");
    }
    const auto report = m_roles.report(type);
    const auto found = std::ranges::find(report.secondaries, secondaryId, &LinkStatus::Secondary::id);
    if (found == report.secondaries.end() || !found->isConnected || m_services.clock.now() - found->peer.heardAt > kHeardMax) {
        return Response::error(503, name + "is not connected, and a switchover needs its answer; look at its link, then try again");
    }
    if (isOlderProgram(m_services.program, found->peer.program)) {
        return Response::badRequest(name + "runs " + programText(found->peer.program) + " and this primary " + programText(m_services.program) +
                                    ", which could not follow it: a secondary must not be older than its primary. Upgrade this cluster first");
    }
    if (isOlderProgram(found->peer.program, m_services.program)) {
        return Response::badRequest(name + "runs " + programText(found->peer.program) + " and this primary " + programText(m_services.program) +
                                    ": what this one has stored may mean nothing to it. Upgrade the secondary first");
    }
    if (found->peer.endpoint.clusterAddress.empty()) {
        return Response::badRequest(name + "advertises no cluster address that the others could follow; set cluster_addr there");
    }
    if (hasLog && !found->peer.knowsTrust) {
        return Response::badRequest(name +
                                    "runs an older version, which keeps no trust log, so that the others could not follow it; upgrade it first");
    }
    const LogIndex last = type == Type::Performance ? m_services.store.lastSharedIndex() : m_services.store.lastReplicatedIndex();
    const LogIndex theirs = found->peer.lastRelevantIndex;
    if (found->peer.index == LogIndex{0}) return Response::error(503, name + "is still reconciling; try again when its state is stream-wals");
    if (last.value() > theirs.value() + kCloseEntriesMax) {
        return Response::error(503,
                               name + "is " + std::to_string(last.value() - theirs.value()) + " entries behind; try again when it has caught up");
    }
    return std::nullopt;
}

Result<Handover> Switchover::makeHandover(Type type, const std::string& secondaryId) const
{
    const auto current = m_roles.role(type);
    Handover handover;
    handover.id = m_services.random.uuid();
    handover.secondaryId = secondaryId;
    handover.epoch = epochKnown(*current).next();
    handover.startedAt = m_services.clock.now();
    for (const auto& secondary : m_roles.report(type).secondaries) {
        if (secondary.id == secondaryId) handover.clusterAddress = secondary.peer.endpoint.clusterAddress;
    }
    auto identity = crypto::issueCertificate(*current->authority, {.commonName = m_services.random.uuid()}, handover.startedAt);
    if (!identity) return std::move(identity).error();
    handover.identity = std::move(*identity);
    // It takes the name that it had as a secondary, or its cluster's name. So an operator finds the id for the way back.
    for (const auto& id : {current->formerId, m_services.host.clusterName(), "former-primary-" + handover.id.substr(0, 8)}) {
        const bool isFree = id == secondaryId || !current->find(id);
        if (handover.ownId.empty() && !id.empty() && isFree) handover.ownId = id;
    }
    if (auto added = addEntries(type, handover); !added) return std::move(added).error();
    return handover;
}

Result<std::string> Switchover::entryFor(Type type, Epoch epoch, const std::string& memberKey, const trust::Leader& next,
                                         const Handover& handover) const
{
    const auto log = m_roles.trust(type);
    const auto keys = m_services.ownKeys ? m_services.ownKeys->keys() : std::nullopt;
    if (!log || !keys) return std::string{};
    auto entry = offeredEntry(*log, *keys, memberKey, next, epoch, handover.id, handover.startedAt);
    if (!entry) return std::move(entry).error();
    return entry->encoded;
}

Result<> Switchover::addEntries(Type type, Handover& handover) const
{
    const auto current = m_roles.role(type);
    const auto* known = current->find(handover.secondaryId);
    trust::Leader next{.clusterId = {}, .clusterName = handover.secondaryId, .apiAddress = {}, .clusterAddress = handover.clusterAddress};
    for (const auto& secondary : m_roles.report(type).secondaries) {
        if (secondary.id != handover.secondaryId) continue;
        next.clusterId = secondary.peer.clusterId;
        if (!secondary.peer.clusterName.empty()) next.clusterName = secondary.peer.clusterName;
        next.apiAddress = secondary.peer.endpoint.apiAddress;
    }
    auto entry = entryFor(type, handover.epoch, known ? known->memberKey : std::string{}, next, handover);
    if (!entry) return std::move(entry).error();
    handover.entry = std::move(*entry);
    const auto performance = m_roles.role(Type::Performance);
    if (type != Type::Dr || performance->mode != Mode::Primary || performance->isReplaced()) return {};
    auto also = entryFor(Type::Performance, epochKnown(*performance).next(), known ? known->memberKey : std::string{}, next, handover);
    if (!also) return std::move(also).error();
    handover.performanceEntry = std::move(*also);
    return {};
}

std::string Switchover::offeredRole(Type type) const
{
    const auto current = m_roles.role(type);
    const Handover& handover = *current->handover;
    Role offered;
    offered.mode = Mode::Primary;
    offered.setId = current->setId;
    offered.epoch = handover.epoch;
    offered.authority = current->authority->clone();
    offered.secondaries = current->secondaries;
    offered.authorityWaiting = current->authorityWaiting;
    offered.formerId = handover.secondaryId;
    std::erase_if(offered.secondaries, [&](const auto& secondary) { return secondary.id == handover.secondaryId; });
    KnownSecondary own{handover.ownId, crypto::certificateFingerprint(handover.identity->certificate).value_or(""), m_services.clock.now(),
                       WallTime{}, false};
    if (const auto keys = m_services.ownKeys ? m_services.ownKeys->keys() : std::nullopt) {
        own.memberKey = keys->member().key.publicKey();
        own.tokenKey = keys->token().key.publicKey();
    }
    own.authorityHeld = AuthorityHeld::Yes;
    offered.secondaries.push_back(std::move(own));
    return offered.encode();
}

} // namespace core::replication
