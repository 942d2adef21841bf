#pragma once

#include "core/sys/replication/handlers.h"

namespace core::sys {

/// sys/replication/reindex, merkle-check and scrub, with their forms for one type and for a DR secondary (spec:
/// replication-api.md §2, §6, §7).
void addForestRoutes(RouteTable& routes, ReplicationServices services);

} // namespace core::sys
