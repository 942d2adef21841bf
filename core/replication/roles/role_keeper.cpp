#include "core/replication/roles/role_keeper.h"

#include "core/base/logging.h"
#include "core/replication/set/former_primary.h"

#include <algorithm>
#include <set>

namespace core::replication {

namespace {

/// A cluster that this primary has refused is no member any more, and is still to be told of it.
Result<> keepRefused(const barrier::Scope& scope, Type type, const Role& role, const Members& told)
{
    const Members known = loadRefusedMembers(scope, type).value_or(Members{});
    Members next = known;
    for (const Member& member : told) {
        const bool isRefused = member.type == type && std::ranges::find(role.refusedKeys, member.memberKey) != role.refusedKeys.end();
        if (!isRefused || member.fingerprint.empty() || member.endpoint.clusterAddress.empty()) continue;
        std::erase_if(next, [&](const Member& other) { return other.memberKey == member.memberKey; });
        next.push_back(member);
    }
    if (next.size() > kRefusedMembersMax) next.erase(next.begin(), next.end() - kRefusedMembersMax);
    return areSame(next, known) ? Result<>{} : storeRefusedMembers(scope, type, next);
}

/// Stores the members for a new primary. Until its secondaries connect, it knows them from the former primary's list, stored under type
/// `toldAs`. The other members of that list stay known too, the former primary among them: this cluster asks them who leads, and they may
/// ask. Revoked members are removed.
Result<> keepMembers(const barrier::Scope& scope, log::Transaction& transaction, Type type, const Role& before, const Role& role, Type toldAs,
                     const trust::TrustLog* log)
{
    const Members told = loadMembers(scope, toldAs).value_or(Members{});
    Members kept = told;
    if (auto done = keepRefused(scope, type, role, told); !done) return done;
    std::set<std::string> revoked; // certificates
    for (const Member& member : told) {
        const bool isRevoked = member.type == type && !member.isPrimary && before.find(member.id) && !role.find(member.id);
        if (isRevoked && !member.fingerprint.empty()) revoked.insert(member.fingerprint);
    }
    std::erase_if(kept, [&](const Member& member) {
        const bool isKeyRevoked = log && !member.memberKey.empty() && log->judge().isRevoked(member.memberKey);
        return member.fingerprint.empty() || revoked.contains(member.fingerprint) || (member.type == type && isKeyRevoked);
    });
    if (toldAs == type && areSame(kept, told)) return {};
    if (!kept.empty()) return storeMembers(scope, type, kept);
    transaction.erase({log::OperationKind::Delete, membersKey(type), {}, {}, {}});
    return {};
}

} // namespace

RoleKeeper::RoleKeeper(const ManagerServices& services)
    : m_services{services}
    , m_planner{services}
    , m_performance{std::make_shared<const Role>()}
    , m_dr{std::make_shared<const Role>()}
{}

RoleKeeper::RolePointer RoleKeeper::role(Type type) const
{
    MutexLock lock{m_mutex};
    return type == Type::Performance ? m_performance : m_dr;
}

std::shared_ptr<const trust::TrustLog> RoleKeeper::trust(Type type) const
{
    MutexLock lock{m_mutex};
    return m_trust.of(type);
}

Mode RoleKeeper::mode(Type type) const
{
    {
        MutexLock lock{m_mutex};
        if (m_bootstrapping == type) return Mode::Bootstrapping;
    }
    return role(type)->mode;
}

std::string RoleKeeper::writeRefusal() const
{
    if (!m_hasRefusal) return {};
    MutexLock lock{m_mutex};
    return m_writeRefusal;
}

SharedPlace RoleKeeper::sharedPlace() const
{
    if (!m_isPerformanceSecondary) {
        const auto performance = role(Type::Performance);
        const Epoch epoch = performance->mode == Mode::Disabled ? role(Type::Dr)->epoch : performance->epoch;
        return {epoch, m_services.store.lastSharedIndex()};
    }
    // The stored position belongs to the data that has been applied. During a reconciliation it names no place, so it counts as behind
    // every place.
    const Position position = positionOf(Type::Performance);
    return {position.epoch, position.logId.empty() ? LogIndex{} : position.index};
}

Position RoleKeeper::positionOf(Type type) const
{
    return Position::stored(m_services.store.reader(), type);
}

std::shared_ptr<const StatementVerifier> RoleKeeper::verifier() const
{
    MutexLock lock{m_mutex};
    return m_verifier;
}

Result<> RoleKeeper::load()
{
    if (auto read = readStored(); !read) return read;
    refuseRevokedTokenMakers();
    return {};
}

Result<> RoleKeeper::readStored()
{
    log::Transaction transaction = m_services.store.begin();
    const barrier::Scope scope{transaction, m_services.barrier, kRoleAccess};
    auto performance = Role::load(scope, Type::Performance);
    if (!performance) return std::move(performance).error();
    auto dr = Role::load(scope, Type::Dr);
    if (!dr) return std::move(dr).error();
    TrustLogs logs;
    for (const Type type : {Type::Performance, Type::Dr}) {
        auto log = trust::TrustLog::load(scope, toString(type));
        if (!log) return std::move(log).error();
        if (*log) logs.of(type) = std::make_shared<const trust::TrustLog>(std::move(**log));
    }
    auto keyring = m_services.barrier.keyring();
    if (!keyring) return std::move(keyring).error();
    auto verifier = std::make_shared<const StatementVerifier>(keyring->forestKey());

    MutexLock lock{m_mutex};
    m_verifier = std::move(verifier);
    m_trust = std::move(logs);
    m_performance = std::make_shared<const Role>(std::move(*performance));
    m_dr = std::make_shared<const Role>(std::move(*dr));
    m_isDrSecondary = m_dr->mode == Mode::Secondary;
    m_isPerformanceSecondary = m_performance->mode == Mode::Secondary && !m_isDrSecondary;
    m_writeRefusal.clear();
    const auto refuseIfFenced = [this](Type type, const Role& role) CORE_REQUIRES(m_mutex) {
        if (role.mode == Mode::Primary && role.handover) m_writeRefusal = settlingText(type, *role.handover);
        if (role.isOlder()) m_writeRefusal = olderStorageText(type, *role.olderStorage);
        if (role.isReplaced()) m_writeRefusal = replacedText(type, role);
    };
    const auto isStopped = [](const Role& role) { return role.isReplaced() || role.isOlder(); };
    m_isReplaced = isStopped(*m_dr) || (!m_isDrSecondary && isStopped(*m_performance));
    if (!m_isDrSecondary) refuseIfFenced(Type::Performance, *m_performance);
    refuseIfFenced(Type::Dr, *m_dr);
    m_hasRefusal = !m_writeRefusal.empty();
    return {};
}

Result<> RoleKeeper::start()
{
    if (auto loaded = load(); !loaded) return loaded;
    for (const Type type : {Type::Performance, Type::Dr}) settleTokenMakers(type, *role(type), role(type)->mode);
    {
        MutexLock lock{m_mutex};
        m_isRunning = true;
    }
    applyStoredRoles();
    return {};
}

bool RoleKeeper::stop()
{
    MutexLock lock{m_mutex};
    return std::exchange(m_isRunning, false);
}

void RoleKeeper::applyStoredRoles(std::optional<Type> kept)
{
    const auto performance = role(Type::Performance);
    const auto dr = role(Type::Dr);
    m_services.store.setEpoch(std::max({performance->epoch, dr->epoch, Epoch{1}}));
    m_planner.refreshPeerIdentity(performance->mode != Mode::Disabled || dr->mode != Mode::Disabled);
    for (const Type type : {Type::Performance, Type::Dr}) applyPlan(type, kept == type);
}

/// Takes members from the trust log: a primary drops secondaries whose keys the log has revoked, and a secondary follows the leader of the
/// log.
void RoleKeeper::addTrust(LinkPlan& plan) const
{
    const auto log = trust(plan.type);
    plan.local.trust.of(plan.type) = log;
    if (plan.type == Type::Dr) plan.local.trust.of(Type::Performance) = trust(Type::Performance);
    if (!log) return;
    for (const auto& seat : log->head().seats) {
        if (!seat.fingerprint.empty() && !log->judge().isRevoked(seat.memberKey)) plan.pins.emplace(seat.memberKey, seat.fingerprint);
    }
    if (plan.mode == Mode::Secondary) plan.leaderKeys = leaderKeys(*log);
    if (plan.mode != Mode::Primary) return;
    std::erase_if(plan.secondaries, [&](const auto& entry) {
        const auto seat = plan.seats.find(entry.second);
        return seat != plan.seats.end() && !seat->second.memberKey.empty() && log->judge().isRevoked(seat->second.memberKey);
    });
}

LinkPlan RoleKeeper::plan(Type type) const
{
    const auto role = this->role(type);
    if (isPlayed(type)) {
        LinkPlan plan = m_planner.plan(type, *role, verifier());
        if (type == Type::Performance && role->mode == Mode::Secondary && this->role(Type::Dr)->mode == Mode::Primary) {
            const auto dr = this->role(Type::Dr);
            for (const auto& copy : dr->secondaries) {
                if (!copy.memberKey.empty() && plan.local.standIns.size() < 8) plan.local.standIns.push_back(copy.memberKey);
            }
        }
        addTrust(plan);
        return plan;
    }
    LinkPlan plan;
    plan.type = type;
    plan.local.setId = role->setId;
    MutexLock lock{m_mutex};
    plan.local.statement = m_performanceSuccessor;
    return plan;
}

void RoleKeeper::applyPlan(Type type, bool keepsLink)
{
    {
        MutexLock lock{m_mutex};
        if (!m_isRunning) return;
    }
    if (!m_transport) return;
    LinkPlan next = plan(type);
    next.keepsLink = keepsLink;
    m_transport->setPlan(std::move(next));
}

void RoleKeeper::applyListChange()
{
    for (const Type type : {Type::Performance, Type::Dr}) applyPlan(type, true);
}

void RoleKeeper::stopLinks(Type type)
{
    if (!m_transport || role(type)->mode != Mode::Secondary) return;
    LinkPlan nothing;
    nothing.type = type;
    m_transport->setPlan(std::move(nothing));
}

void RoleKeeper::stopAllLinks()
{
    for (const Type type : {Type::Performance, Type::Dr}) {
        if (!m_transport) break; // a rehearsal reaches no other cluster
        LinkPlan nothing;
        nothing.type = type;
        m_transport->setPlan(std::move(nothing));
    }
}

Result<> RoleKeeper::change(const Role* performance, const Role* dr, std::vector<log::Operation> more, TrustChanges given)
{
    // Links stop first, so nothing of a former primary is applied after the change.
    if (performance) stopLinks(Type::Performance);
    if (dr) stopLinks(Type::Dr);
    std::optional<Type> kept;
    if (!performance || !dr) kept = performance ? Type::Dr : Type::Performance;
    const bool wasPlayed = kept && isPlayed(*kept);
    const bool isOtherMode = (performance && performance->mode != role(Type::Performance)->mode) || (dr && dr->mode != role(Type::Dr)->mode);
    auto stored = store(performance, dr, std::move(more), isOtherMode, std::move(given));
    auto loaded = load();
    if (kept && isPlayed(*kept) != wasPlayed) kept.reset();
    applyStoredRoles(kept); // also if nothing was stored: the stopped links continue
    if (!stored) return stored;
    return loaded;
}

Result<> RoleKeeper::change(Type type, const Role& role, std::vector<log::Operation> more, TrustChanges given)
{
    return change(type == Type::Performance ? &role : nullptr, type == Type::Dr ? &role : nullptr, std::move(more), std::move(given));
}

Result<> RoleKeeper::changeRelay(const Role& role, std::vector<log::Operation> more)
{
    if (auto stored = store(&role, nullptr, std::move(more), false); !stored) return stored;
    // Only the relay's own side has changed, so the link to the primary continues.
    if (auto loaded = load(); !loaded) return loaded;
    applyPlan(Type::Performance, true);
    return {};
}

Result<> RoleKeeper::store(Type type, const Role& role, bool isOtherMode)
{
    return store(type == Type::Performance ? &role : nullptr, type == Type::Dr ? &role : nullptr, {}, isOtherMode);
}

Result<> RoleKeeper::store(const Role* performance, const Role* dr, std::vector<log::Operation> more, bool isOtherMode, TrustChanges given)
{
    auto logs = nextTrust(performance, dr, std::move(given));
    if (!logs) return std::move(logs).error();
    log::Transaction transaction = m_services.store.begin();
    const barrier::Scope scope{transaction, m_services.barrier, kRoleAccess};
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
            // The list of a DR primary also has the performance secondaries.
            const bool takesOver = dr && dr->mode == Mode::Primary && role(Type::Dr)->mode == Mode::Secondary;
            const auto& given = (*logs)[type == Type::Dr];
            const auto present = trust(type);
            const auto* log = given ? (given->log ? &*given->log : nullptr) : present.get();
            if (auto kept = keepMembers(scope, transaction, type, *current, *next, takesOver ? Type::Dr : type, log); !kept) return kept;
        } else if (next->mode != current->mode || next->authorityCertificate != current->authorityCertificate) {
            if (next->mode != Mode::Secondary) transaction.erase({log::OperationKind::Delete, formerPrimariesKey(type), {}, {}, {}});
            if (next->mode == Mode::Secondary && current->mode == Mode::Secondary) {
                if (auto kept = keepFormerPrimary(scope, type, current->statement); !kept) return kept;
            }
            // The members of another primary, or of none. They are members again when that primary lists them.
            transaction.erase({log::OperationKind::Delete, membersKey(type), {}, {}, {}});
        }
    }
    if (auto kept = putTrust(scope, *logs); !kept) return kept;
    for (auto& operation : more) {
        if (operation.kind == log::OperationKind::Put) transaction.put(std::move(operation));
        else transaction.erase(std::move(operation));
    }
    if (isOtherMode) {
        // A transaction that has read the former generation now conflicts. So no write that began in the former mode is committed after
        // this.
        transaction.put({log::OperationKind::Put, std::string{kRoleGenerationKey}, m_services.random.uuid(), {}, {}});
    }
    auto committed = m_services.store.commitAndWait(std::move(transaction));
    if (!committed) return std::move(committed).error();
    if (performance) settleTokenMakers(Type::Performance, *performance, role(Type::Performance)->mode);
    if (dr) settleTokenMakers(Type::Dr, *dr, role(Type::Dr)->mode);
    MutexLock lock{m_mutex};
    if (performance) m_activationFailures[0].reset();
    if (dr) m_activationFailures[1].reset();
    return {};
}

