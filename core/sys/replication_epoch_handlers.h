#pragma once

#include "core/sys/replication_handlers.h"

namespace core::sys {

/// sys/replication/{performance,dr}/epoch: the signed statement of who leads the set since when, and a way to show one to this
/// cluster, which needs a token with sudo, or on a DR secondary one that may operate it.
/// sys/replication/{performance,dr}/primary/succession/:id: whether that secondary may take this primary's place unasked.
void addEpochRoutes(RouteTable& routes, ReplicationServices services);

} // namespace core::sys
