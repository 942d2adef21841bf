#pragma once

#include "core/replication/roles/relay.h"
#include "core/sys/routes/routes.h"

namespace core::sys {

/// The folder of filters for a route: those of this primary's secondaries, or those of a relay's.
enum class FilterOwner { Primary, Relay };

/// Set, show, delete and list paths filters at sys/<folder>/paths-filter/:id.
void addPathsFilterRoutes(RouteTable& routes, const replication::RoleKeeper& roles, const replication::Relay& relay, const std::string& folder,
                          FilterOwner owner);

/// sys/replication/performance: paths-filter, the deprecated mount-filter, dynamic-filter (spec: replication-api.md §2.2).
void addReplicationFilterRoutes(RouteTable& routes, const replication::RoleKeeper& roles, const replication::Relay& relay);

} // namespace core::sys
