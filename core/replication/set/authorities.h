#pragma once

#include "core/base/result.h"

#include <string>

namespace core::replication {

/// Reads the certificates of `file` and of every file in `folder` into one PEM text; empty if both are empty. It skips files of the folder
/// that hold no certificate. Call it before dialling, so that an error names the file and not the connection. At
/// most 4 MB a file and 1,000 files. Blocking. Errors: InvalidArgument (cannot be read, or holds no certificate); the detail names ca_file
/// or ca_path and the path.
Result<std::string> readAuthorities(const std::string& file, const std::string& folder);

} // namespace core::replication
