#pragma once

#include "core/sys/replication/handlers.h"

namespace core::sys {

/// What members of a set tell about each other: the preview of a promotion, salvage before it.
void addReplicationPeerRoutes(RouteTable& routes, ReplicationServices services);

} // namespace core::sys
