#pragma once

#include "core/sys/replication/handlers.h"
#include "core/sys/trust/share_quorum.h"

namespace core::sys {

/// sys/replication/{performance,dr}/trust: the set's trust log as this cluster keeps it. Every cluster answers: with a token that can read or update
/// the path, and on a DR secondary with a DR operation token.
/// …/trust/choose: an operator ends a contest for this cluster, with a root token, or on a DR secondary with a DR operation token.
/// …/trust/choose/{attempt,update}: the same by a token with sudo and a quorum of the present key shares.
void addTrustRoutes(RouteTable& routes, ReplicationServices services, const ShareQuorum::Services& quorum);

} // namespace core::sys
