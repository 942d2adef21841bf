#pragma once

#include "core/base/result.h"

#include <string>

namespace core::http {

/// A socket in the file system. Empty settings are left to the system.
struct UnixSocket {
    std::string path;
    std::string mode; // octal: "0660"
    std::string user; // name or number
    std::string group;
};

/// A bound socket in the file system with the mode and owner of the settings. The caller listens on it and closes it. A socket
/// that a dead process has left behind is replaced; one that is in use is not. Errors: InvalidArgument (mode, user, group, path), Io.
Result<int> bindUnixSocket(const UnixSocket& settings);
void removeUnixSocket(const std::string& path);

} // namespace core::http
