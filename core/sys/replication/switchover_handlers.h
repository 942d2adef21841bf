#pragma once

#include "core/replication/succession/switchover.h"
#include "core/sys/routes/routes.h"

namespace core::sys {

/// sys/replication/{performance,dr}/primary/switchover: hands the primary role over in a planned way (POST), shows the progress (GET),
/// cancels it (DELETE).
void addSwitchoverRoutes(RouteTable& routes, replication::Switchover& switchover);

} // namespace core::sys
