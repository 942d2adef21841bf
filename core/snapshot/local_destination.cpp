#include "core/snapshot/local_destination.h"

#include "core/base/private_file.h"
#include "core/base/writable_folders.h"

#include <algorithm>
#include <fcntl.h>
#include <unistd.h>

namespace core::snapshot {
namespace {

namespace fs = std::filesystem;

Error failed(const std::string& what, const fs::path& path, const std::error_code& why)
{
    const auto code = why == std::errc::no_space_on_device          ? ErrorCode::NoSpace
                      : why == std::errc::permission_denied         ? ErrorCode::PermissionDenied
                      : why == std::errc::no_such_file_or_directory ? ErrorCode::NotFound
                                                                    : ErrorCode::Io;
    return Error{code, "cannot " + what + " " + path.string() + ": " + why.message() + writableFoldersText(why)};
}

std::error_code lastError()
{
    return {errno, std::generic_category()};
}

/// So that a new name survives a power cut.
Result<> syncPath(const fs::path& path, int flags)
{
    const int handle = ::open(path.c_str(), flags | O_CLOEXEC);
    if (handle < 0) return failed("open", path, lastError());
    const bool isSynced = ::fsync(handle) == 0;
    const auto why = lastError();
    ::close(handle);
    if (!isSynced) return failed("sync", path, why);
    return {};
}

} // namespace

Result<> LocalDestination::makeFolder() const
{
    std::error_code why;
    fs::create_directories(m_directory, why);
    if (why) return failed("create", m_directory, why);
    return {};
}

Result<std::vector<Destination::File>> LocalDestination::list(std::string_view prefix)
{
    std::vector<File> found;
    std::error_code why;
    for (auto at = fs::directory_iterator{m_directory, why}; !why && at != fs::directory_iterator{}; at.increment(why)) {
        auto name = at->path().filename().string();
        std::error_code unreadable;
        if (!name.starts_with(prefix) || !at->is_regular_file(unreadable)) continue;
        const auto bytes = at->file_size(unreadable);
        if (!unreadable) found.push_back({std::move(name), bytes}); // otherwise it was removed in the meantime
    }
    if (why == std::errc::no_such_file_or_directory) return found;
    if (why) return failed("read", m_directory, why);
    std::ranges::sort(found, {}, &File::name);
    return found;
}

Result<> LocalDestination::put(const fs::path& file, const std::string& name)
{
    if (auto made = makeFolder(); !made) return made;
    const auto target = m_directory / name;
    std::error_code why;
    fs::rename(file, target, why);
    if (why == std::errc::cross_device_link) {
        const auto partial = m_directory / (name + ".partial");
        if (auto copied = copyToPrivateFile(file, partial); !copied) return copied;
        fs::rename(partial, target, why);
        std::error_code ignored;
        fs::remove(why ? partial : file, ignored);
    }
    if (why) return failed("write", target, why);
    return syncPath(m_directory, O_RDONLY | O_DIRECTORY);
}

Result<> LocalDestination::get(const std::string& name, const fs::path& file, std::uint64_t bytesMax)
{
    std::error_code why;
    if (const auto bytes = fs::file_size(m_directory / name, why); !why && bytes > bytesMax) return tooLarge(url(name), bytesMax);
    fs::remove(file, why);
    fs::create_hard_link(m_directory / name, file, why);
    if (why) fs::copy_file(m_directory / name, file, fs::copy_options::overwrite_existing, why);
    if (why) return failed("read", m_directory / name, why);
    return {};
}

Result<> LocalDestination::remove(const std::string& name)
{
    std::error_code why;
    fs::remove(m_directory / name, why);
    if (why) return failed("remove", m_directory / name, why);
    return {};
}

} // namespace core::snapshot
