#pragma once

#include "core/replication/manager/manager.h"
#include "core/sys/routes/routes.h"

namespace core::sys {

/// sys/replication/performance/primary/forwarding/:id: the limit for requests that a performance secondary forwards.
void addForwardingRoutes(RouteTable& routes, replication::ReplicationManager& manager);

} // namespace core::sys
