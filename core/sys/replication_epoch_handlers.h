#pragma once

#include "core/replication/manager.h"
#include "core/sys/route_table.h"

namespace core::sys {

/// sys/replication/{performance,dr}/epoch: the signed statement of who leads the set since when, and a way to show one to this
/// cluster. It proves itself, so neither call asks for a token.
void addEpochRoutes(RouteTable& routes, replication::ReplicationManager& manager);

} // namespace core::sys
