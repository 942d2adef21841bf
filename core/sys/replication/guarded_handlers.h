#pragma once

#include "core/sys/replication/handlers.h"

#include <functional>
#include <string>
#include <vector>

namespace core::sys {

struct GuardedServices {
    ReplicationServices replication;
    /// As without a guard: NodeEndpoints::handle().
    std::function<mount::Response(const mount::Request&)> answer;
    /// Whether a token with `sudo` is asked for: a revoked member may know the key shares.
    std::function<bool()> needsSudo;
};

/// The paths of NodeEndpoints that the configuration, or a revocation of a compromised member, has closed to calls without a token,
/// once the node is unsealed; what is open never comes here. They ask for a token with the right on the path; generate-operation-token, which a DR secondary answers, for one that may operate it:
/// a batch token that was prepared on the primary, in X-Vault-Token or in `dr_operation_token`.
void addGuardedRoutes(RouteTable& routes, GuardedServices services);

} // namespace core::sys
