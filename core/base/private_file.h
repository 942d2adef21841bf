#pragma once

#include "core/base/result.h"

#include <filesystem>
#include <string_view>

namespace core {

/// Creates files that hold secrets. All files of this kind are made here.
///
/// The file is new (O_EXCL). A symbolic link as its last part is not followed (O_NOFOLLOW). Only its owner can read it, from the first moment on
/// (0600, for any umask). An existing file of the same name is removed first and never written to, because somebody else could have put it there. A
/// folder of that name is an error.

/// An open descriptor for writing. The caller closes it. Errors: Io, NoSpace, PermissionDenied.
Result<int> createPrivateFile(const std::filesystem::path& path);

/// Writes all bytes. With `isSynced` they are on the disk afterwards. Errors: Io, NoSpace, PermissionDenied; then the file is removed.
Result<> writePrivateFile(const std::filesystem::path& path, std::string_view bytes, bool isSynced = false);

/// The same through `<path>.partial` and a rename, so that readers see the old contents or the new ones. Errors: Io, NoSpace, PermissionDenied.
Result<> replacePrivateFile(const std::filesystem::path& path, std::string_view bytes, bool isSynced = false);

/// Copies a file into a new private one, which is on the disk afterwards. Errors: Io, NoSpace, PermissionDenied; then `to` is removed.
Result<> copyToPrivateFile(const std::filesystem::path& from, const std::filesystem::path& to);

} // namespace core
