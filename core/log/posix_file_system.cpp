#include "core/log/file_system.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace core::log {

namespace {

/// EDQUOT is a full disk too: the caller must treat a quota like NoSpace, because an operator can fix it while the server runs.
Error toError(int code, std::string_view what, const std::filesystem::path& path)
{
    ErrorCode kind = ErrorCode::Io;
    if (code == ENOSPC || code == EDQUOT) kind = ErrorCode::NoSpace;
    if (code == ENOENT) kind = ErrorCode::NotFound;
    return {kind, std::string{what} + " " + path.string() + ": " + std::generic_category().message(code)};
}

class PosixFile final : public File {
public:
    PosixFile(int descriptor, std::filesystem::path path) : m_descriptor{descriptor}, m_path{std::move(path)} {}
    ~PosixFile() override { ::close(m_descriptor); }
    PosixFile(const PosixFile&) = delete;
    PosixFile& operator=(const PosixFile&) = delete;

    Result<> write(std::uint64_t offset, std::string_view bytes) override
    {
        // pwrite() can write less than asked, for example when a signal arrives or the disk gets full.
        while (!bytes.empty()) {
            const auto written = ::pwrite(m_descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
            if (written < 0) {
                if (errno == EINTR) continue;
                return toError(errno, "writing", m_path);
            }
            bytes.remove_prefix(static_cast<std::size_t>(written));
            offset += static_cast<std::uint64_t>(written);
        }
        return {};
    }

    Result<std::size_t> read(std::uint64_t offset, std::span<char> out) const override
    {
        std::size_t done = 0;
        while (done < out.size()) {
            const auto got = ::pread(m_descriptor, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
            if (got < 0) {
                if (errno == EINTR) continue;
                return toError(errno, "reading", m_path);
            }
            if (got == 0) break;
            done += static_cast<std::size_t>(got);
        }
        return done;
    }

    // fdatasync() also writes the file's size if it changed. The times of the file are not needed.
    Result<> sync() override
    {
        if (::fdatasync(m_descriptor) != 0) return toError(errno, "syncing", m_path);
        return {};
    }

    Result<std::uint64_t> size() const override
    {
        struct stat info {};
        if (::fstat(m_descriptor, &info) != 0) return toError(errno, "looking at", m_path);
        return static_cast<std::uint64_t>(info.st_size);
    }

private:
    int m_descriptor;
    std::filesystem::path m_path; // named in errors
};

Result<std::unique_ptr<File>> openWith(const std::filesystem::path& path, int flags)
{
    const int descriptor = ::open(path.c_str(), flags | O_RDWR | O_CLOEXEC, 0600);
    if (descriptor < 0) return toError(errno, "opening", path);
    return std::unique_ptr<File>{std::make_unique<PosixFile>(descriptor, path)};
}

} // namespace

Result<std::unique_ptr<File>> PosixFileSystem::open(const std::filesystem::path& path)
{
    return openWith(path, 0);
}

Result<std::unique_ptr<File>> PosixFileSystem::create(const std::filesystem::path& path)
{
    return openWith(path, O_CREAT | O_TRUNC);
}

Result<> PosixFileSystem::rename(const std::filesystem::path& from, const std::filesystem::path& to)
{
    if (::rename(from.c_str(), to.c_str()) != 0) return toError(errno, "renaming", from);
    return {};
}

Result<> PosixFileSystem::remove(const std::filesystem::path& path)
{
    if (::unlink(path.c_str()) != 0) return toError(errno, "removing", path);
    return {};
}

Result<std::vector<std::string>> PosixFileSystem::list(const std::filesystem::path& directory)
{
    std::error_code code;
    std::vector<std::string> names;
    std::filesystem::directory_iterator at{directory, code};
    for (; !code && at != std::filesystem::directory_iterator{}; at.increment(code)) names.push_back(at->path().filename());
    if (code) return toError(code.value(), "listing", directory);
    return names;
}

Result<> PosixFileSystem::createDirectory(const std::filesystem::path& directory)
{
    std::error_code code;
    std::filesystem::create_directories(directory, code);
    if (code) return toError(code.value(), "creating", directory);
    return {};
}

Result<> PosixFileSystem::syncDirectory(const std::filesystem::path& directory)
{
    const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return toError(errno, "opening", directory);
    // A folder is synced by its own descriptor. Without this a rename can be lost, though the file's contents are on disk.
    const int code = ::fsync(descriptor) == 0 ? 0 : errno;
    ::close(descriptor);
    if (code != 0) return toError(code, "syncing", directory);
    return {};
}

Result<std::string> readAll(FileSystem& files, const std::filesystem::path& path)
{
    auto file = files.open(path);
    if (!file) return std::move(file).error();
    const auto size = (*file)->size();
    if (!size) return size.error();
    std::string contents(*size, '\0');
    const auto got = (*file)->read(0, contents);
    if (!got) return got.error();
    contents.resize(*got);
    return contents;
}

Result<> replaceFile(FileSystem& files, const std::filesystem::path& path, std::string_view contents)
{
    // The order matters: contents, sync, rename, sync of the folder. If the rename came before the sync, a power cut could leave the new name with an
    // empty file.
    auto temporary = path;
    temporary += ".tmp";
    auto file = files.create(temporary);
    if (!file) return std::move(file).error();
    if (auto written = (*file)->write(0, contents); !written) return written;
    if (auto synced = (*file)->sync(); !synced) return synced;
    if (auto renamed = files.rename(temporary, path); !renamed) return renamed;
    return files.syncDirectory(path.parent_path());
}

} // namespace core::log
