#include "core/base/temporary_file.h"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace core {
namespace {

Error failureAt(const std::filesystem::path& prefix, int number)
{
    const auto code = number == ENOSPC || number == EDQUOT  ? ErrorCode::NoSpace
                      : number == EACCES || number == EPERM ? ErrorCode::PermissionDenied
                                                            : ErrorCode::Io;
    return Error{code, "cannot create " + prefix.string() + "XXXXXX: " + std::generic_category().message(number)};
}

} // namespace

TemporaryPath& TemporaryPath::operator=(TemporaryPath&& other) noexcept
{
    if (this == &other) return *this;
    remove();
    m_path = std::exchange(other.m_path, {});
    return *this;
}

void TemporaryPath::remove() noexcept
{
    std::error_code ignored;
    if (!m_path.empty()) std::filesystem::remove_all(m_path, ignored); // a symbolic link is removed, and not followed
    m_path.clear();
}

Result<TemporaryFile> TemporaryFile::create(const std::filesystem::path& prefix)
{
    std::string path = prefix.string() + "XXXXXX";
    const int handle = ::mkostemp(path.data(), O_CLOEXEC);
    if (handle < 0) return failureAt(prefix, errno);
    TemporaryFile made{std::filesystem::path{path}};
    const int number = ::fchmod(handle, 0600) == 0 ? 0 : errno; // a umask can have removed the owner's rights
    ::close(handle);
    if (number != 0) return failureAt(prefix, number);
    return made;
}

Result<TemporaryFolder> TemporaryFolder::create(const std::filesystem::path& prefix)
{
    std::string path = prefix.string() + "XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) return failureAt(prefix, errno);
    TemporaryFolder made{std::filesystem::path{path}};
    if (::chmod(path.c_str(), 0700) != 0) return failureAt(prefix, errno);
    return made;
}

} // namespace core
