#pragma once

#include "core/base/result.h"

#include <filesystem>
#include <string>
#include <vector>

namespace core::server {

/// A configuration file's text. Errors: NotFound, Io (with the system's reason).
Result<std::string> readConfigFile(const std::filesystem::path& file);

/// The file itself, or the *.hcl and *.json of a folder in the order of names. The list can be empty. Hidden files and leftovers of editors
/// (.#a.hcl, #a.hcl#, a.hcl~) are not read. If one looks intended, `warnings` names it. Errors: Io, NotFound (no such file or folder).
Result<std::vector<std::filesystem::path>> configFilesOf(const std::filesystem::path& path, std::vector<std::string>& warnings);

} // namespace core::server
