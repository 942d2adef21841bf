#pragma once

#include "core/replication/manager/manager.h"
#include "core/sys/routes/routes.h"

namespace core::sys {

/// sys/replication/performance/primary/forwarding/:id: what a performance secondary may have done here at most.
void addForwardingRoutes(RouteTable& routes, replication::ReplicationManager& manager);

} // namespace core::sys
