#pragma once

#include "core/replication/roles/role_keeper.h"
#include "core/sys/routes/routes.h"

namespace core::sys {

/// sys/replication/performance/primary/forwarding/:id: the limit for requests that a performance secondary forwards.
void addForwardingRoutes(RouteTable& routes, const replication::RoleKeeper& roles);

} // namespace core::sys
