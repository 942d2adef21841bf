#pragma once

#include "core/mount/mount_table.h"
#include "core/sys/replication/handlers.h"

namespace core::sys {

/// sys/replication/where: what class a path, a mount or a token is of, and which clusters hold it.
void addReplicationWhereRoutes(RouteTable& routes, ReplicationServices services, mount::MountTable& mounts);

} // namespace core::sys
