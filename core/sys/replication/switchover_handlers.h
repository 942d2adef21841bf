#pragma once

#include "core/replication/manager/manager.h"
#include "core/sys/routes/routes.h"

namespace core::sys {

/// sys/replication/{performance,dr}/primary/switchover: hands the primary role over in a planned way (POST), shows the progress (GET),
/// cancels it (DELETE).
void addSwitchoverRoutes(RouteTable& routes, replication::ReplicationManager& manager);

} // namespace core::sys
