#pragma once

#include "core/base/result.h"

#include <filesystem>
#include <utility>

namespace core {

/// A path that is removed with the object. Base of the two classes below. Not thread-safe.
class TemporaryPath {
public:
    TemporaryPath() = default;
    TemporaryPath(TemporaryPath&& other) noexcept : m_path{std::exchange(other.m_path, {})} {}
    /// Removes what this object had before.
    TemporaryPath& operator=(TemporaryPath&& other) noexcept;
    ~TemporaryPath() { remove(); }

    /// Empty: this object has nothing to remove.
    const std::filesystem::path& path() const { return m_path; }
    /// The caller removes it from now on.
    std::filesystem::path release() { return std::exchange(m_path, {}); }

protected:
    explicit TemporaryPath(std::filesystem::path own) : m_path{std::move(own)} {}

private:
    void remove() noexcept;
    std::filesystem::path m_path;
};

/// A file for the time of a request or a job. Only its owner can read it (0600), and no program that is started later gets its descriptor.
class TemporaryFile : public TemporaryPath {
public:
    TemporaryFile() = default;
    /// A file that somebody else has made, such as an upload, for example `release()`.
    explicit TemporaryFile(std::filesystem::path own) : TemporaryPath{std::move(own)} {}
    /// Makes a new, empty file. Its path is `prefix` and six random characters, for example "/data/uploads/upload-" and "k3Zr0B". Errors: Io,
    /// NoSpace, PermissionDenied.
    static Result<TemporaryFile> create(const std::filesystem::path& prefix);
};

/// A folder for the time of a job, with everything that is in it at the end. Only its owner can use it (0700).
class TemporaryFolder : public TemporaryPath {
public:
    TemporaryFolder() = default;
    /// Makes a new, empty folder. The path is formed as for a file. Errors: Io, NoSpace, PermissionDenied.
    static Result<TemporaryFolder> create(const std::filesystem::path& prefix);

private:
    using TemporaryPath::TemporaryPath;
};

} // namespace core
