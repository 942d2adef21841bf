#include "core/base/private_file.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace core {
namespace {

Error errorOf(const char* what, const std::filesystem::path& path, int number)
{
    const auto code = number == ENOSPC || number == EDQUOT  ? ErrorCode::NoSpace
                      : number == EACCES || number == EPERM ? ErrorCode::PermissionDenied
                                                            : ErrorCode::Io;
    return Error{code, std::string{what} + " " + path.string() + ": " + std::generic_category().message(number)};
}

/// 0, or the errno of the failure.
int writeAll(int file, std::string_view bytes)
{
    while (!bytes.empty()) {
        const auto count = ::write(file, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return count < 0 ? errno : EIO;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return 0;
}

} // namespace

Result<int> createPrivateFile(const std::filesystem::path& path)
{
    constexpr int kAttemptsMax = 3; // another process can create the name again and again
    for (int attempt = 0;; ++attempt) {
        const int file = ::open(path.c_str(), O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, 0600);
        if (file >= 0) {
            if (::fchmod(file, 0600) == 0) return file; // a umask can have removed the owner's rights
            const int number = errno;
            ::close(file);
            return errorOf("cannot protect", path, number);
        }
        if (errno != EEXIST || attempt == kAttemptsMax) return errorOf("cannot create", path, errno);
        if (::unlink(path.c_str()) != 0 && errno != ENOENT) return errorOf("cannot replace", path, errno);
    }
}

Result<> writePrivateFile(const std::filesystem::path& path, std::string_view bytes, bool isSynced)
{
    auto file = createPrivateFile(path);
    if (!file) return std::move(file).error();
    int number = writeAll(*file, bytes);
    if (number == 0 && isSynced && ::fsync(*file) != 0) number = errno;
    if (::close(*file) != 0 && number == 0) number = errno;
    if (number == 0) return {};
    ::unlink(path.c_str());
    return errorOf("cannot write", path, number);
}

Result<> copyToPrivateFile(const std::filesystem::path& from, const std::filesystem::path& to)
{
    const int source = ::open(from.c_str(), O_RDONLY | O_CLOEXEC);
    if (source < 0) return errorOf("cannot read", from, errno);
    auto target = createPrivateFile(to);
    if (!target) {
        ::close(source);
        return std::move(target).error();
    }
    std::string part(256u << 10, '\0');
    int number = 0;
    while (number == 0) {
        const auto count = ::read(source, part.data(), part.size());
        if (count == 0) break;
        if (count > 0) number = writeAll(*target, std::string_view{part}.substr(0, static_cast<std::size_t>(count)));
        else if (errno != EINTR) number = errno;
    }
    ::close(source);
    if (number == 0 && ::fsync(*target) != 0) number = errno;
    if (::close(*target) != 0 && number == 0) number = errno;
    if (number == 0) return {};
    ::unlink(to.c_str());
    return errorOf("cannot write", to, number);
}

Result<> replacePrivateFile(const std::filesystem::path& path, std::string_view bytes, bool isSynced)
{
    const std::filesystem::path partial{path.string() + ".partial"};
    if (auto written = writePrivateFile(partial, bytes, isSynced); !written) return written;
    if (::rename(partial.c_str(), path.c_str()) == 0) return {};
    const int number = errno;
    ::unlink(partial.c_str());
    return errorOf("cannot replace", path, number);
}

} // namespace core
