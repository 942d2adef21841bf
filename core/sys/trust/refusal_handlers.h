#pragma once

#include "core/replication/manager/role_operations.h"
#include "core/sys/routes/routes.h"
#include "core/sys/trust/share_quorum.h"

namespace core::sys {

/// sys/replication/{performance,dr}/primary/refuse-successor/{attempt,update}: a primary that a false successor has stopped continues.
/// …/primary/resume/{attempt,update}: a primary whose storage is older than what its members hold continues with it.
/// Needs a token with sudo and a quorum of the present key shares, because it decides who leads.
void addRefusalRoutes(RouteTable& routes, replication::RoleOperations& operations, const ShareQuorum::Services& services);

} // namespace core::sys
