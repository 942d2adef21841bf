#pragma once

#include "widgets/fleet/fleet_state.h"

#include <QHash>
#include <QList>
#include <QRectF>

namespace widgets {

inline constexpr QSizeF kCardSize{248, 118};

/// The frame around clusters that stand in one place.
struct RegionFrame {
    QString name;
    QRectF rect;
};

/// Where each card stands (its top left corner) and which frames lie behind.
struct TopologyLayout {
    QHash<QString, QPointF> positions;
    QList<RegionFrame> regions;
    QRectF bounds;
};

/// Layered: a primary left, its performance secondaries right of it, a cluster's DR secondaries below it. Replication sets
/// one below the other, clusters without links last. Depends only on names, roles and links and on the order in which the
/// connections were made, so that nothing jumps while numbers change.
TopologyLayout layoutTopology(const FleetState& fleet);

} // namespace widgets
