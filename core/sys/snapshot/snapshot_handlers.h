#pragma once

#include "core/snapshot/auto_snapshots.h"
#include "core/snapshot/restore_request.h"
#include "core/sys/routes/routes.h"

#include <filesystem>
#include <utility>

namespace core::sys {

/// A file that is removed with the object, unless it is kept.
struct TemporaryFile {
    std::string path;
    TemporaryFile() = default;
    explicit TemporaryFile(std::string own) : path{std::move(own)} {}
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    ~TemporaryFile();
    std::string keep() { return std::exchange(path, {}); }
};

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
