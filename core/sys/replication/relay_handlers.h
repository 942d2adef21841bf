#pragma once

#include "core/replication/manager/manager.h"
#include "core/sys/routes/routes.h"

namespace core::sys {

/// sys/replication/performance/secondary/relay: a performance secondary with secondaries of its own.
void addReplicationRelayRoutes(RouteTable& routes, replication::ReplicationManager& manager);

} // namespace core::sys
