#pragma once

#include "core/barrier/scope.h"
#include "core/mount/backend.h"

#include <string_view>
#include <vector>

namespace core::mount {

/// How the uuid of a stand-in begins that answers while a house mount has no row (MountTable::reload).
inline constexpr std::string_view kBuiltInPrefix = "builtin-";

/// The three tables. Each mount is one stored entry, `core/<mounts|auth|audit>/<uuid>`, shared or local as the mount is, so that a
/// change of one is a change of one key, and a filter or a secondary sees whole mounts.
enum class TableKind { Secrets, Auth, Audit };

/// "core/mounts/", "core/auth/", "core/audit/".
std::string_view tableFolder(TableKind kind);

std::string encodeMount(const MountEntry& entry);
/// Errors: Corrupt.
Result<MountEntry> decodeMount(std::string_view text);

/// Shared and local entries, by path, tainted ones included. Errors: those of the view, Corrupt.
Result<std::vector<MountEntry>> loadMounts(const barrier::Scope& scope, TableKind kind);
/// Whether the mount is still there and not unmounted. Read, so that whoever unmounts it before the commit is a conflict. Errors:
/// those of the view, Corrupt.
Result<bool> isMounted(const barrier::Scope& scope, TableKind kind, const MountEntry& entry);
/// Errors: ReadOnly for a shared mount on a performance secondary.
Result<> storeMount(const barrier::Scope& scope, TableKind kind, const MountEntry& entry);
Result<> eraseMount(const barrier::Scope& scope, TableKind kind, const MountEntry& entry);

/// The folder of a mount's data: "logical/<uuid>/", "auth/<uuid>/", "audit/<uuid>/"; for sys and the token store "sys/" and
/// "sys/token/".
std::string dataFolder(TableKind kind, const MountEntry& entry);
/// Secrets or Auth, by the entry's path.
TableKind kindOf(const MountEntry& entry);

} // namespace core::mount
