#pragma once

#include "core/sys/snapshot/snapshot_handlers.h"

namespace core::sys {

struct SnapshotInspectionServices {
    snapshot::Snapshots* snapshots = nullptr;
    log::Store* store = nullptr;
    const barrier::Barrier* barrier = nullptr;
    std::filesystem::path temporaryDirectory;
};

/// sys/storage/raft/snapshot/inspect, verify and diff: the contents of an uploaded snapshot, whether it can be restored, and how it differs
/// from the cluster or from another snapshot. Help: resources/help/snapshots.md.
void addSnapshotInspectionRoutes(RouteTable& routes, SnapshotInspectionServices services);

} // namespace core::sys
