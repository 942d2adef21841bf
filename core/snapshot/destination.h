#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace core::snapshot {

/// Where snapshots are kept: files of a flat name in one place. Blocking; not thread-safe.
class Destination {
public:
    virtual ~Destination() = default;

    struct File {
        std::string name;
        std::uint64_t bytes = 0;
    };
    /// Files whose name starts with `prefix`, by name; of a place that does not exist yet, none.
    /// Errors, of all: Io, NoSpace, PermissionDenied, NotFound, Timeout, Unavailable, Cancelled. The detail says where and why.
    virtual Result<std::vector<File>> list(std::string_view prefix) = 0;
    /// A complete file, which may be moved away; it is there under its name whole, or not at all.
    virtual Result<> put(const std::filesystem::path& file, const std::string& name) = 0;
    /// What is kept, at `file`, to be read only: it may be the same file. No more than `bytesMax` of it is fetched.
    /// Errors: NotFound (also for one that was never there), Corrupt (larger than `bytesMax`).
    virtual Result<> get(const std::string& name, const std::filesystem::path& file, std::uint64_t bytesMax) = 0;
    /// Success also where there is no such file.
    virtual Result<> remove(const std::string& name) = 0;

    /// "file:///var/snapshots/name", "https://bucket.s3.eu-central-1.amazonaws.com/name"
    virtual std::string url(const std::string& name) const = 0;
    /// The folder in which a file is best made that is to be put here; empty: any.
    virtual std::filesystem::path workFolder() const { return {}; }
};

/// The refusal of a file that has grown since it was put.
inline Error tooLarge(const std::string& url, std::uint64_t bytesMax)
{
    return Error{ErrorCode::Corrupt, "what is kept at " + url + " is larger than the " + std::to_string(bytesMax) + " bytes that were put there"};
}

} // namespace core::snapshot
