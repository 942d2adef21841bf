#pragma once

#include "core/base/result.h"

#include <string>

namespace core::http {

/// A socket in the file system; each setting that is empty is left as the system makes it.
struct UnixSocket {
    std::string path;
    std::string mode; // octal: "0660"
    std::string user; // name or number
    std::string group;
};

/// A bound socket in the file system with the mode and owner that the settings ask for; the caller listens on it and closes it. A socket
/// that a process left behind is replaced, one that is served is not. Errors: InvalidArgument (mode, user, group, path), Io.
Result<int> bindUnixSocket(const UnixSocket& settings);
void removeUnixSocket(const std::string& path);

} // namespace core::http
