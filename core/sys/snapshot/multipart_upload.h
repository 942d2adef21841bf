#pragma once

#include "core/base/result.h"
#include "core/base/secret_bytes.h"
#include "core/base/temporary_file.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace core::sys {

/// True if a body is a form with several parts (RFC 7578).
bool isMultipart(std::string_view contentType);

/// Splits a form that was stored in `file`. Fields "key" hold key shares; the only other part is the snapshot.
///
/// The snapshot goes to a new file in `folder`, which is the result. The fields' bytes in `file` are overwritten with zeros, because they are secret. Limits: 300 parts, 4 KB of headers and 512 bytes of a field each.
/// Errors: InvalidArgument (no such form, or a bad share), Io, NoSpace, PermissionDenied.
Result<TemporaryFile> splitMultipart(const std::filesystem::path& file, std::string_view contentType, const std::filesystem::path& folder,
                                     std::vector<SecretBytes>& shares);

/// Adds a key share that a person typed. Errors: InvalidArgument (not a share, or too many).
Result<> addShare(std::string_view text, std::vector<SecretBytes>& shares);

} // namespace core::sys
