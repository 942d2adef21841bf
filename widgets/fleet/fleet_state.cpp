#include "widgets/fleet/fleet_state.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace widgets {
namespace {

constexpr double kLaggingSeconds = 5;
constexpr double kStalledSeconds = 10;
constexpr double kDivergedSeconds = 8;

bool knows(const ReplicationStatus& primary, const ReplicationStatus& secondary)
{
    if (!secondary.secondaryId.isEmpty() && primary.knownSecondaries.contains(secondary.secondaryId)) return true;
    return std::any_of(primary.secondaries.begin(), primary.secondaries.end(),
                       [&](const PeerStatus& peer) { return !peer.id.isEmpty() && peer.id == secondary.secondaryId; });
}

/// How certain it is that `secondary` follows `primary`; 0: it does not.
int likelihood(const FleetNode& primary, const ReplicationStatus& p, const ReplicationStatus& s)
{
    if (!p.isPrimary() || s.setId.isEmpty() || p.setId != s.setId) return 0;
    int score = 1;
    if (knows(p, s)) score += 4;
    for (const auto& peer : s.primaries) {
        if (QUrl{peer.apiAddress}.authority() == primary.connection.address.authority()) score += 2;
    }
    if (primary.status.contact == ClusterStatus::Contact::Reached) score += 1;
    return score;
}

/// Whether both are the same cluster, connected twice with different addresses or names.
bool isSameCluster(const FleetNode& a, const FleetNode& b)
{
    return !a.status.clusterId.isEmpty() && a.status.clusterId == b.status.clusterId;
}

const PeerStatus* peerOf(const ReplicationStatus& primary, const QString& id)
{
    const auto it = std::find_if(primary.secondaries.begin(), primary.secondaries.end(), [&](const PeerStatus& p) { return p.id == id; });
    return it == primary.secondaries.end() ? nullptr : &*it;
}

HealthState streamingState(const LagTracker& lag, bool areRootsEqual, double secondsRootsDiffer)
{
    if (areRootsEqual) return HealthState::InSync;
    if (lag.entriesBehind() == 0) return secondsRootsDiffer > kDivergedSeconds ? HealthState::Diverged : HealthState::InSync;
    if (lag.secondsWithoutProgress() > kStalledSeconds) return HealthState::Stalled;
    return lag.secondsBehind() > kLaggingSeconds ? HealthState::Lagging : HealthState::InSync;
}

} // namespace

QString FleetNode::name() const
{
    if (!connection.name.isEmpty()) return connection.name;
    return status.clusterName.isEmpty() ? connection.address.authority() : status.clusterName;
}

const FleetNode* FleetState::node(const QString& id) const
{
    const auto it = std::find_if(nodes.begin(), nodes.end(), [&](const FleetNode& n) { return n.id() == id; });
    return it == nodes.end() ? nullptr : &*it;
}

const FleetLink* FleetState::link(const QString& id) const
{
    const auto it = std::find_if(links.begin(), links.end(), [&](const FleetLink& l) { return l.id() == id; });
    return it == links.end() ? nullptr : &*it;
}

const FleetLink* FleetState::feeding(const QString& id) const
{
    const auto it = std::find_if(links.begin(), links.end(), [&](const FleetLink& l) { return l.toId == id; });
    return it == links.end() ? nullptr : &*it;
}

QList<LinkEnds> findLinks(const QList<FleetNode>& nodes)
{
    QList<LinkEnds> links;
    for (const auto type : {ReplicationType::Performance, ReplicationType::Dr}) {
        for (qsizetype s = 0; s < nodes.size(); ++s) {
            const auto& secondary = nodes[s].status.of(type);
            if (!secondary.isSecondary() && !secondary.isBootstrapping()) continue;
            qsizetype best = -1;
            int bestScore = 0;
            for (qsizetype p = 0; p < nodes.size(); ++p) {
                const int score = p == s ? 0 : likelihood(nodes[p], nodes[p].status.of(type), secondary);
                if (score > bestScore) {
                    best = p;
                    bestScore = score;
                }
            }
            if (best >= 0) links << LinkEnds{type, best, s};
        }
    }
    return links;
}

void markRivals(QList<FleetNode>& nodes)
{
    const auto isPrimary = [](const FleetNode& node, ReplicationType type) {
        const auto& role = node.status.of(type);
        return node.status.contact == ClusterStatus::Contact::Reached && role.isPrimary() && !role.isReplaced && !role.setId.isEmpty();
    };
    for (const auto type : {ReplicationType::Dr, ReplicationType::Performance}) {
        for (auto& node : nodes) {
            if (!isPrimary(node, type)) continue;
            QStringList rivals;
            for (const auto& other : nodes) {
                if (&other != &node && isPrimary(other, type) && other.status.of(type).setId == node.status.of(type).setId &&
                    !isSameCluster(other, node))
                    rivals << other.name();
            }
            if (rivals.isEmpty()) continue;
            node.rivals = rivals;
            node.rivalsType = type;
            node.state = HealthState::Diverged;
            node.stateWord = u"two primaries"_s;
        }
    }
}

void markConflicts(QList<FleetNode>& nodes)
{
    for (auto& node : nodes) {
        const bool isTold = node.status.contact == ClusterStatus::Contact::Reached && !node.status.mountConflicts.isEmpty();
        const bool isElseWell = node.state == HealthState::InSync || node.state == HealthState::Lagging || node.state == HealthState::CatchingUp;
        if (!isTold || !isElseWell) continue;
        node.hasConflict = true;
        node.state = HealthState::Broken;
        node.stateWord = u"mount conflict"_s;
    }
}

