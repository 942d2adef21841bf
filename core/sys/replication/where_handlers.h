#pragma once

#include "core/mount/mount_table.h"
#include "core/sys/replication/handlers.h"

namespace core::sys {

/// sys/replication/where: the storage class of a path, a mount or a token, and the clusters that have it.
void addReplicationWhereRoutes(RouteTable& routes, ReplicationServices services, mount::MountTable& mounts);

} // namespace core::sys
