#pragma once

#include "widgets/fleet/fleet_state.h"
#include "widgets/topology/topology_layout.h"

#include <QHash>
#include <QPainterPath>

namespace widgets {

/// The path of every link between the cards of a layout, by link id.
QHash<QString, QPainterPath> routeLinks(const FleetState& fleet, const TopologyLayout& layout);

} // namespace widgets