Result<> RoleKeeper::signEpoch(Type type, Role& role, Epoch predecessor) const
{
    auto keyring = m_services.barrier.keyring();
    if (!keyring) return std::move(keyring).error();
    EpochStatement statement;
    statement.type = type;
    statement.setId = role.setId;
    statement.epoch = role.epoch;
    statement.predecessor = predecessor;
    statement.clusterId = m_services.host.clusterId();
    statement.clusterName = m_services.host.clusterName();
    statement.apiAddress = self().apiAddress;
    statement.clusterAddress = role.primaryClusterAddress.empty() ? self().clusterAddress : role.primaryClusterAddress;
    statement.promotionId = m_services.random.uuid();
    statement.issuedAt = m_services.clock.now();
    role.statement = statement.sign(keyring->forestKey());
    return {};
}

Result<> RoleKeeper::promote(Type type, Role next, Epoch predecessor, TrustChanges given)
{
    const auto current = role(type);
    // The stored list of members may be older than the running link's. A promotion needs the newest one.
    if (auto kept = keepTold(type); !kept) return kept;
    setPerformanceSuccessor({});
    next.lastStart = m_services.clock.now();
    next.lastReindexUnixSeconds = current->lastReindexUnixSeconds;
    const auto isBehindLog = [this](Type of, Epoch epoch) {
        const auto log = trust(of);
        return log && log->head().epoch >= epoch.value();
    };
    // A new epoch must be later than every epoch in the log, or the other members would ignore the entry.
    if (isBehindLog(type, next.epoch)) next.epoch = Epoch{trust(type)->head().epoch + 1};
    if (auto done = takeStatement(type, next, given, predecessor); !done) return done;

    // A promoted DR secondary also begins to play the performance role that it inherited. It starts a new epoch there, so the replaced
    // cluster notices. Its secondaries keep their certificates, because the authority was inherited too.
    std::optional<Role> inherited;
    if (type == Type::Dr) {
        stopLinks(type);
        if (auto loaded = load(); !loaded) return loaded;
        inherited = role(Type::Performance)->clone();
        if (inherited->mode == Mode::Primary) {
            const Epoch ended = epochKnown(*inherited);
            inherited->epoch = ended.next();
            if (isBehindLog(Type::Performance, inherited->epoch)) inherited->epoch = Epoch{trust(Type::Performance)->head().epoch + 1};
            inherited->successor.clear();
            inherited->handover.reset();
            inherited->primaryClusterAddress = next.primaryClusterAddress;
            if (auto done = takeStatement(Type::Performance, *inherited, given, ended); !done) return done;
        } else if (const auto log = trust(Type::Performance); log && !inherited->primaryKey.empty()) {
            // The copied cluster had moved below a relay, or to a leader that its operator chose. It then ended its log or began another
            // one. The old log of this copy does not name the cluster that it must follow, so it is dropped.
            const auto leaders = leaderKeys(*log);
            if (std::ranges::find(leaders, inherited->primaryKey) == leaders.end()) given[0] = TrustChange{};
        }
    }
    std::vector<log::Operation> more{noPosition(type)};
    if (type == Type::Dr) more.push_back(noPosition(Type::Performance)); // that place was the copied cluster's
    return inherited ? change(&*inherited, &next, std::move(more), std::move(given)) : change(type, next, std::move(more), std::move(given));
}

