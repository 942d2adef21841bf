#pragma once

#include "core/snapshot/auto_snapshots.h"
#include "core/snapshot/restore_request.h"
#include "core/sys/routes/routes.h"

#include <filesystem>

namespace core::sys {

/// An error that the caller's file or request has caused is a 400.
mount::Response snapshotFailure(const Error& error);

struct SnapshotServices {
    snapshot::Snapshots* snapshots = nullptr;
    snapshot::AutoSnapshots* autoSnapshots = nullptr;
    std::function<snapshot::Snapshots::Identity()> identity;
    std::filesystem::path temporaryDirectory;
    /// Restores a snapshot. Soon after the answer, everything above the store is built again.
    std::function<Result<snapshot::RestoreOutcome>(const snapshot::RestoreRequest&)> restore;
};

/// sys/storage/raft/snapshot, snapshot-force and snapshot-auto (spec: system-api.md §13, §13.1).
void addSnapshotRoutes(RouteTable& routes, SnapshotServices services);

} // namespace core::sys
