#include "core/replication/roles/link_planner.h"

#include "core/base/logging.h"

#include <algorithm>

namespace core::replication {

namespace {

Members storedMembers(const log::Store& store, const barrier::Barrier& barrier, Type type)
{
    log::Transaction transaction = store.begin();
    return loadMembers({transaction, barrier, {}}, type).value_or(Members{});
}

} // namespace

void LinkPlanner::refreshPeerIdentity(bool isInSet)
{
    std::shared_ptr<const crypto::Identity> identity;
    if (isInSet) {
        log::Transaction transaction = m_services.store.begin();
        const barrier::Scope scope{transaction, m_services.barrier, kRoleAccess};
        auto loaded = loadPeerIdentity(scope, m_services.random, m_services.clock.now());
        Result<> stored;
        if (loaded && transaction.hasWrites()) {
            if (auto committed = m_services.store.commitAndWait(std::move(transaction)); !committed) stored = std::move(committed).error();
        }
        if (loaded && stored) {
            identity = std::make_shared<const crypto::Identity>(std::move(*loaded));
        } else { // links work without it, but no other member can be asked until the next change
            logging::warn("replication", "no certificate for other members", {{"error", core::toString(loaded ? stored.error() : loaded.error())}});
        }
    }
    MutexLock lock{m_mutex};
    if (!identity) m_peerFingerprint.clear();
    else if (!m_peerIdentity || m_peerIdentity->certificate != identity->certificate) {
        m_peerFingerprint = crypto::certificateFingerprint(identity->certificate).value_or("");
    }
    m_peerIdentity = std::move(identity);
}

Result<crypto::Identity> LinkPlanner::serverIdentity(Type type, const crypto::Identity& authority) const
{
    MutexLock lock{m_mutex};
    auto& kept = type == Type::Performance ? m_performanceServer : m_drServer;
    if (kept.authority != authority.certificate) {
        auto issued = crypto::issueCertificate(authority, {.commonName = "primary", .dnsNames = {kPrimaryServerName}}, m_services.clock.now());
        if (!issued) return issued;
        kept = {authority.certificate, std::move(*issued)};
    }
    return kept.identity.clone();
}

LinkPlan LinkPlanner::plan(Type type, const Role& role, std::shared_ptr<const StatementVerifier> verifier) const
{
    LinkPlan plan;
    plan.type = type;
    plan.local.setId = role.setId;
    plan.local.epoch = role.epoch;
    plan.local.self = self();
    plan.local.clusterId = m_services.host.clusterId();
    plan.local.program = m_services.program;
    plan.local.clusterName = m_services.host.clusterName();
    plan.local.statement = role.latestStatement();
    plan.local.isReplaced = role.isReplaced();
    if (role.isOlder()) plan.local.refusal = olderStorageText(type, *role.olderStorage);
    plan.local.verifier = std::move(verifier);
    if (const auto keys = m_services.ownKeys ? m_services.ownKeys->keys() : std::nullopt) {
        plan.local.keys = std::make_shared<const trust::MemberKeys>(*keys);
    }
    // Secondaries of a relay follow the relay, so they need no key of the leader.
    if (role.isReplaced() || (role.mode == Mode::Secondary && !role.isRelay())) plan.local.successorKey = role.primaryKey;
    plan.local.clusterAddresses = {role.mode == Mode::Primary && !role.primaryClusterAddress.empty() ? role.primaryClusterAddress
                                   : role.isRelay() && !role.relayClusterAddress.empty()             ? role.relayClusterAddress
                                                                                                     : plan.local.self.clusterAddress};
    {
        MutexLock lock{m_mutex};
        if (m_peerIdentity && role.mode != Mode::Disabled) {
            plan.peerIdentity = m_peerIdentity->clone();
            plan.local.peerFingerprint = m_peerFingerprint;
        }
    }
    if (role.isServing() && !addServing(role, plan)) return plan;
    if (role.mode == Mode::Primary && role.authority) {
        plan.mode = Mode::Primary;
        plan.authorityCertificate = plan.ownAuthority; // trusted by its secondaries
        plan.members = storedMembers(m_services.store, m_services.barrier, type);
    } else if (role.mode == Mode::Secondary && role.identity) {
        addFollowing(role, plan);
    }
    return plan;
}

bool LinkPlanner::addServing(const Role& role, LinkPlan& plan) const
{
    auto server = serverIdentity(plan.type, *role.authority);
    if (!server) {
        logging::error("replication", "no certificate for the cluster port", {{"error", core::toString(server.error())}});
        return false;
    }
    plan.serverIdentity = std::move(*server);
    plan.ownAuthority = role.authority->certificate;
    plan.local.authority = crypto::certificateFingerprint(plan.ownAuthority).value_or("");
    plan.isRelay = plan.local.isRelay = role.isRelay();
    for (const auto& secondary : role.secondaries) {
        plan.secondaries.emplace(secondary.fingerprint, secondary.id);
        const bool isAuthorityWaiting = std::ranges::find(role.authorityWaiting, secondary.id) != role.authorityWaiting.end();
        plan.seats.emplace(secondary.id, LinkPlan::Seat{secondary.succession, secondary.memberKey, secondary.standIns, secondary.tokenKey,
                                                        secondary.peerFingerprint, isAuthorityWaiting});
    }
    return true;
}

void LinkPlanner::addFollowing(const Role& role, LinkPlan& plan) const
{
    plan.mode = Mode::Secondary;
    plan.secondaryId = role.secondaryId;
    plan.primaryKey = role.primaryKey;
    plan.identity = role.identity->clone();
    plan.authorityCertificate = role.authorityCertificate;
    plan.local.trustedAuthority = crypto::certificateFingerprint(role.authorityCertificate).value_or("");
    plan.addresses = role.primaryAddresses;
    // A cluster that led the set before may lead it again. If it has been replaced, its epoch shows that.
    auto others = role.failoverAddresses;
    if (!role.primaryClusterAddress.empty()) others.push_back(role.primaryClusterAddress);
    for (const auto& address : others) {
        if (std::ranges::find(plan.addresses, address) == plan.addresses.end()) plan.addresses.push_back(address);
    }
    if (role.redirect && !plan.isRelay) { // secondaries that still call here have certificates of the authority that was handed over
        plan.serverIdentity = role.redirect->clone();
        plan.ownAuthority = role.authorityCertificate;
    }
    plan.members = storedMembers(m_services.store, m_services.barrier, plan.type);
}

} // namespace core::replication
