#pragma once

#include "core/base/result.h"

#include <string>

namespace core::replication {

/// The certificates of `file` and of every file in `folder`, one PEM text; empty where both are. Files of the folder that hold no
/// certificate are passed over; their names do not matter. Read before anything is dialled, so that an error names the file
/// and not the connection. At most 4 MB a file and 1,000 files. Blocking.
/// Errors: InvalidArgument (cannot be read, or holds no certificate), the detail names ca_file or ca_path and the path.
Result<std::string> readAuthorities(const std::string& file, const std::string& folder);

} // namespace core::replication
