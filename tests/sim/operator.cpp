#include "tests/sim/simulation.h"

#include "core/crypto/x509.h"
#include "core/replication/scope/path_filters.h"

namespace sim {

using namespace core::replication;

namespace {

std::string nameOf(const char* what, Type type)
{
    return std::string{toString(type)} + " " + what;
}

constexpr const char* kPaths[] = {"a/", "b/", "team/c/", "team/d/", "auth/x/", "auth/token/"}; // the last one can have no filter

} // namespace

void Simulation::enable(int cluster, Type type)
{
    at(cluster).makePrimary(nameOf("enable", type), [type](ReplicationManager& manager) { return manager.operations().enablePrimary(type, {}); });
}

void Simulation::withToken(int primary, Type type, const std::string& id, std::function<void(const std::string&)> done, Side side)
{
    // Some performance secondaries get the right to succeed, some DR secondaries lose it.
    const bool isRightGiven = side == Side::Primary && m_world.chancePerMille(type == Type::Performance ? 600 : 150);
    at(primary).operate(
        nameOf("secondary-token", type),
        [type, id, side, isRightGiven](ReplicationManager& manager) {
            auto response = manager.seats().secondaryToken(type, id, std::chrono::minutes{30}, {}, {}, side);
            if (isRightGiven && !response.isError) manager.seats().setSuccession(type, id, type == Type::Performance);
            return response;
        },
        [this, primary, done = std::move(done)](const mount::Response& response) {
            if (response.isError || !response.data) return;
            const std::string token = "token-" + std::to_string(m_idNext++);
            m_shared.tokens[token] = {*response.data, primary, false};
            done(token);
        });
}

void Simulation::activate(int primary, int secondary, Type type)
{
    const std::string id = "c" + std::to_string(secondary) + "-" + std::to_string(m_idNext++);
    if (m_shared.hasFilters && type == Type::Performance && m_world.chancePerMille(400)) at(primary).setFilter(id, anyFilter());
    withToken(primary, type, id, [this, secondary, type](const std::string& token) {
        m_world.after(m_world.between(Duration{0}, milliseconds{300}), [this, secondary, type, token] {
            at(secondary).operate(nameOf("enable-secondary", type),
                                  [type, token](ReplicationManager& manager) { return manager.activation().enable(type, {.token = token}); });
            if (!m_world.chancePerMille(50)) return;
            at(pickCluster()).operate(nameOf("enable-secondary again", type), [type, token](ReplicationManager& manager) {
                return manager.activation().enable(type, {.token = token});
            });
        });
    });
}

void Simulation::demote(int cluster, Type type)
{
    at(cluster).operate(nameOf("demote", type), [type](ReplicationManager& manager) { return manager.operations().demotePrimary(type); });
}

void Simulation::promote(int cluster, Type type, bool isForced)
{
    at(cluster).makePrimary(nameOf(isForced ? "promote by force" : "promote", type),
                            [type, isForced](ReplicationManager& manager) { return manager.operations().promoteSecondary(type, {}, isForced); });
}

void Simulation::disable(int cluster, Type type)
{
    at(cluster).operate(nameOf("disable", type), [type](ReplicationManager& manager) {
        return manager.roles().mode(type) == Mode::Primary ? manager.operations().disablePrimary(type) : manager.operations().disableSecondary(type);
    });
}

void Simulation::revokeOne(int cluster, Type type)
{
    const LinkPlan& plan = at(cluster).plan(type);
    if (plan.mode != Mode::Primary || plan.secondaries.empty()) return;
    auto chosen = plan.secondaries.begin();
    std::advance(chosen, static_cast<std::ptrdiff_t>(m_world.pick(plan.secondaries.size())));
    const std::string fingerprint = chosen->first;
    const bool isCompromised = m_hasAdversary && m_world.chancePerMille(400); // then all others make new keys
    at(cluster).operate(
        nameOf(isCompromised ? "revoke-secondary as compromised" : "revoke-secondary", type),
        [type, id = chosen->second, isCompromised](ReplicationManager& manager) {
            return manager.seats().revokeSecondary(type, id, Side::Primary, isCompromised);
        },
        [this, cluster, type, setId = plan.local.setId, fingerprint](const mount::Response& response) {
            if (!response.isError)
                m_shared.revoked.insert(std::to_string(cluster) + "/" + std::string{toString(type)} + "/" + setId + "/" + fingerprint);
        });
}

void Simulation::updatePrimary(int secondary, int primary, Type type)
{
    if (primary < 0) {
        at(secondary).operate(nameOf("update-primary to none", type),
                              [type](ReplicationManager& manager) { return manager.activation().update(type, {}); });
        return;
    }
    if (m_world.chancePerMille(150)) {
        at(secondary).operate(nameOf("update-primary by address", type), [type, primary](ReplicationManager& manager) {
            return manager.activation().update(type, {.unwrap = {}, .addresses = {Network::addressOf(primary)}});
        });
        return;
    }
    const std::string id = "c" + std::to_string(secondary) + "-" + std::to_string(m_idNext++);
    withToken(primary, type, id, [this, secondary, type](const std::string& token) {
        at(secondary).operate(nameOf("update-primary", type), [type, token](ReplicationManager& manager) {
            return manager.activation().update(type, {.unwrap = {.token = token}, .addresses = {}});
        });
    });
}

/// The documented planned failover: demote here, promote there. If the secondary held everything that was answered when the demotion was
/// answered, nothing may be missing afterwards.
void Simulation::failOver(int primary, int secondary, Type type)
{
    at(primary).operate(
        nameOf("demote (failover)", type), [type](ReplicationManager& manager) { return manager.operations().demotePrimary(type); },
        [this, secondary, type](const mount::Response& response) {
            if (!response.isError) promote(secondary, type, false);
        });
}

void Simulation::switchOver(int primary, int secondary, Type type)
{
    const LinkPlan& plan = at(secondary).plan(type);
    if (plan.mode != Mode::Secondary || plan.secondaryId.empty()) return;
    // A promoted copy may use the same identity. The offer reaches the one that is linked at that moment.
    for (int one = 0; one < static_cast<int>(m_clusters.size()); ++one) {
        if (!at(one).isRunning()) continue;
        const LinkPlan& other = at(one).plan(type);
        const bool isSame = other.mode == Mode::Secondary && other.secondaryId == plan.secondaryId && other.local.setId == plan.local.setId;
        if (isSame) m_shared.offers[std::string{toString(type)} + "/" + std::to_string(one)] = primary;
    }
    at(primary).operate(nameOf("switchover", type), [type, id = plan.secondaryId](ReplicationManager& manager) {
        return manager.switchover().begin(type, {.secondaryId = id, .pauseMax = milliseconds{2000}});
    });
    if (!m_world.chancePerMille(200)) return;
    m_world.after(m_world.between(Duration{0}, seconds{4}), [this, primary, type, isForced = m_world.chancePerMille(300)] {
        at(primary).makePrimary(nameOf("abandon switchover", type), [this, primary, type, isForced](ReplicationManager& manager) {
            const Epoch before = manager.roles().role(type)->epoch;
            auto response = manager.switchover().abandon(type, isForced);
            // By force it continues without an answer. A secondary that accepted is a primary until it learns of that.
            const auto after = manager.roles().role(type);
            if (!response.isError && after->mode == Mode::Primary && after->epoch > before) m_shared.givenUp.insert(primary);
            return response;
        });
    });
}

void Simulation::attack(int victim, Type type)
{
    const auto step = m_world.chancePerMille(800) ? 1 + m_world.pick(16) : std::uint64_t{1} << m_world.pick(60);
    const int named = pickCluster();
    at(victim).operate(
        nameOf("shown a forged statement", type),
        [this, victim, type, step, named](ReplicationManager& manager) {
            return manager.epochs().show(type, at(victim).forgedStatement(type, step, named), "former member");
        },
        [this, victim](const mount::Response& response) {
            const auto* isNews = response.data ? response.data->if_contains("is_news") : nullptr;
            if (isNews && isNews->as_bool()) m_world.fail("cluster " + std::to_string(victim) + " believes a statement that nobody confirms");
        });
}

PathFilter Simulation::anyFilter()
{
    PathFilter filter{.isAllowing = m_world.chancePerMille(500), .paths = {kPaths[m_world.pick(5)]}, .unmounted = {}};
    if (m_world.chancePerMille(400)) filter.paths.emplace_back("team/"); // all mounts below it
    if (m_world.chancePerMille(300)) filter.paths.emplace_back(kPaths[m_world.pick(5)]);
    return filter;
}

void Simulation::changeRandomMounts()
{
    std::vector<Cluster*> primaries;
    for (const auto& cluster : m_clusters) {
        if (modeOf(cluster->number(), Type::Performance) == Mode::Primary) primaries.push_back(cluster.get());
    }
    if (primaries.empty()) return;
    Cluster& one = *primaries[m_world.pick(primaries.size())];
    std::vector<std::string> ids;
    for (const auto& [fingerprint, id] : one.plan(Type::Performance).secondaries) ids.push_back(id);
    std::vector<std::string> mounted;
    for (const auto& [uuid, entry] : one.mountRules().mounts()) mounted.push_back(entry.path);
    if (mounted.empty() || m_world.chancePerMille(250)) return one.mountAt(kPaths[m_world.pick(6)]);
    const std::string path = mounted[m_world.pick(mounted.size())];
    if (m_world.chancePerMille(150)) return one.unmount(path);
    if (m_world.chancePerMille(150)) return one.moveMount(path, kPaths[m_world.pick(5)]);
    if (ids.empty()) return;
    const std::string id = ids[m_world.pick(ids.size())];
    if (m_world.chancePerMille(200)) one.removeFilter(id);
    else one.setFilter(id, anyFilter());
}

void Simulation::runRandomOperation()
{
    const int one = pickCluster();
    const int other = pickCluster();
    if (!at(one).isRunning() || !at(other).isRunning()) return;
    const Type type = m_world.chancePerMille(500) ? Type::Performance : Type::Dr;
    const Mode mode = modeOf(one, type);
    const Mode otherMode = modeOf(other, type);
    switch (m_world.pick(20)) {
    case 0:
    case 1:
    case 2:
        if (one != other && mode == Mode::Primary && (otherMode == Mode::Disabled || m_world.chancePerMille(100))) activate(one, other, type);
        break;
    case 3:
        if (mode == Mode::Disabled || m_world.chancePerMille(50)) enable(one, type);
        break;
    case 4:
    case 5:
        if (mode == Mode::Primary && otherMode == Mode::Secondary) failOver(one, other, type);
        break;
    case 6:
        if (mode == Mode::Secondary) promote(one, type, m_world.chancePerMille(400));
        break;
    case 7:
        if (mode == Mode::Primary) demote(one, type);
        break;
    case 8:
    case 9:
        if (mode == Mode::Primary && otherMode == Mode::Secondary) updatePrimary(other, one, type);
        break;
    case 10:
        if (mode == Mode::Secondary && m_world.chancePerMille(200)) updatePrimary(one, -1, type);
        break;
    case 11:
        if (mode == Mode::Primary) revokeOne(one, type);
        break;
    case 12:
        if (mode != Mode::Disabled && m_world.chancePerMille(400)) disable(one, type);
        break;
    case 13: at(one).operate("recover", [](ReplicationManager& manager) { return manager.operations().recover(); }); break;
    case 14: at(one).saveSnapshot(); break;
    case 15:
    case 16:
    case 17:
        if (mode == Mode::Primary && otherMode == Mode::Secondary) switchOver(one, other, type);
        break;
    case 18:
        if (mode != Mode::Disabled) attack(one, type);
        break;
    default:
        if (m_world.chancePerMille(400)) at(one).restoreSnapshot();
        break;
    }
}

} // namespace sim
