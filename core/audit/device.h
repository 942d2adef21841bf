#pragma once

#include "core/base/result.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace core::audit {

/// Where audit entries go. Thread-safe; blocking.
class Device {
public:
    virtual ~Device() = default;
    /// One entry with its line end, whole or not at all as far as the medium allows. Errors: Io, NoSpace.
    virtual Result<> write(std::string_view line) = 0;
    /// Opens the medium anew. Errors: Io; write() then tries again.
    virtual Result<> reopen() = 0;
};

/// How entries of a device are written.
struct DeviceOptions {
    bool isRaw = false;           // log_raw: nothing is hashed
    bool isAccessorHashed = true; // hmac_accessor
    bool areListsElided = false;  // elide_list_responses
    std::string prefix;
};
/// Errors: InvalidArgument (with the API's text).
Result<DeviceOptions> deviceOptions(const std::map<std::string, std::string>& options);
/// What a new device must not have, though stored ones work with it: a file mode with executable bits, and a prefix with control
/// characters. Together they would make the log a program. Errors: InvalidArgument.
Result<> checkNewDevice(const std::map<std::string, std::string>& options);

/// A file of lines: option `file_path` is a path, `stdout` or `discard`; `mode` in octal, 0600 unless given, never executable. Missing
/// folders of the file are made, for their owner only.
/// Errors: InvalidArgument (with the API's text).
Result<std::unique_ptr<Device>> makeFileDevice(const std::map<std::string, std::string>& options);

} // namespace core::audit
