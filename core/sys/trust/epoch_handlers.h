#pragma once

#include "core/sys/replication/handlers.h"

namespace core::sys {

/// sys/replication/{performance,dr}/epoch: GET reports to everybody the epoch and whether this cluster was replaced, and a token that may read
/// the path (on a DR secondary: one that may operate it) the signed statement of who leads the set since when. POST shows this cluster a
/// statement; it needs a token with sudo, or on a DR secondary one that may operate it.
/// sys/replication/{performance,dr}/primary/succession/:id: whether that secondary has the right to succeed this primary without a switchover.
void addEpochRoutes(RouteTable& routes, ReplicationServices services);

} // namespace core::sys
