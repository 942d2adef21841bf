#pragma once

#include "core/sys/replication/handlers.h"

#include <functional>
#include <string>
#include <vector>

namespace core::sys {

struct GuardedServices {
    ReplicationServices replication;
    /// The unguarded handler: NodeEndpoints::handle().
    std::function<mount::Response(const mount::Request&)> answer;
    /// True if a token with `sudo` is needed, because a revoked member can know the key shares.
    std::function<bool()> needsSudo;
};

/// The paths of NodeEndpoints that the configuration, or a revocation of a compromised member, has closed to calls without a token, when the node is
/// unsealed. Open paths never come here. Closed paths need a token with the right on the path. generate-operation-token, which a DR secondary
/// answers, needs a DR operation token: a batch token that was made on the primary, in X-Vault-Token or in `dr_operation_token`.
void addGuardedRoutes(RouteTable& routes, GuardedServices services);

} // namespace core::sys
