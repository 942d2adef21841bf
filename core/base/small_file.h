#pragma once

#include "core/base/result.h"

#include <filesystem>
#include <string>

namespace core {

inline constexpr std::size_t kPemFileBytesMax = 1u << 20; // of a certificate with its chain, of a key, of authorities

/// Reads a file that an operator has named, such as a certificate. It can be a pipe or a device, so reading ends after `bytesMax` bytes,
/// even if the file system reports another size. The bytes are in one buffer and never copied, so the caller can wipe them. Errors: NotFound, InvalidArgument (it has more than
/// `bytesMax` bytes), Io; with the path.
Result<std::string> readSmallFile(const std::filesystem::path& path, std::size_t bytesMax);

} // namespace core
