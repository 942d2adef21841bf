#pragma once

#include "core/base/result.h"

#include <filesystem>
#include <string_view>

namespace core {

/// Creates files that hold secrets. Every such file of this program is made here.
///
/// The file is new (O_EXCL), no symbolic link is followed for its last part (O_NOFOLLOW), and only its owner can read it from the first
/// moment on (0600, whatever the umask). Something with the same name that was left behind, or put there by somebody else, is removed first
/// and never written to; a folder of that name is an error.

/// An open descriptor, for writing; the caller closes it. Errors: Io, NoSpace, PermissionDenied.
Result<int> createPrivateFile(const std::filesystem::path& path);

/// Writes all of it. `isSynced`: it is on the disk afterwards. Errors: Io, NoSpace, PermissionDenied; then the file is removed.
Result<> writePrivateFile(const std::filesystem::path& path, std::string_view bytes, bool isSynced = false);

/// The same through `<path>.partial` and a rename, so that readers see the old contents or the new ones. Errors: Io, NoSpace, PermissionDenied.
Result<> replacePrivateFile(const std::filesystem::path& path, std::string_view bytes, bool isSynced = false);

/// Copies a file into a new private one, which is on the disk afterwards. Errors: Io, NoSpace, PermissionDenied; then `to` is removed.
Result<> copyToPrivateFile(const std::filesystem::path& from, const std::filesystem::path& to);

} // namespace core
