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

/// An open file. Reads can run at the same time as other reads and as a write to another part of the file.
class File {
public:
    virtual ~File() = default;
    /// Writes all bytes and grows the file if needed. They are durable only after sync(). Errors: NoSpace, Io.
    virtual Result<> write(std::uint64_t offset, std::string_view bytes) = 0;
    /// Fills `out`, or less of it at the end of the file. Returns the number of bytes. Errors: Io.
    virtual Result<std::size_t> read(std::uint64_t offset, std::span<char> out) const = 0;
    /// Returns when everything that was written is on disk. After an error it is unknown what is on disk. Errors: NoSpace, Io.
    virtual Result<> sync() = 0;
    virtual Result<std::uint64_t> size() const = 0;
};

/// The disk as the log needs it. It is handed in, so that tests can simulate a power cut. Thread-safe. All errors: NoSpace, Io.
class FileSystem {
public:
    virtual ~FileSystem() = default;
    /// Opens an existing file for reading and writing. Errors also: NotFound.
    virtual Result<std::unique_ptr<File>> open(const std::filesystem::path& path) = 0;
    /// Creates an empty file, or replaces an existing one by an empty one.
    virtual Result<std::unique_ptr<File>> create(const std::filesystem::path& path) = 0;
    virtual Result<> rename(const std::filesystem::path& from, const std::filesystem::path& to) = 0;
    virtual Result<> remove(const std::filesystem::path& path) = 0;
    /// The names in a folder, in no particular order.
    virtual Result<std::vector<std::string>> list(const std::filesystem::path& directory) = 0;
    /// Creates the folder and its parents. No error when it exists.
    virtual Result<> createDirectory(const std::filesystem::path& directory) = 0;
    /// Makes files that were created, renamed or removed in the folder durable.
    virtual Result<> syncDirectory(const std::filesystem::path& directory) = 0;
};

/// The file system of the machine.
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

/// Reads the whole file. Errors: NotFound, Io.
Result<std::string> readAll(FileSystem& files, const std::filesystem::path& path);
/// Replaces a file. After a crash the file has either the new contents as a whole, or the old ones. Errors: NoSpace, Io.
Result<> replaceFile(FileSystem& files, const std::filesystem::path& path, std::string_view contents);

} // namespace core::log
