#include "core/replication/manager/link_events.h"

#include "core/base/logging.h"
#include "core/replication/wire/program_version.h"

#include <algorithm>

namespace core::replication {

void LinkEvents::bootstrapPackage(BootstrapAsk ask, std::function<void(Result<wire::BootstrapPackage>)> done)
{
    // On the worker, because the seat is stored before the answer. Otherwise a second holder of the token could take it between the two.
    m_services.background->post([this, ask = std::move(ask), done = std::move(done)] { done(bootstrapPackageNow(ask)); });
}

Result<wire::BootstrapPackage> LinkEvents::bootstrapPackageNow(const BootstrapAsk& ask)
{
    const Type type = ask.type;
    {
        MutexLock operation{m_roles.operation};
        const auto current = m_roles.role(type);
        if (!current->isServing() || !m_roles.isPlayed(type) || !current->find(ask.secondaryId)) {
            return Error{ErrorCode::PermissionDenied, "not a secondary of this primary"};
        }
        const WallTime until = current->find(ask.secondaryId)->activationUntil;
        if (until != WallTime{} && m_services.clock.now() > until) {
            return Error{ErrorCode::PermissionDenied, "the activation token has expired"};
        }
        const Follower follower{ask.program, m_services.program};
        if (follower.isOlder()) return Error{ErrorCode::FailedPrecondition, follower.refusalByPrimary(ask.secondaryId)};
        if (auto taken = takeSeat(ask); !taken) return std::move(taken).error();
    }
    const auto role = m_roles.role(type);
    auto keys = m_services.seal.keyBundle();
    if (!keys) return std::move(keys).error();
    wire::BootstrapPackage package;
    package.set_epoch(role->epoch.value());
    package.set_statement(role->statement);
    const auto performance = m_roles.role(Type::Performance);
    if (type == Type::Dr && performance->mode == Mode::Primary) package.set_performance_statement(performance->statement);
    // Without a chain, the new cluster could not detect that it closes a ring.
    if (role->isRelay() && m_roles.transport()) {
        for (const auto& id : m_roles.report(type).primary.chain) package.add_chain(id);
        if (package.chain().empty()) return Error{ErrorCode::Unavailable, "this cluster relays, and has not heard its own primary yet"};
    }
    package.add_chain(m_services.host.clusterId());
    if (const auto log = m_roles.trust(type); log && role->mode == Mode::Primary) package.set_trust_log(log->summary().encode());
    if (const auto log = m_roles.trust(Type::Performance); log && type == Type::Dr) package.set_performance_trust_log(log->summary().encode());
    const SecretBytes bundle = keys->serialize();
    package.set_key_bundle(bundle.data(), bundle.size());
    package.set_token_keys(m_keys.tokenKeys());
    package.set_program(m_services.program);
    // Only a performance secondary needs this token: the tokens of a performance set are each cluster's own. A DR secondary receives all
    // tokens anyway.
    if (ask.isDev && m_services.host.isDev() && type == Type::Performance) {
        package.set_dev_root_token(m_services.host.devRootToken());
    }
    package.mutable_self()->set_api_address(m_roles.self().apiAddress);
    package.mutable_self()->set_cluster_address(m_roles.self().clusterAddress);
    return package;
}

Result<> LinkEvents::takeSeat(const BootstrapAsk& ask)
{
    const auto current = m_roles.role(ask.type);
    const KnownSecondary& known = *current->find(ask.secondaryId);
    // 1. Somebody copies an activation token and uses it first.
    // 2. Its member key takes the seat.
    // 3. The real cluster comes with another member key.
    //
    // The second key is refused, and the log tells the operator that the token was used twice.
    if (!known.memberKey.empty() && ask.memberKey != known.memberKey && ask.replacedKey != known.memberKey) {
        logging::error("replication", "an activation token was used twice; revoke the secondary if that was not you",
                       {{"type", std::string{toString(ask.type)}}, {"id", ask.secondaryId}});
        return Error{ErrorCode::PermissionDenied, "token used twice: another cluster's key has taken the seat of \"" + ask.secondaryId + "\""};
    }
    // Asked again after a crash or a lost answer: the seat is stored already.
    if (known.isActivated && known.memberKey == ask.memberKey && known.tokenKey == ask.tokenKey) return {};
    if (!m_roles.writeRefusal().empty()) {
        // Another cluster may have this role by now, or may get it. An older version, which proves no key, still gets its package. A new
        // seat would be lost with the role.
        if (ask.memberKey.empty()) return {};
        return Error{ErrorCode::Unavailable, m_roles.writeRefusal()};
    }
    Role changed = current->clone();
    for (auto& secondary : changed.secondaries) {
        if (secondary.id != ask.secondaryId) continue;
        secondary.isActivated = true;
        secondary.memberKey = ask.memberKey;
        secondary.tokenKey = ask.tokenKey;
        secondary.keyRenewal = m_renewal.metDemand();
        if (secondary.authorityHeld != AuthorityHeld::Yes) secondary.authorityHeld = m_authorities.heldBy(ask.type, ask.memberKey);
    }
    // No link depends on these fields, so all links continue.
    auto stored = m_roles.store(ask.type, changed, false);
    if (stored) stored = m_roles.load();
    if (stored) m_roles.applyListChange();
    return stored;
}

void LinkEvents::secondaryProven(Type type, const std::string& secondaryId, SecondaryClaim claim)
{
    m_services.background->post([this, type, secondaryId, claim = std::move(claim)]() mutable {
        MutexLock operation{m_roles.operation};
        const auto current = m_roles.role(type);
        const auto* known = current->find(secondaryId);
        if (!known || !current->isServing() || !m_roles.isPlayed(type) || !m_roles.writeRefusal().empty()) return;
        const auto isOfCopy = [&](const std::string& key) { return std::ranges::find(known->standIns, key) != known->standIns.end(); };
        const bool isCopy = isOfCopy(claim.memberKey) || isOfCopy(claim.replacedKey);
        const bool isRenewed = !claim.replacedKey.empty() && known->memberKey == claim.replacedKey;
        // The seat accepts its known key, the keys of its copies, and a key that the known one has signed as its replacement.
        if (!known->memberKey.empty() && known->memberKey != claim.memberKey && !isCopy && !isRenewed) return;
        if (claim.tokenKey.empty()) claim.tokenKey = known->tokenKey;
        const auto trusted = current->authority ? crypto::certificateFingerprint(current->authority->certificate).value_or("") : std::string{};
        const bool isNewTrust =
            claim.trustedAuthority == trusted && std::ranges::find(current->authorityWaiting, secondaryId) != current->authorityWaiting.end();
        const bool isKnown = SecondaryClaim{known->memberKey, claim.replacedKey,      known->tokenKey,
                                            known->standIns,  known->peerFingerprint, claim.trustedAuthority} == claim;
        if (isKnown && !isNewTrust) return;
        if (isRenewed) logging::info("replication", "a secondary has new keys", {{"type", std::string{toString(type)}}, {"id", secondaryId}});
        if (isCopy)
            logging::warn("replication", "a DR copy has taken the seat of a secondary, whose own key is refused from now on", {{"id", secondaryId}});
        Role changed = current->clone();
        if (isNewTrust) std::erase(changed.authorityWaiting, secondaryId);
        for (auto& secondary : changed.secondaries) {
            if (secondary.id != secondaryId) continue;
            if (secondary.memberKey != claim.memberKey) secondary.keyRenewal = m_renewal.metDemand();
            secondary.memberKey = claim.memberKey;
            secondary.tokenKey = claim.tokenKey;
            secondary.standIns = claim.standIns;
            secondary.peerFingerprint = claim.peerFingerprint;
        }
        auto stored = m_roles.store(type, changed, false);
        if (stored) stored = m_roles.load();
        if (stored) m_roles.applyListChange();
        if (!stored)
            logging::warn("replication", "could not keep the key of a secondary", {{"id", secondaryId}, {"error", core::toString(stored.error())}});
    });
}

void LinkEvents::primaryProven(Type type, std::string memberKey, std::string replacedKey)
{
    m_services.background->post([this, type, memberKey = std::move(memberKey), replacedKey = std::move(replacedKey)] {
        MutexLock operation{m_roles.operation};
        const auto current = m_roles.role(type);
        if (current->mode != Mode::Secondary || !current->identity || current->primaryKey != replacedKey) return;
        if (!replacedKey.empty() && m_roles.trust(type)) return; // the trust log says who has this key
        Role changed = current->clone();
        changed.primaryKey = memberKey;
        auto stored = m_roles.store(type, changed, false);
        if (stored) stored = m_roles.load();
        if (!stored) logging::warn("replication", "could not keep the primary's key", {{"error", core::toString(stored.error())}});
    });
}

void LinkEvents::primaryAddresses(Type type, std::vector<std::string> cluster, std::vector<std::string> failover)
{
    m_services.background->post([this, type, cluster = std::move(cluster), failover = std::move(failover)] {
        MutexLock operation{m_roles.operation};
        const auto current = m_roles.role(type);
        if (current->mode != Mode::Secondary || !current->identity || cluster.empty()) return;
        if (current->primaryAddresses == cluster && current->failoverAddresses == failover) return;
        Role changed = current->clone();
        changed.primaryAddresses = cluster;
        changed.failoverAddresses = failover;
        log::Transaction transaction = m_services.store.begin();
        const barrier::Scope scope{transaction, m_services.barrier, kRoleAccess};
        auto stored = changed.store(scope, type);
        if (!stored || !m_services.store.commitAndWait(std::move(transaction))) return; // the next change sends them again
        // The running link knows these addresses itself, so its plan stays as it is.
        if (auto loaded = m_roles.load(); !loaded) {
            logging::error("replication", "could not read the role back", {{"error", core::toString(loaded.error())}});
        }
    });
}

void LinkEvents::membersTold(Type type, const Members& members)
{
    m_services.background->post([this, type, members] {
        MutexLock operation{m_roles.operation};
        if (m_roles.role(type)->mode != Mode::Secondary || !m_roles.role(type)->identity) return;
        log::Transaction transaction = m_services.store.begin();
        const barrier::Scope scope{transaction, m_services.barrier, kRoleAccess};
        auto stored = storeMembers(scope, type, members);
        if (stored) {
            if (auto committed = m_services.store.commitAndWait(std::move(transaction)); !committed) stored = std::move(committed).error();
        }
        // The running link knows the members itself. If they could not be stored now, the next change sends them again.
        if (!stored) logging::warn("replication", "could not store the members of the set", {{"error", core::toString(stored.error())}});
    });
}

void LinkEvents::secondariesHeard(Type type, const Members& members)
{
    m_services.background->post([this, type, members] {
        MutexLock operation{m_roles.operation};
        const auto current = m_roles.role(type);
        if (current->mode != Mode::Primary || !m_roles.isPlayed(type)) return;
        // After a restart, this primary asks its stored members who leads the set.
        if (auto stored = m_roles.storeKnownMembers(type, members); !stored) {
            logging::warn("replication", "could not store the members of the set", {{"error", core::toString(stored.error())}});
        }
    });
}

void LinkEvents::tokenKeyTold(Type type, const std::string& secondaryId, std::string publicKey)
{
    if (!m_services.tokenMakers) return;
    m_services.background->post([this, type, secondaryId, publicKey = std::move(publicKey)] {
        MutexLock operation{m_roles.operation}; // orders this and a revocation: the later one counts
        if (!m_roles.role(type)->find(secondaryId)) return;
        const auto set = type == Type::Performance ? trust::TokenMakers::SetType::Performance : trust::TokenMakers::SetType::Dr;
        auto stored = m_services.tokenMakers->put(m_services.store, m_services.barrier, {publicKey, secondaryId, set}, m_services.clock.now(),
                                                  m_services.clock.now() + m_renewal.longestTokenTtl());
        if (!stored)
            logging::warn("replication", "could not keep a secondary's token key", {{"id", secondaryId}, {"error", core::toString(stored.error())}});
    });
}

void LinkEvents::tokenKeysSent(std::string makers, std::function<void()> done)
{
    if (!m_services.tokenMakers) return done();
    m_services.background->post([this, makers = std::move(makers), done = std::move(done)] {
        auto stored = m_services.tokenMakers->replaceTold(m_services.store, m_services.barrier, makers);
        if (!stored) logging::warn("replication", "could not keep the set's token keys", {{"error", core::toString(stored.error())}});
        done();
    });
}

void LinkEvents::keysSent(Type type, SecretBytes bundle, std::function<void(Result<>)> done)
{
    // On the worker, not on the port's thread, because an automatic seal may take seconds.
    m_services.background->post([this, type, bundle = std::make_shared<SecretBytes>(std::move(bundle)), done = std::move(done)] {
        auto taken = m_keys.adopt(type, *bundle);
        done(std::move(taken));
    });
}

} // namespace core::replication