void RoleKeeper::refuseWrites(std::string text)
{
    MutexLock lock{m_mutex};
    m_writeRefusal = std::move(text);
    m_hasRefusal = !m_writeRefusal.empty();
}

void RoleKeeper::beginBootstrapping(Type type, std::string refusal)
{
    MutexLock lock{m_mutex};
    m_bootstrapping = type;
    m_activationFailures[type == Type::Dr].reset();
    m_writeRefusal = std::move(refusal);
    m_hasRefusal = true;
}

void RoleKeeper::endBootstrapping(std::optional<ActivationFailure> failure)
{
    MutexLock lock{m_mutex};
    if (failure && m_bootstrapping) m_activationFailures[*m_bootstrapping == Type::Dr] = std::move(failure);
    m_bootstrapping.reset();
}

std::optional<ActivationFailure> RoleKeeper::activationFailure(Type type) const
{
    MutexLock lock{m_mutex};
    return m_activationFailures[type == Type::Dr];
}

void RoleKeeper::setPerformanceSuccessor(std::string statement)
{
    MutexLock lock{m_mutex};
    m_performanceSuccessor = std::move(statement);
}

void RoleKeeper::eraseSlots(Type type, const Role& role)
{
    for (const auto& secondary : role.secondaries) {
        m_services.store.eraseSlot(std::string{toString(type)} + "/" + secondary.id);
    }
}

void RoleKeeper::reloadLater()
{
    m_services.background->post([this] { m_services.host.reload(); });
}

log::Operation RoleKeeper::positionOperation(Type type, const Position& position)
{
    return {log::OperationKind::Put, Position::key(type), position.encode(), {}, {}};
}

log::Operation RoleKeeper::noPosition(Type type)
{
    return {log::OperationKind::Delete, Position::key(type), {}, {}, {}};
}

Result<> RoleKeeper::whileEverythingStopped(const std::function<Result<>()>& work)
{
    MutexLock lock{operation};
    refuseWrites("the contents of this cluster are being replaced");
    stopAllLinks();
    auto done = work();
    if (done) return done;
    if (auto loaded = load(); !loaded) {
        logging::error("replication", "could not read the roles back", {{"error", core::toString(loaded.error())}});
    }
    applyStoredRoles();
    return done;
}

void RoleKeeper::whileLinksStopped(Type type, const std::function<void()>& work)
{
    MutexLock lock{operation};
    if (m_transport) {
        LinkPlan plan = this->plan(type); // other members can still be asked
        plan.mode = Mode::Disabled;
        m_transport->setPlan(std::move(plan));
    }
    work();
    applyStoredRoles();
}

} // namespace core::replication
