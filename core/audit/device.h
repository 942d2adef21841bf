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
    /// Writes one entry with its line end, as a whole or not at all, as far as the medium allows. Errors: Io, NoSpace.
    virtual Result<> write(std::string_view line) = 0;
    /// Opens the medium again. Errors: Io; write() then tries again.
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
/// Refuses options that a new device must not have, although stored devices can: a file mode with executable bits, and a prefix with control
/// characters. Together they would make the log an executable file. Errors: InvalidArgument.
Result<> checkNewDevice(const std::map<std::string, std::string>& options);

/// A file of lines: option `file_path` is a path, `stdout` or `discard`; `mode` in octal, 0600 unless given, never executable. Missing
/// folders of the file are made, for their owner only.
/// Errors: InvalidArgument (with the API's text).
Result<std::unique_ptr<Device>> makeFileDevice(const std::map<std::string, std::string>& options);

} // namespace core::audit
