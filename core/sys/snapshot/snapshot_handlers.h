#pragma once

#include "core/snapshot/auto_snapshots.h"
#include "core/snapshot/restore_request.h"
#include "core/sys/routes/routes.h"

#include <filesystem>
#include <utility>

namespace core::sys {

/// A file that is gone with the object, unless it is kept.
struct TemporaryFile {
    std::string path;
    TemporaryFile() = default;
    explicit TemporaryFile(std::string own) : path{std::move(own)} {}
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    ~TemporaryFile();
    std::string keep() { return std::exchange(path, {}); }
};

/// What the caller's file, or what the caller asked for, is to blame for is a 400.
mount::Response snapshotFailure(const Error& error);

struct SnapshotServices {
    snapshot::Snapshots* snapshots = nullptr;
    snapshot::AutoSnapshots* autoSnapshots = nullptr;
    std::function<snapshot::Snapshots::Identity()> identity;
    std::filesystem::path temporaryDirectory;
    /// Puts a snapshot in place; everything above the store is built anew, soon after the answer.
    std::function<Result<snapshot::RestoreOutcome>(const snapshot::RestoreRequest&)> restore;
};

/// sys/storage/raft/snapshot, snapshot-force and snapshot-auto (spec: system-api.md §13, §13.1).
void addSnapshotRoutes(RouteTable& routes, SnapshotServices services);

} // namespace core::sys
