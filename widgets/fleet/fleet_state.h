#pragma once

#include "widgets/client/cluster_status.h"
#include "widgets/fleet/connection.h"
#include "widgets/fleet/lag_tracker.h"

#include <QHash>
#include <QList>
#include <QString>

namespace widgets {

/// How something fares. Each has its own shape (look/state_shape.h); colour only repeats it.
enum class HealthState { InSync, Lagging, CatchingUp, Stalled, Broken, Diverged, Fenced, Sealed, Revoked, Unknown };

enum class ClusterRole { Unknown, Standalone, Primary, PerformanceSecondary, DrSecondary };

/// A cluster as it is drawn.
struct FleetNode {
    Connection connection;
    ClusterStatus status;
    ClusterRole role = ClusterRole::Unknown;
    HealthState state = HealthState::Unknown;
    QString stateWord;   // the API's, such as stream-wals
    bool hasLag = false; // secondaries whose primary is connected as well
    qint64 entriesBehind = 0;
    double secondsBehind = 0;
    double entriesPerSecond = 0;
    QList<double> series;     // seconds behind, or entries per second on a primary
    bool hasConflict = false; // local mounts stand where its primary has shared ones
    bool isRevoked = false;   // its primary answers and does not list it any more
    QStringList rivals;       // names of other primaries of the same set, while all of them answer
    ReplicationType rivalsType = ReplicationType::Performance;

    QString id() const { return connection.id; }
    /// As the operator calls it, else as it calls itself, else its address.
    QString name() const;
};

/// A link from a primary to a secondary, both connected here.
struct FleetLink {
    ReplicationType type = ReplicationType::Performance;
    QString fromId;
    QString toId;
    HealthState state = HealthState::Unknown;
    QString stateWord;
    QString connectionState;
    qint64 primaryIndex = 0;
    qint64 remoteIndex = 0;
    qint64 entriesBehind = 0;
    double secondsBehind = 0;
    double entriesPerSecond = 0;
    qint64 syncDone = 0;
    qint64 syncTotal = 0;
    bool areRootsEqual = false;
    bool isRevoked = false; // the primary does not list the secondary any more
    QDateTime revokedAt;    // when this console saw that; invalid: it was so already
    QList<double> series;

    QString id() const { return fromId + u'>' + toId + (type == ReplicationType::Dr ? u'd' : u'p'); }
    bool isFlowing() const
    {
        return entriesPerSecond > 0 && (state == HealthState::InSync || state == HealthState::Lagging || state == HealthState::CatchingUp);
    }
};

/// Everything the views show, at one moment.
struct FleetState {
    QList<FleetNode> nodes;
    QList<FleetLink> links;

    const FleetNode* node(const QString& id) const;
    const FleetLink* link(const QString& id) const;
    /// The link that feeds `id`, or null.
    const FleetLink* feeding(const QString& id) const;
};

/// The primary and the secondary of one link, found by set id, activation id and addresses.
struct LinkEnds {
    ReplicationType type;
    qsizetype primary;
    qsizetype secondary;
};
QList<LinkEnds> findLinks(const QList<FleetNode>& nodes);

/// Marks clusters that are primaries of one set at the same time: each takes writes that the other never gets.
void markRivals(QList<FleetNode>& nodes);
/// Marks secondaries with local mounts where their primary has shared ones, after their links: in step, and in an error state all the same.
void markConflicts(QList<FleetNode>& nodes);
/// The primary does not list the secondary: it was revoked, or never belonged to this primary.
bool isRevoked(const FleetNode& primary, const FleetNode& secondary, ReplicationType type);

ClusterRole roleOf(const ClusterStatus& status);
/// The state of a link from both ends' words and its tracker.
HealthState linkState(const FleetNode& primary, const FleetNode& secondary, ReplicationType type, const LagTracker& lag, double secondsRootsDiffer);
/// The state of a cluster by itself; the link that feeds it may make it worse.
HealthState ownState(const ClusterStatus& status, ClusterRole role);
QString stateWordOf(const ClusterStatus& status, ClusterRole role);

} // namespace widgets
