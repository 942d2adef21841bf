#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace core::snapshot {

/// A place for snapshots: files with flat names. Blocking; not thread-safe.
class Destination {
public:
    virtual ~Destination() = default;

    struct File {
        std::string name;
        std::uint64_t bytes = 0;
    };
    /// Files whose name starts with `prefix`, sorted by name. Empty if the place does not exist yet. Errors of all methods: Io, NoSpace,
    /// PermissionDenied, NotFound, Timeout, Unavailable, Cancelled. The detail says where and why.
    virtual Result<std::vector<File>> list(std::string_view prefix) = 0;
    /// Stores a complete file, which can be moved away. Afterwards it exists under its name as a whole, or not at all.
    virtual Result<> put(const std::filesystem::path& file, const std::string& name) = 0;
    /// Makes a stored file readable at `file`. It can be the same file, so do not change it. At most `bytesMax` are fetched. Errors: NotFound (also
    /// if it never existed), Corrupt (larger than `bytesMax`).
    virtual Result<> get(const std::string& name, const std::filesystem::path& file, std::uint64_t bytesMax) = 0;
    /// Succeeds also if there is no such file.
    virtual Result<> remove(const std::string& name) = 0;

    /// "file:///var/snapshots/name", "https://bucket.s3.eu-central-1.amazonaws.com/name"
    virtual std::string url(const std::string& name) const = 0;
    /// The best folder for making a file that will be stored here; empty: any.
    virtual std::filesystem::path workFolder() const { return {}; }
};

/// The error for a file that has grown since it was stored.
inline Error tooLarge(const std::string& url, std::uint64_t bytesMax)
{
    return Error{ErrorCode::Corrupt, "the file at " + url + " is larger than the " + std::to_string(bytesMax) + " bytes that were written"};
}

} // namespace core::snapshot
