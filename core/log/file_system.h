#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace core::log {

/// An open file. Reads may run beside each other and beside a write elsewhere in the file.
class File {
public:
    virtual ~File() = default;
    /// Writes all of it, growing the file where needed; not durable before sync(). Errors: NoSpace, Io.
    virtual Result<> write(std::uint64_t offset, std::string_view bytes) = 0;
    /// Fills `out`, less at the end of the file; returns how many bytes. Errors: Io.
    virtual Result<std::size_t> read(std::uint64_t offset, std::span<char> out) const = 0;
    /// Returns when everything written is on disk. After an error what is on disk is unknown. Errors: NoSpace, Io.
    virtual Result<> sync() = 0;
    virtual Result<std::uint64_t> size() const = 0;
};

/// The disk as the log needs it, handed in so that tests can cut the power. Thread-safe. All errors: NoSpace, Io.
class FileSystem {
public:
    virtual ~FileSystem() = default;
    /// Opens an existing file for reading and writing. Errors also: NotFound.
    virtual Result<std::unique_ptr<File>> open(const std::filesystem::path& path) = 0;
    /// Creates an empty file, in place of an existing one.
    virtual Result<std::unique_ptr<File>> create(const std::filesystem::path& path) = 0;
    virtual Result<> rename(const std::filesystem::path& from, const std::filesystem::path& to) = 0;
    virtual Result<> remove(const std::filesystem::path& path) = 0;
    /// The names in a folder, in no order.
    virtual Result<std::vector<std::string>> list(const std::filesystem::path& directory) = 0;
    /// With its parents; no error when it exists.
    virtual Result<> createDirectory(const std::filesystem::path& directory) = 0;
    /// Makes what was created, renamed and removed in the folder durable.
    virtual Result<> syncDirectory(const std::filesystem::path& directory) = 0;
};

/// The real one.
class PosixFileSystem final : public FileSystem {
public:
    Result<std::unique_ptr<File>> open(const std::filesystem::path& path) override;
    Result<std::unique_ptr<File>> create(const std::filesystem::path& path) override;
    Result<> rename(const std::filesystem::path& from, const std::filesystem::path& to) override;
    Result<> remove(const std::filesystem::path& path) override;
    Result<std::vector<std::string>> list(const std::filesystem::path& directory) override;
    Result<> createDirectory(const std::filesystem::path& directory) override;
    Result<> syncDirectory(const std::filesystem::path& directory) override;
};

/// The whole file. Errors: NotFound, Io.
Result<std::string> readAll(FileSystem& files, const std::filesystem::path& path);
/// Puts a file in place so that after a crash it is there wholly, or as it was before. Errors: NoSpace, Io.
Result<> replaceFile(FileSystem& files, const std::filesystem::path& path, std::string_view contents);

} // namespace core::log
