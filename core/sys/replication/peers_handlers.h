#pragma once

#include "core/sys/replication/handlers.h"

namespace core::sys {

/// The endpoints about other members of a set: the preview of a promotion, and salvage before it.
void addReplicationPeerRoutes(RouteTable& routes, ReplicationServices services);

} // namespace core::sys
