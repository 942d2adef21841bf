#pragma once

#include "widgets/fleet/fleet_state.h"

#include <QHash>
#include <QList>
#include <QRectF>

namespace widgets {

inline constexpr QSizeF kCardSize{248, 118};

/// The frame around clusters of one place.
struct RegionFrame {
    QString name;
    QRectF rect;
};

/// The top left corner of each card, and the frames behind the cards.
struct TopologyLayout {
    QHash<QString, QPointF> positions;
    QList<RegionFrame> regions;
    QRectF bounds;
};

/// A layered layout. A primary is on the left, its performance secondaries on its right, DR secondaries below their cluster.
/// Replication sets are one below the other, clusters without links last. The layout depends only on names, roles, links
/// and the order of the connections, so that nothing jumps while numbers change.
TopologyLayout layoutTopology(const FleetState& fleet);

} // namespace widgets
