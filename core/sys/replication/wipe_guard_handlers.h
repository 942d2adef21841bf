#pragma once

#include "core/snapshot/safety_snapshots.h"
#include "core/snapshot/content_survey.h"
#include "core/sys/replication/handlers.h"

namespace core::sys {

struct WipeGuardServices {
    ReplicationServices replication;
    std::function<Result<snapshot::ContentSurvey>()> inventory;
    snapshot::SafetySnapshots* safetySnapshots = nullptr;
    /// Restores one and leaves every replication set. Soon afterwards the node builds its modules again.
    std::function<Result<>(const std::string& name)> restore;
};

/// sys/replication/inventory and sys/replication/safety-snapshot: what an activation would wipe, and the snapshots that were kept.
/// Help: resources/help/replication/wipe-guard.md.
void addWipeGuardRoutes(RouteTable& routes, WipeGuardServices services);

} // namespace core::sys
