#pragma once

#include "core/barrier/scope.h"
#include "core/mount/backend.h"

#include <string>
#include <string_view>
#include <vector>

namespace core::mount {

/// The beginning of the uuid of a provisional entry, which answers while a built-in mount has no row (MountTable::reload).
inline constexpr std::string_view kBuiltInPrefix = "builtin-";

/// The three tables. Each mount is one stored entry, `core/<mounts|auth|audit>/<uuid>`, shared or local like the mount. So a change of a mount
/// changes one key, and a filter or a secondary sees whole mounts.
enum class TableKind { Secrets, Auth, Audit };

/// "core/mounts/", "core/auth/", "core/audit/".
std::string_view tableFolder(TableKind kind);

std::string encodeMount(const MountEntry& entry);
/// Errors: Corrupt.
Result<MountEntry> decodeMount(std::string_view text);

/// A shared mount that overlaps a local one of the same table. One cluster never makes both. But the primary can make a shared mount where a
/// secondary has a local one. At that path of this cluster, the local one is then listed, served, tuned and disabled. The shared one is stored and
/// replicated, and appears when the local one is gone.
struct MountConflict {
    TableKind kind = TableKind::Secrets;
    std::string sharedPath;
    std::string localPath;
    bool operator==(const MountConflict&) const = default;
};
/// Looks only at mounts that are not tainted.
std::vector<MountConflict> conflictsIn(TableKind kind, const std::vector<MountEntry>& entries);
/// `secrets engine "kv/"`, with the local mount's path.
std::string conflictText(const MountConflict& conflict);
/// Removes the shared mounts at exactly the path of a local one.
void hideShadowed(std::vector<MountEntry>& entries);

/// Shared and local entries, by path, tainted ones included. Errors: those of the view, Corrupt.
Result<std::vector<MountEntry>> loadMounts(const barrier::Scope& scope, TableKind kind);
/// True if the mount still exists and is not unmounted. The row is read in the transaction, so an unmount before the commit conflicts. Errors: those
/// of the view, Corrupt.
Result<bool> isMounted(const barrier::Scope& scope, TableKind kind, const MountEntry& entry);
/// Errors: ReadOnly for a shared mount on a performance secondary.
Result<> storeMount(const barrier::Scope& scope, TableKind kind, const MountEntry& entry);
Result<> eraseMount(const barrier::Scope& scope, TableKind kind, const MountEntry& entry);

/// The folder of a mount's data: "logical/<uuid>/", "auth/<uuid>/", "audit/<uuid>/"; for sys, the token store and identity "sys/",
/// "sys/token/" and "sys/identity/".
std::string dataFolder(TableKind kind, const MountEntry& entry);
/// Secrets or Auth, by the entry's path.
TableKind kindOf(const MountEntry& entry);

} // namespace core::mount
