#pragma once

#include "core/base/result.h"

#include <filesystem>
#include <string>
#include <vector>

namespace core::server {

/// A configuration file's text. Errors: NotFound, Io (with the system's reason).
Result<std::string> readConfigFile(const std::filesystem::path& file);

/// The file itself, or the *.hcl and *.json of a folder in order of name; maybe none. Hidden files and those that editors leave behind
/// (.#a.hcl, #a.hcl#, a.hcl~) are not read; one that could be meant is named in `warnings`. Errors: Io, NotFound (no such file or folder).
Result<std::vector<std::filesystem::path>> configFilesOf(const std::filesystem::path& path, std::vector<std::string>& warnings);

} // namespace core::server
