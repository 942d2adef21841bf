#include "tests/sim/simulation.h"

#include "core/base/encoding.h"
#include "core/replication/set/statement.h"
#include "core/replication/set/trust_roster.h"
#include "tests/sim/certificates.h"

#include <algorithm>

namespace sim {

using namespace core::replication;

namespace {

/// Whether the cluster that says `one` has the better claim to be the primary of the set than the one that says `other`.
bool isLater(const LocalInfo& one, const LocalInfo& other)
{
    if (one.isReplaced != other.isReplaced) return !one.isReplaced;
    const auto ones = EpochStatement::parse(one.statement);
    const auto others = EpochStatement::parse(other.statement);
    return ones && (!others || ones->isLaterThan(*others));
}

/// The latest statement of its set that a cluster knows, as an operator asks for it. A plan only has the one that its link began with.
std::string statementKnownTo(Cluster& cluster, Type type)
{
    const auto answer = cluster.manager().epochs().statement(type);
    const auto* encoded = answer.data ? answer.data->if_contains("statement") : nullptr;
    if (!encoded) return {};
    auto statement = fromBase64(std::string{encoded->as_string()});
    return statement ? std::move(*statement) : std::string{};
}

bool knows(Cluster& cluster, Type type, const std::string& address)
{
    const auto isIn = [&address](const std::vector<std::string>& all) { return std::ranges::find(all, address) != all.end(); };
    const LinkStatus report = cluster.report(type);
    return isIn(cluster.plan(type).addresses) || isIn(report.primary.clusterAddresses) || isIn(report.primary.failoverAddresses);
}

/// Whether the secondary's trust log lets it follow the other cluster once that one has shown its entries, as it does before its Welcome.
/// Members that a former primary named do not count then: its copies lose their right when another cluster takes over.
bool mayFollowByLog(Cluster& secondary, Cluster& followed, Type type)
{
    const auto own = secondary.manager().roles().trust(type);
    const auto theirs = followed.manager().roles().trust(type);
    if (!own || !theirs) return true; // below a relay there is no log
    trust::TrustLog shown = *own;
    shown.take(theirs->missingAt(own->head().hash));
    if (const auto refusal = refusalOfUnfollowed(*secondary.manager().roles().role(type), shown)) shown.choose(*refusal);
    return std::ranges::any_of(leaderKeys(shown), [&](const std::string& key) { return followed.ownsKey(key); });
}

} // namespace

/// Repairs everything: the network, the disks, the clocks. Clusters that are down start.
void Simulation::heal()
{
    m_world.note(-1, "heals");
    m_network.healAll();
    for (const auto& cluster : m_clusters) {
        cluster->setDiskFull(false);
        cluster->clock().setSkew(Duration{0});
        cluster->cutPowerAfter(0);
        if (!cluster->isRunning()) cluster->startLater(milliseconds{10});
        else if (cluster->isDiskBroken()) cluster->restart(milliseconds{10}); // otherwise the first operation on it would fail
    }
    m_world.runFor(seconds{8});
    for (const auto& cluster : m_clusters) { // a stop that waited for an operation happens only now
        if (!cluster->isRunning()) cluster->startLater(milliseconds{10});
    }
    m_isWritten = false;
    const bool isCalm = waitFor(
        [this] {
            for (const auto& cluster : m_clusters)
                if (!cluster->isRunning() || cluster->isBusy()) return false;
            return true;
        },
        seconds{60});
    if (!isCalm && !m_world.failure()) {
        std::string who;
        for (const auto& cluster : m_clusters) {
            if (!cluster->isRunning()) who += " c" + std::to_string(cluster->number()) + " is down";
            else if (cluster->isBusy()) who += " c" + std::to_string(cluster->number()) + " is busy";
        }
        m_world.fail("a minute after healing something is still under way:" + who);
    }
}

/// The cluster that a secondary follows, by certificates. Less than 0: that cluster is gone or has been replaced.
int Simulation::primaryOf(int secondary, Type type)
{
    const LinkPlan& plan = at(secondary).plan(type);
    if (plan.mode != Mode::Secondary || !plan.identity) return -1;
    const std::string fingerprint = fingerprintOf(plan.identity->certificate);
    for (const auto& cluster : m_clusters) {
        const LinkPlan& theirs = cluster->plan(type);
        const std::string& authority = theirs.mode == Mode::Primary ? theirs.authorityCertificate : theirs.ownAuthority;
        if (theirs.isServing() && theirs.secondaries.contains(fingerprint) && authority == plan.authorityCertificate) return cluster->number();
    }
    return -1;
}

/// Whether the chain of a secondary ends at a primary. A relay without its own primary sends nothing, and must not.
bool Simulation::hasRoot(int secondary, Type type)
{
    for (std::size_t steps = 0; steps < m_clusters.size() && secondary >= 0; ++steps) {
        secondary = primaryOf(secondary, type);
        if (secondary >= 0 && at(secondary).plan(type).mode == Mode::Primary) return true;
    }
    return false;
}

bool Simulation::leadsTo(int secondary, int leader, Type type)
{
    for (std::size_t steps = 0; steps < m_clusters.size() && secondary >= 0; ++steps) {
        secondary = primaryOf(secondary, type);
        if (secondary == leader) return true;
    }
    return false;
}

/// How a filtered secondary differs from what its primary and the filter say; empty: not at all.
static std::string mountsOtherwise(const ContentSum& own, const ContentSum& primary, const MountRules& rules, const std::string& id)
{
    std::string text;
    for (const auto& [uuid, sum] : *primary.mounts) {
        const bool isAllowed = rules.mounts().contains(uuid) && rules.mayCarryMount(id, uuid);
        if (own.mount(uuid) != (isAllowed ? sum : 0)) text += " " + uuid + (isAllowed ? "" : " (held back)");
    }
    for (const auto& [uuid, sum] : *own.mounts) {
        if (!primary.mounts->contains(uuid)) text += " " + uuid + " (gone)";
    }
    if (own.filters != 0) text += " filters";
    return own.rest() == primary.rest() ? text : text + " what is in no mount";
}

/// Whether a secondary and the cluster that it must follow know everything that a link between them needs: an address, and each other's
/// member keys. A secondary cannot know the key of a cluster that joined after the last list that reached it, or that has no right to
/// succeed. A former leader may have revoked the cluster before that one welcomed this secondary, and then this is contested. In these
/// cases an operator gives the secondary a new token.
bool Simulation::mayLink(int secondary, int followed, Type type)
{
    Cluster& one = at(secondary);
    if (!knows(one, type, Network::addressOf(followed))) return false;
    if (const auto log = one.manager().roles().trust(type); log && log->judge().isRevoked(at(followed).memberKey())) return false;
    const std::string known = one.manager().roles().role(type)->primaryKey;
    const auto members = one.port().members();
    const bool isLeaderKnown =
        known.empty() || at(followed).ownsKey(known) || std::ranges::any_of(members, [&](const Member& member) {
            if (!member.isPrimary && one.manager().roles().role(member.type)->find(member.id))
                return false; // a copy of this secondary itself, not of its primary
            return (member.type == type || type == Type::Performance) && member.maySucceed() && at(followed).ownsKey(member.memberKey);
        });
    const auto seat = at(followed).plan(type).seats.find(one.plan(type).secondaryId);
    if (!isLeaderKnown || !mayFollowByLog(one, at(followed), type) || seat == at(followed).plan(type).seats.end()) return false;
    return seat->second.memberKey.empty() || one.ownsKey(seat->second.memberKey) ||
           std::ranges::any_of(seat->second.standIns, [&](const std::string& key) { return one.ownsKey(key); });
}

/// A promoted cluster had not received the last rotation. Clusters that had it hold values that the new primary's keyring does not open.
/// The product reports this and asks for an activation.
void Simulation::activateThoseAhead()
{
    for (const auto& cluster : m_clusters) {
        for (const Type type : {Type::Performance, Type::Dr}) {
            const int number = cluster->number();
            const int primary = primaryOf(number, type);
            const bool isAhead =
                cluster->isRunning() && primary >= 0 && cluster->report(type).lastError.find("lacks terms that values") != std::string::npos;
            if (!isAhead) continue;
            m_world.note(number, "holds newer terms than its primary", static_cast<std::uint64_t>(primary));
            disable(number, type);
            m_world.runFor(seconds{1});
            activate(primary, number, type);
        }
    }
    m_world.runFor(seconds{2});
}

bool Simulation::isWhole(std::string* why)
{
    const auto say = [why](std::string text) {
        if (why) *why = std::move(text);
        return false;
    };
    for (const auto& cluster : m_clusters) {
        const int number = cluster->number();
        const std::string who = "c" + std::to_string(number);
        if (!cluster->isRunning() || cluster->isBusy()) return say(who + " is not ready");
        for (const Type type : {Type::Performance, Type::Dr}) {
            const int primary = primaryOf(number, type);
            if (primary < 0 || !hasRoot(number, type)) continue;
            const auto report = cluster->report(type);
            const std::string pair = who + " does not follow c" + std::to_string(primary) + " (" + std::string{toString(type)} + "): ";
            if (!report.isInSync || report.connection != ConnectionState::Ready) {
                return say(pair + "state " + std::string{toString(report.state)} + ", " + std::string{toString(report.connection)} + ", " +
                           report.lastError);
            }
            const ContentSum own = cluster->model().sum();
            const ContentSum theirs = at(primary).model().sum();
            const std::string id = cluster->plan(type).secondaryId;
            if (type == Type::Performance && at(primary).mountRules().isFiltered(id)) {
                const auto wrong = mountsOtherwise(own, theirs, at(primary).mountRules(), id);
                if (!wrong.empty()) return say(pair + "under its filter it should hold otherwise:" + wrong);
                continue;
            }
            if (at(primary).manager().reports().root(type) != cluster->manager().reports().root(type)) return say(pair + "roots differ");
            if (own.shared != theirs.shared || (type == Type::Dr && own.local != theirs.local)) return say(pair + "contents differ");
        }
    }
    return true;
}

/// An operator puts every set in order. Of the clusters that say they are its primary, the one with the latest epoch stays. All others of
/// the set become its secondaries. Then all must become equal.
void Simulation::settle()
{
    m_world.note(-1, "settles");
    const auto calm = [this] {
        return waitFor(
            [this] {
                for (const auto& cluster : m_clusters)
                    if (!cluster->isRunning() || cluster->isBusy()) return false;
                return true;
            },
            seconds{60});
    };
    for (const Type type : {Type::Dr, Type::Performance}) {
        std::map<std::string, int> leaders; // by set
        for (const auto& cluster : m_clusters) {
            const LinkPlan& plan = cluster->plan(type);
            if (plan.mode != Mode::Primary) continue;
            const auto [found, isNew] = leaders.try_emplace(plan.local.setId, cluster->number());
            const LinkPlan& best = at(found->second).plan(type);
            if (!isNew && isLater(plan.local, best.local)) found->second = cluster->number();
        }
        for (const auto& [set, leader] : leaders) {
            // If a cluster knows of a later primary that has gone, nobody can confirm its statement any more. Then the leader is promoted
            // until its epoch is later.
            LocalInfo latest = at(leader).plan(type).local;
            for (const auto& cluster : m_clusters) {
                LocalInfo known = cluster->plan(type).local;
                known.statement = statementKnownTo(*cluster, type);
                known.isReplaced = latest.isReplaced;
                if (known.setId == set && isLater(known, latest)) latest = known;
            }
            if (latest.statement == at(leader).plan(type).local.statement && !latest.isReplaced) continue;
            const auto own = at(leader).plan(type).local.epoch.value();
            for (auto epoch = own; epoch <= std::max(own, latest.epoch.value()); ++epoch) {
                demote(leader, type);
                promote(leader, type, true);
            }
        }
        for (const auto& cluster : m_clusters) {
            const LinkPlan& plan = cluster->plan(type);
            if (modeOf(cluster->number(), type) == Mode::Disabled) continue;
            const auto leader = leaders.find(plan.local.setId);
            if (leader != leaders.end() && leader->second != cluster->number() && plan.mode == Mode::Primary) {
                demote(cluster->number(), type);
            }
        }
        if (!calm()) return m_world.fail("demoting does not end");
        for (const auto& cluster : m_clusters) {
            const int number = cluster->number();
            if (modeOf(number, type) != Mode::Secondary) continue;
            const auto status = cluster->manager().reports().status(type);
            const auto leader = leaders.find(std::string{status.at("cluster_id").as_string()});
            if (leader == leaders.end()) continue;
            // A secondary that follows the leader, or knows enough to do so, is left alone. It must return by itself.
            if (leadsTo(number, leader->second, type) && mayLink(number, primaryOf(number, type), type)) continue;
            const std::string id = "healed-" + std::to_string(m_idNext++);
            const int primary = leader->second;
            withToken(primary, type, id, [this, number, type](const std::string& token) {
                at(number).operate(
                    std::string{toString(type)} + " update-primary (healing)",
                    [type, token](ReplicationManager& manager) {
                        return manager.activation().update(type, {.unwrap = {.token = token}, .addresses = {}});
                    },
                    [this, number](const mount::Response& response) {
                        if (response.isError) m_world.note(number, "healing refused:", 0, response.errors.empty() ? "" : response.errors.front());
                    });
            });
        }
        m_world.runFor(milliseconds{20});
        if (!calm()) return m_world.fail("pointing secondaries at their primary does not end");
    }
    if (!waitFor([this] { return isWhole(); }, seconds{30})) {
        activateThoseAhead();
        if (!calm()) return m_world.fail("activating again does not end");
    }
    std::string why;
    if (!waitFor([this] { return isWhole(); }, seconds{90})) {
        isWhole(&why);
        return m_world.fail("not whole a minute and a half after everything was healed: " + why);
    }
    checkAll();
}

} // namespace sim
