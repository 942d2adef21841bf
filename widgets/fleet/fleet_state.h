#pragma once

#include "widgets/client/cluster_status.h"
#include "widgets/fleet/connection.h"
#include "widgets/fleet/lag_tracker.h"

#include <QHash>
#include <QList>
#include <QString>

namespace widgets {

/// The state of a cluster or a link. Each has its own shape (look/state_shape.h); colour only repeats it.
enum class HealthState { InSync, Lagging, CatchingUp, Stalled, Broken, Diverged, Fenced, Sealed, Revoked, Unknown };

enum class ClusterRole { Unknown, Standalone, Primary, PerformanceSecondary, DrSecondary };

/// A cluster as it is drawn.
struct FleetNode {
    Connection connection;
    ClusterStatus status;
    ClusterRole role = ClusterRole::Unknown;
    HealthState state = HealthState::Unknown;
    QString stateWord;   // the API's, such as stream-wals
    bool hasLag = false; // a secondary whose primary is also connected here
    qint64 entriesBehind = 0;
    double secondsBehind = 0;
    double entriesPerSecond = 0;
    QList<double> series;     // seconds behind, or entries per second on a primary
    bool hasConflict = false; // a local mount has the path of a shared mount of its primary
    bool isRevoked = false;   // its primary answers and no longer lists it
    QStringList rivals;       // names of other primaries of the same set, while all of them answer
    ReplicationType rivalsType = ReplicationType::Performance;

    QString id() const { return connection.id; }
    /// The operator's name for it, else its own name, else its address.
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
    bool isRevoked = false; // the primary no longer lists the secondary
    QDateTime revokedAt;    // when this console saw that; invalid: before the console started
    QList<double> series;

    QString id() const { return fromId + u'>' + toId + (type == ReplicationType::Dr ? u'd' : u'p'); }
    bool isFlowing() const
    {
        return entriesPerSecond > 0 && (state == HealthState::InSync || state == HealthState::Lagging || state == HealthState::CatchingUp);
    }
};

/// Everything that the views show, at one moment.
struct FleetState {
    QList<FleetNode> nodes;
    QList<FleetLink> links;

    const FleetNode* node(const QString& id) const;
    const FleetLink* link(const QString& id) const;
    /// The link over which `id` follows its primary, or null.
    const FleetLink* feeding(const QString& id) const;
};

/// Finds the primary and the secondary of each link by set id, activation id and addresses.
struct LinkEnds {
    ReplicationType type;
    qsizetype primary;
    qsizetype secondary;
};
QList<LinkEnds> findLinks(const QList<FleetNode>& nodes);

/// Marks clusters that are primaries of one set at the same time. Each accepts writes that the other never gets.
void markRivals(QList<FleetNode>& nodes);
/// Marks secondaries with a local mount at the path of a shared one. Runs after the links were judged, because such a secondary is in step and still
/// in an error state.
void markConflicts(QList<FleetNode>& nodes);
/// Whether the primary does not list the secondary, because it was revoked or never belonged to this primary.
bool isRevoked(const FleetNode& primary, const FleetNode& secondary, ReplicationType type);

ClusterRole roleOf(const ClusterStatus& status);
/// The state of a link, from the reports of both ends and its tracker.
HealthState linkState(const FleetNode& primary, const FleetNode& secondary, ReplicationType type, const LagTracker& lag, double secondsRootsDiffer);
/// The state of a cluster without its link; the link can make it worse.
HealthState ownState(const ClusterStatus& status, ClusterRole role);
QString stateWordOf(const ClusterStatus& status, ClusterRole role);

} // namespace widgets
