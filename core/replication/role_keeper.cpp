#include "core/replication/role_keeper.h"

#include <algorithm>
#include <set>

namespace core::replication {

namespace {

/// A primary's secondaries come by themselves, but until then it knows them from the list of the primary whose place it has
/// taken, stored as told by that of type `toldAs`. The other members of that list, the former primary among them, stay known too:
/// they are asked who leads, and may ask. Who is revoked is forgotten.
Result<> keepMembers(const barrier::Scope& scope, log::Transaction& transaction, Type type, const Role& before, const Role& role, Type toldAs)
{
    const Members told = loadMembers(scope, toldAs).value_or(Members{});
    Members kept = told;
    std::set<std::string> revoked; // certificates
    for (const Member& member : told) {
        const bool isRevoked = member.type == type && !member.isPrimary && before.find(member.id) && !role.find(member.id);
        if (isRevoked && !member.fingerprint.empty()) revoked.insert(member.fingerprint);
    }
    std::erase_if(kept, [&](const Member& member) { return member.fingerprint.empty() || revoked.contains(member.fingerprint); });
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
    // As stored with what has been applied: during a reconciliation it names no place, and is behind every one.
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
    log::Transaction transaction = m_services.store.begin();
    const barrier::Scope scope{transaction, m_services.barrier, kRoleAccess};
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

Result<> RoleKeeper::start()
{
    if (auto loaded = load(); !loaded) return loaded;
    {
        MutexLock lock{m_mutex};
        m_isRunning = true;
    }
    takeUp();
    return {};
}

bool RoleKeeper::stop()
{
    MutexLock lock{m_mutex};
    return std::exchange(m_isRunning, false);
}

void RoleKeeper::takeUp(std::optional<Type> kept)
{
    const auto performance = role(Type::Performance);
    const auto dr = role(Type::Dr);
    m_services.store.setEpoch(std::max({performance->epoch, dr->epoch, Epoch{1}}));
    m_planner.takeUpPeerIdentity(performance->mode != Mode::Disabled || dr->mode != Mode::Disabled);
    for (const Type type : {Type::Performance, Type::Dr}) applyPlan(type, kept == type);
}

LinkPlan RoleKeeper::plan(Type type) const
{
    const auto role = this->role(type);
    if (isPlayed(type)) {
        LinkPlan plan = m_planner.plan(type, *role, verifier());
        if (type == Type::Performance && role->mode == Mode::Secondary && this->role(Type::Dr)->mode == Mode::Primary) {
            for (const auto& copy : this->role(Type::Dr)->secondaries) {
                if (!copy.memberKey.empty() && plan.local.standIns.size() < 8) plan.local.standIns.push_back(copy.memberKey);
            }
        }
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
        if (!m_transport) break; // a rehearsal reaches nobody
        LinkPlan nothing;
        nothing.type = type;
        m_transport->setPlan(std::move(nothing));
    }
}

Result<> RoleKeeper::change(const Role* performance, const Role* dr, std::vector<log::Operation> more)
{
    // Nothing of a former primary is applied after the change.
    if (performance) stopLinks(Type::Performance);
    if (dr) stopLinks(Type::Dr);
    std::optional<Type> kept;
    if (!performance || !dr) kept = performance ? Type::Dr : Type::Performance;
    const bool wasPlayed = kept && isPlayed(*kept);
    const bool isOtherMode = (performance && performance->mode != role(Type::Performance)->mode)
                             || (dr && dr->mode != role(Type::Dr)->mode);
    auto stored = store(performance, dr, std::move(more), isOtherMode);
    auto loaded = load();
    if (kept && isPlayed(*kept) != wasPlayed) kept.reset();
    takeUp(kept); // also where nothing was stored: what was stopped goes on
    if (!stored) return stored;
    return loaded;
}

Result<> RoleKeeper::change(Type type, const Role& role, std::vector<log::Operation> more)
{
    return change(type == Type::Performance ? &role : nullptr, type == Type::Dr ? &role : nullptr, std::move(more));
}

Result<> RoleKeeper::changeRelay(const Role& role, std::vector<log::Operation> more)
{
    if (auto stored = store(&role, nullptr, std::move(more), false); !stored) return stored;
    if (auto loaded = load(); !loaded) return loaded;
    applyPlan(Type::Performance, true);
    return {};
}

Result<> RoleKeeper::store(Type type, const Role& role, bool isOtherMode)
{
    return store(type == Type::Performance ? &role : nullptr, type == Type::Dr ? &role : nullptr, {}, isOtherMode);
}

Result<> RoleKeeper::store(const Role* performance, const Role* dr, std::vector<log::Operation> more, bool isOtherMode)
{
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
            // A DR primary's list has the performance secondaries as well.
            const bool takesOver = dr && dr->mode == Mode::Primary && role(Type::Dr)->mode == Mode::Secondary;
            if (auto kept = keepMembers(scope, transaction, type, *current, *next, takesOver ? Type::Dr : type); !kept) return kept;
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
    MutexLock lock{m_mutex};
    if (performance) m_activationFailures[0].reset();
    if (dr) m_activationFailures[1].reset();
    return {};
}

Result<> RoleKeeper::storeKnownMembers(Type type, const Members& heard)
{
    log::Transaction transaction = m_services.store.begin();
    const barrier::Scope scope{transaction, m_services.barrier, kRoleAccess};
    const auto current = role(type);
    const Members known = loadMembers(scope, type).value_or(Members{});
    Members next = known;
    for (const Member& member : heard) {
        // Said by one that was revoked meanwhile, or not heard of yet.
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

Result<> RoleKeeper::promote(Type type, Role next, Epoch predecessor)
{
    const auto current = role(type);
    setPerformanceSuccessor({});
    next.lastStart = m_services.clock.now();
    next.lastReindexUnixSeconds = current->lastReindexUnixSeconds;
    if (auto is = signEpoch(type, next, predecessor); !is) return is;

    // The performance role that a DR secondary has inherited comes to life. As a primary it begins an epoch as well, so that
    // the cluster it replaces can tell; its secondaries keep their certificates, since the authority came along.
    std::optional<Role> inherited;
    if (type == Type::Dr) {
        stopLinks(type);
        if (auto loaded = load(); !loaded) return loaded;
        inherited = role(Type::Performance)->clone();
        if (inherited->mode == Mode::Primary) {
            const Epoch ended = epochKnown(*inherited);
            inherited->epoch = ended.next();
            inherited->successor.clear();
            inherited->handover.reset();
            inherited->primaryClusterAddress = next.primaryClusterAddress;
            if (auto is = signEpoch(Type::Performance, *inherited, ended); !is) return is;
        }
    }
    std::vector<log::Operation> more{noPosition(type)};
    if (type == Type::Dr) more.push_back(noPosition(Type::Performance)); // its place there was another cluster's
    return inherited ? change(&*inherited, &next, std::move(more)) : change(type, next, std::move(more));
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

} // namespace core::replication