bool isRevoked(const FleetNode& primary, const FleetNode& secondary, ReplicationType type)
{
    const auto& p = primary.status.of(type);
    const auto& s = secondary.status.of(type);
    const bool isPrimaryKnown = primary.status.reachedAt.isValid() && p.isPrimary();
    return isPrimaryKnown && s.isSecondary() && !s.secondaryId.isEmpty() && s.connectionState != "ready"_L1 && s.connectionState != "connecting"_L1 &&
           !p.knownSecondaries.contains(s.secondaryId);
}

ClusterRole roleOf(const ClusterStatus& status)
{
    const auto isFollower = [](const ReplicationStatus& r) { return r.isSecondary() || r.isBootstrapping(); };
    if (isFollower(status.dr)) return ClusterRole::DrSecondary;
    if (isFollower(status.performance)) return ClusterRole::PerformanceSecondary;
    if (status.performance.isPrimary() || status.dr.isPrimary()) return ClusterRole::Primary;
    if (status.performance.mode.isEmpty() && status.dr.mode.isEmpty()) return ClusterRole::Unknown;
    return ClusterRole::Standalone;
}

HealthState linkState(const FleetNode& primary, const FleetNode& secondary, ReplicationType type, const LagTracker& lag, double secondsRootsDiffer)
{
    const auto& p = primary.status.of(type);
    const auto& s = secondary.status.of(type);
    if (secondary.status.contact != ClusterStatus::Contact::Reached) {
        const auto* peer = peerOf(p, s.secondaryId);
        const bool isPrimarySure = primary.status.contact == ClusterStatus::Contact::Reached && peer;
        if (isPrimarySure && peer->connection == "disconnected"_L1) return HealthState::Broken;
        return HealthState::Unknown;
    }
    if (secondary.status.isSealed) return HealthState::Broken;
    if (isRevoked(primary, secondary, type)) return HealthState::Revoked;
    if (primary.status.isSealed) return HealthState::Broken;
    if (s.isBootstrapping()) return HealthState::CatchingUp;
    const bool isPrimaryLost = primary.status.contact == ClusterStatus::Contact::Lost;
    if (s.connectionState == "transient_failure"_L1 || s.connectionState == "shutdown"_L1) return HealthState::Broken;
    if (s.connectionState == "connecting"_L1) return isPrimaryLost ? HealthState::Broken : HealthState::CatchingUp;
    if (s.state == "merkle-diff"_L1 || s.state == "merkle-sync"_L1) return HealthState::CatchingUp;
    if (s.state == "idle"_L1) return HealthState::Broken;
    if (s.isCorrupted) return HealthState::Diverged;
    if (isPrimaryLost) return HealthState::Unknown;
    return streamingState(lag, !s.merkleRoot.isEmpty() && p.merkleRoot == s.merkleRoot, secondsRootsDiffer);
}

HealthState ownState(const ClusterStatus& status, ClusterRole role)
{
    if (status.contact != ClusterStatus::Contact::Reached) return HealthState::Unknown;
    if (!status.isInitialized) return HealthState::Unknown;
    if (status.isSealed) return HealthState::Sealed;
    if (!status.auditFailure.isEmpty()) return HealthState::Broken;
    const auto& follower = role == ClusterRole::DrSecondary ? status.dr : status.performance;
    if (role == ClusterRole::DrSecondary || role == ClusterRole::PerformanceSecondary) {
        if (follower.isBootstrapping() || follower.state.startsWith("merkle"_L1)) return HealthState::CatchingUp;
        if (follower.connectionState == "transient_failure"_L1 || follower.connectionState == "shutdown"_L1) return HealthState::Broken;
        if (follower.state == "idle"_L1) return HealthState::Stalled;
        if (follower.isCorrupted) return HealthState::Diverged;
        return HealthState::InSync;
    }
    for (const auto* r : {&status.performance, &status.dr}) {
        if (r->isReplaced) return HealthState::Fenced;
    }
    for (const auto* r : {&status.performance, &status.dr}) {
        if (r->isPrimary() && r->state == "idle"_L1) return HealthState::Stalled;
    }
    return HealthState::InSync;
}

QString stateWordOf(const ClusterStatus& status, ClusterRole role)
{
    if (status.contact == ClusterStatus::Contact::Never) return u"connecting"_s;
    if (status.contact == ClusterStatus::Contact::Lost) return u"unreachable"_s;
    if (status.contact == ClusterStatus::Contact::NotVault) return u"not a Vault"_s;
    if (!status.isInitialized) return u"uninitialized"_s;
    if (status.isSealed) return u"sealed"_s;
    if (!status.auditFailure.isEmpty()) return u"blocked"_s;
    const auto& replication = role == ClusterRole::DrSecondary                           ? status.dr
                              : role == ClusterRole::PerformanceSecondary                ? status.performance
                              : status.performance.isPrimary() || !status.dr.isPrimary() ? status.performance
                                                                                         : status.dr;
    if (replication.isBootstrapping()) return u"bootstrapping"_s;
    if (status.performance.isReplaced || status.dr.isReplaced) return u"fenced"_s;
    if (replication.raw.contains("older_storage"_L1)) return u"older storage"_s;
    return replication.state.isEmpty() ? u"running"_s : replication.state;
}

} // namespace widgets
