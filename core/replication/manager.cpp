#include "core/replication/manager.h"

#include "core/base/logging.h"

#include <algorithm>

namespace core::replication {

namespace {

constexpr barrier::WriteAccess kOwnAccess{true, true}; // roles are this module's own keys, whatever the role says

Members storedMembers(const log::Store& store, const barrier::Barrier& barrier, Type type)
{
    log::Transaction transaction = store.begin();
    return loadMembers({transaction, barrier, {}}, type).value_or(Members{});
}

/// A primary's secondaries come by themselves, but until then it knows them from the list of the primary whose place it has
/// taken, stored as told by that of type `toldAs`. Who is revoked is forgotten.
Result<> keepMembers(const barrier::Scope& scope, log::Transaction& transaction, Type type, const Role& role, Type toldAs)
{
    const Members told = loadMembers(scope, toldAs).value_or(Members{});
    Members kept = told;
    std::erase_if(kept, [&](const Member& member) {
        return member.type != type || member.isPrimary || member.fingerprint.empty() || !role.find(member.id);
    });
    if (toldAs == type && areSame(kept, told)) return {};
    if (!kept.empty()) return storeMembers(scope, type, kept);
    transaction.erase({log::OperationKind::Delete, membersKey(type), {}, {}, {}});
    return {};
}

} // namespace

ReplicationManager::ReplicationManager(Services services)
    : m_services{std::move(services)}
    , m_ownWorker{m_services.background ? nullptr : std::make_unique<Worker>()}
    , m_background{m_services.background ? *m_services.background : *m_ownWorker}
    , m_performance{std::make_shared<const Role>()}
    , m_dr{std::make_shared<const Role>()}
{}

ReplicationManager::~ReplicationManager()
{
    m_background.stop();
    stop();
}

ReplicationManager::RolePointer ReplicationManager::role(Type type) const
{
    MutexLock lock{m_mutex};
    return type == Type::Performance ? m_performance : m_dr;
}

bool ReplicationManager::isPlayed(Type type) const
{
    return type == Type::Dr || role(Type::Dr)->mode != Mode::Secondary;
}

Mode ReplicationManager::mode(Type type) const
{
    {
        MutexLock lock{m_mutex};
        if (m_bootstrapping == type) return Mode::Bootstrapping;
    }
    return role(type)->mode;
}

std::string ReplicationManager::writeRefusal() const
{
    if (!m_hasRefusal) return {};
    MutexLock lock{m_mutex};
    return m_writeRefusal;
}

SharedPlace ReplicationManager::sharedPlace() const
{
    if (!m_isPerformanceSecondary) {
        const auto performance = role(Type::Performance);
        const Epoch epoch = performance->mode == Mode::Disabled ? role(Type::Dr)->epoch : performance->epoch;
        return {epoch, m_services.store.lastSharedIndex()};
    }
    // As stored with what has been applied: during a reconciliation it names no place, and is behind every one.
    const Position position = positionOf(Type::Performance);
    return {position.epoch, position.logId.empty() ? LogIndex{} : position.index};
}

Result<> ReplicationManager::loadRoles()
{
    log::Transaction transaction = m_services.store.begin();
    const barrier::Scope scope{transaction, m_services.barrier, kOwnAccess};
    auto performance = Role::load(scope, Type::Performance);
    if (!performance) return std::move(performance).error();
    auto dr = Role::load(scope, Type::Dr);
    if (!dr) return std::move(dr).error();
    auto keyring = m_services.barrier.keyring();
    if (!keyring) return std::move(keyring).error();
    auto verifier = std::make_shared<const StatementVerifier>(keyring->forestKey());

    MutexLock lock{m_mutex};
    m_verifier = std::move(verifier);
    m_performance = std::make_shared<const Role>(std::move(*performance));
    m_dr = std::make_shared<const Role>(std::move(*dr));
    m_isDrSecondary = m_dr->mode == Mode::Secondary;
    m_isPerformanceSecondary = m_performance->mode == Mode::Secondary && !m_isDrSecondary;
    m_writeRefusal.clear();
    const auto refuseIfFenced = [this](Type type, const Role& role) CORE_REQUIRES(m_mutex) {
        if (role.mode == Mode::Primary && role.handover) m_writeRefusal = settlingText(type, *role.handover);
        if (role.isReplaced()) m_writeRefusal = replacedText(type, role);
    };
    m_isReplaced = m_dr->isReplaced() || (!m_isDrSecondary && m_performance->isReplaced());
    if (!m_isDrSecondary) refuseIfFenced(Type::Performance, *m_performance);
    refuseIfFenced(Type::Dr, *m_dr);
    m_hasRefusal = !m_writeRefusal.empty();
    return {};
}

Result<> ReplicationManager::start()
{
    m_isStopping = false;
    MutexLock operation{m_operation};
    if (auto loaded = loadRoles(); !loaded) return loaded;
    {
        MutexLock lock{m_mutex};
        m_isRunning = true;
    }
    takeUp();
    return {};
}

void ReplicationManager::stop()
{
    m_isStopping = true; // a call to a primary's API ends by itself then
    {
        MutexLock lock{m_mutex};
        if (!m_isRunning) return;
        m_isRunning = false;
    }
    m_hold.end("this cluster is being sealed");
    for (const Type type : {Type::Performance, Type::Dr}) {
        if (!m_transport) break; // a rehearsal reaches nobody
        LinkPlan nothing;
        nothing.type = type;
        m_transport->setPlan(std::move(nothing));
    }
    m_background.stop(); // what was begun is finished while everything it needs is still there
}

void ReplicationManager::takeUp()
{
    const auto performance = role(Type::Performance);
    const auto dr = role(Type::Dr);
    m_services.store.setEpoch(std::max({performance->epoch, dr->epoch, Epoch{1}}));
    takeUpPeerIdentity();
    applyPlan(Type::Performance);
    applyPlan(Type::Dr);
}

void ReplicationManager::takeUpPeerIdentity()
{
    std::shared_ptr<const crypto::Identity> identity;
    if (role(Type::Performance)->mode != Mode::Disabled || role(Type::Dr)->mode != Mode::Disabled) {
        log::Transaction transaction = m_services.store.begin();
        const barrier::Scope scope{transaction, m_services.barrier, kOwnAccess};
        auto loaded = loadPeerIdentity(scope, m_services.random, m_services.clock.now());
        Result<> stored;
        if (loaded && transaction.hasWrites()) {
            if (auto committed = m_services.store.commitAndWait(std::move(transaction)); !committed) stored = std::move(committed).error();
        }
        if (loaded && stored) {
            identity = std::make_shared<const crypto::Identity>(std::move(*loaded));
        } else { // links work without it; other members cannot be asked until the next change
            logging::warn("replication", "no certificate for other members",
                          {{"error", core::toString(loaded ? stored.error() : loaded.error())}});
        }
    }
    MutexLock lock{m_mutex};
    if (!identity) m_peerFingerprint.clear();
    else if (!m_peerIdentity || m_peerIdentity->certificate != identity->certificate) {
        m_peerFingerprint = crypto::certificateFingerprint(identity->certificate).value_or("");
    }
    m_peerIdentity = std::move(identity);
}

Result<crypto::Identity> ReplicationManager::serverIdentity(Type type, const crypto::Identity& authority) const
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

Position ReplicationManager::positionOf(Type type) const
{
    const auto stored = m_services.store.reader().get(Position::key(type));
    if (!stored || !*stored) return {};
    return Position::decode(**stored).value_or(Position{});
}

log::Operation ReplicationManager::positionOperation(Type type, const Position& position)
{
    return {log::OperationKind::Put, Position::key(type), position.encode(), {}, {}};
}

log::Operation ReplicationManager::noPosition(Type type)
{
    return {log::OperationKind::Delete, Position::key(type), {}, {}, {}};
}

LinkPlan ReplicationManager::planFor(Type type) const
{
    LinkPlan plan;
    plan.type = type;
    const auto role = this->role(type);
    plan.local.setId = role->setId;
    if (!isPlayed(type)) {
        MutexLock lock{m_mutex};
        plan.local.statement = m_performanceSuccessor;
        return plan;
    }
    plan.local.epoch = role->epoch;
    plan.local.self = self();
    plan.local.clusterId = m_services.host.clusterId();
    plan.local.statement = role->latestStatement();
    plan.local.isReplaced = role->isReplaced();
    plan.local.verifier = verifier();
    plan.local.clusterAddresses = {role->mode == Mode::Primary && !role->primaryClusterAddress.empty()
                                       ? role->primaryClusterAddress
                                   : role->isRelay() && !role->relayClusterAddress.empty() ? role->relayClusterAddress
                                                                                            : plan.local.self.clusterAddress};
    {
        MutexLock lock{m_mutex};
        if (m_peerIdentity && role->mode != Mode::Disabled) {
            plan.peerIdentity = m_peerIdentity->clone();
            plan.local.peerFingerprint = m_peerFingerprint;
        }
    }
    if (role->isServing() && !addServing(*role, plan)) return plan;
    if (role->mode == Mode::Primary && role->authority) {
        plan.mode = Mode::Primary;
        plan.authorityCertificate = plan.ownAuthority; // what its secondaries trust
        plan.members = storedMembers(m_services.store, m_services.barrier, type);
    } else if (role->mode == Mode::Secondary && role->identity) {
        plan.mode = Mode::Secondary;
        plan.secondaryId = role->secondaryId;
        plan.identity = role->identity->clone();
        plan.authorityCertificate = role->authorityCertificate;
        plan.addresses = role->primaryAddresses;
        // Where the set's primary has been before, it may be again; epochs tell a primary that has been replaced.
        auto others = role->failoverAddresses;
        if (!role->primaryClusterAddress.empty()) others.push_back(role->primaryClusterAddress);
        for (const auto& address : others) {
            if (std::ranges::find(plan.addresses, address) == plan.addresses.end()) plan.addresses.push_back(address);
        }
        if (role->redirect && !plan.isRelay) { // those who still come here hold certificates of the authority it handed over
            plan.serverIdentity = role->redirect->clone();
            plan.ownAuthority = role->authorityCertificate;
        }
        plan.position = positionOf(type);
        plan.members = storedMembers(m_services.store, m_services.barrier, type);
    }
    return plan;
}

bool ReplicationManager::addServing(const Role& role, LinkPlan& plan) const
{
    auto server = serverIdentity(plan.type, *role.authority);
    if (!server) {
        logging::error("replication", "no certificate for the cluster port", {{"error", core::toString(server.error())}});
        return false;
    }
    plan.serverIdentity = std::move(*server);
    plan.ownAuthority = role.authority->certificate;
    plan.isRelay = plan.local.isRelay = role.isRelay();
    for (const auto& secondary : role.secondaries) plan.secondaries.emplace(secondary.fingerprint, secondary.id);
    return true;
}

void ReplicationManager::applyPlan(Type type)
{
    {
        MutexLock lock{m_mutex};
        if (!m_isRunning) return;
    }
    if (m_transport) m_transport->setPlan(planFor(type));
}

void ReplicationManager::stopLinks(Type type)
{
    if (!m_transport || role(type)->mode != Mode::Secondary) return;
    LinkPlan nothing;
    nothing.type = type;
    m_transport->setPlan(std::move(nothing));
}

Result<> ReplicationManager::change(const Role* performance, const Role* dr, std::vector<log::Operation> more)
{
    // Nothing of a former primary is applied after the change.
    if (performance) stopLinks(Type::Performance);
    if (dr) stopLinks(Type::Dr);
    const bool isOtherMode = (performance && performance->mode != role(Type::Performance)->mode)
                             || (dr && dr->mode != role(Type::Dr)->mode);
    auto stored = storeRoles(performance, dr, std::move(more), isOtherMode);
    auto loaded = loadRoles();
    takeUp(); // also where nothing was stored: what was stopped goes on
    if (!stored) return stored;
    return loaded;
}

Result<> ReplicationManager::storeRoles(const Role* performance, const Role* dr, std::vector<log::Operation> more, bool isOtherMode)
{
    log::Transaction transaction = m_services.store.begin();
    const barrier::Scope scope{transaction, m_services.barrier, kOwnAccess};
    if (performance) {
        if (auto stored = performance->store(scope, Type::Performance); !stored) return stored;
    }
    if (dr) {
        if (auto stored = dr->store(scope, Type::Dr); !stored) return stored;
    }
    for (const Type type : {Type::Performance, Type::Dr}) {
        const Role* next = type == Type::Performance ? performance : dr;
        if (!next) continue;
        const auto current = role(type);
        if (next->mode == Mode::Primary) {
            // A DR primary's list has the performance secondaries as well.
            const bool takesOver = dr && dr->mode == Mode::Primary && role(Type::Dr)->mode == Mode::Secondary;
            if (auto kept = keepMembers(scope, transaction, type, *next, takesOver ? Type::Dr : type); !kept) return kept;
        } else if (next->mode != current->mode || next->authorityCertificate != current->authorityCertificate) {
            // Who is told by another primary, or none, is not a member any more until that one says so.
            transaction.erase({log::OperationKind::Delete, membersKey(type), {}, {}, {}});
        }
    }
    for (auto& operation : more) {
        if (operation.kind == log::OperationKind::Put) transaction.put(std::move(operation));
        else transaction.erase(std::move(operation));
    }
    if (isOtherMode) {
        transaction.put({log::OperationKind::Put, std::string{kRoleGenerationKey}, m_services.random.uuid(), {}, {}});
    }
    auto committed = m_services.store.commitAndWait(std::move(transaction));
    if (!committed) return std::move(committed).error();
    return {};
}

void ReplicationManager::refuseWrites(std::string text)
{
    MutexLock lock{m_mutex};
    m_writeRefusal = std::move(text);
    m_hasRefusal = !m_writeRefusal.empty();
}

void ReplicationManager::reloadLater()
{
    m_background.post([this] { m_services.host.reload(); });
}

void ReplicationManager::waitUntilIdle()
{
    m_background.waitUntilIdle();
}

Result<wire::BootstrapPackage> ReplicationManager::bootstrapPackage(Type type, const std::string& secondaryId, bool isPeerDev)
{
    const auto role = this->role(type);
    if (!role->isServing() || !isPlayed(type) || !role->find(secondaryId)) {
        return Error{ErrorCode::PermissionDenied, "not a secondary of this primary"};
    }
    const WallTime until = role->find(secondaryId)->activationUntil;
    if (until != WallTime{} && m_services.clock.now() > until) {
        return Error{ErrorCode::PermissionDenied, "the activation token has expired"};
    }
    auto keys = m_services.seal.keyBundle();
    if (!keys) return std::move(keys).error();
    wire::BootstrapPackage package;
    package.set_epoch(role->epoch.value());
    package.set_statement(role->statement);
    const auto performance = this->role(Type::Performance);
    if (type == Type::Dr && performance->mode == Mode::Primary) package.set_performance_statement(performance->statement);
    if (role->isRelay() && m_transport) {
        for (const auto& id : m_transport->report(type).primary.chain) package.add_chain(id);
        if (package.chain().empty()) return Error{ErrorCode::Unavailable, "this cluster relays, and has not heard its own primary yet"};
    }
    package.add_chain(m_services.host.clusterId());
    const SecretBytes bundle = keys->serialize();
    package.set_key_bundle(bundle.data(), bundle.size());
    // Tokens of a performance set are each cluster's own; a DR secondary receives them all anyway.
    if (isPeerDev && m_services.host.isDev() && type == Type::Performance) {
        package.set_dev_root_token(m_services.host.devRootToken());
    }
    package.mutable_self()->set_api_address(self().apiAddress);
    package.mutable_self()->set_cluster_address(self().clusterAddress);
    return package;
}

void ReplicationManager::primaryAddresses(Type type, std::vector<std::string> cluster, std::vector<std::string> failover)
{
    m_background.post([this, type, cluster = std::move(cluster), failover = std::move(failover)] {
        MutexLock operation{m_operation};
        const auto current = role(type);
        if (current->mode != Mode::Secondary || !current->identity || cluster.empty()) return;
        if (current->primaryAddresses == cluster && current->failoverAddresses == failover) return;
        Role changed = current->clone();
        changed.primaryAddresses = cluster;
        changed.failoverAddresses = failover;
        log::Transaction transaction = m_services.store.begin();
        const barrier::Scope scope{transaction, m_services.barrier, kOwnAccess};
        auto stored = changed.store(scope, type);
        if (!stored || !m_services.store.commitAndWait(std::move(transaction))) return; // told again with the next change
        // The running link knows these addresses itself, so its plan stays as it is.
        if (auto loaded = loadRoles(); !loaded) {
            logging::error("replication", "could not read the role back", {{"error", core::toString(loaded.error())}});
        }
    });
}

void ReplicationManager::membersTold(Type type, const Members& members)
{
    m_background.post([this, type, members] {
        MutexLock operation{m_operation};
        if (role(type)->mode != Mode::Secondary || !role(type)->identity) return;
        log::Transaction transaction = m_services.store.begin();
        const barrier::Scope scope{transaction, m_services.barrier, kOwnAccess};
        auto stored = storeMembers(scope, type, members);
        if (stored) {
            if (auto committed = m_services.store.commitAndWait(std::move(transaction)); !committed) stored = std::move(committed).error();
        }
        // The running link knows them itself; what could not be stored now is told again with the next change.
        if (!stored) logging::warn("replication", "could not store the members of the set", {{"error", core::toString(stored.error())}});
    });
}

Result<> ReplicationManager::whileEverythingStopped(const std::function<Result<>()>& work)
{
    MutexLock operation{m_operation};
    refuseWrites("the contents of this cluster are being replaced");
    for (const Type type : {Type::Performance, Type::Dr}) {
        LinkPlan nothing;
        nothing.type = type;
        if (m_transport) m_transport->setPlan(std::move(nothing));
    }
    auto done = work();
    if (done) return done;
    if (auto loaded = loadRoles(); !loaded) {
        logging::error("replication", "could not read the roles back", {{"error", core::toString(loaded.error())}});
    }
    takeUp();
    return done;
}

mount::Response ReplicationManager::whileLinksStopped(Type type, const std::function<mount::Response()>& work)
{
    MutexLock operation{m_operation};
    if (m_transport) {
        LinkPlan plan = planFor(type); // other members can still be asked
        plan.mode = Mode::Disabled;
        m_transport->setPlan(std::move(plan));
    }
    auto response = work();
    takeUp();
    return response;
}

void ReplicationManager::applied(Type type, const std::vector<std::string>& keys)
{
    m_services.host.invalidate(keys);
    if (type != Type::Dr || std::ranges::find(keys, Role::key(Type::Performance)) == keys.end()) return;
    // The performance role that this DR secondary would play: known for what sys/health shows.
    m_background.post([this] {
        MutexLock operation{m_operation};
        if (auto loaded = loadRoles(); !loaded) {
            logging::error("replication", "could not read the inherited role", {{"error", core::toString(loaded.error())}});
        }
    });
}

} // namespace core::replication
