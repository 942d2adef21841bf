#include "core/http/unix_socket.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <grp.h>
#include <optional>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>

namespace core::http {
namespace {

Error invalid(std::string text)
{
    return Error{ErrorCode::InvalidArgument, std::move(text)};
}

Error failed(const std::string& what, const std::string& path)
{
    return Error{ErrorCode::Io, "cannot " + what + " " + path + ": " + std::generic_category().message(errno)};
}

template<class Number>
std::optional<Number> numberOf(std::string_view text, int base)
{
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

Result<uid_t> userOf(const std::string& text)
{
    if (text.empty()) return static_cast<uid_t>(-1);
    if (const auto number = numberOf<uid_t>(text, 10)) return *number;
    std::array<char, 4096> buffer{};
    passwd entry{};
    passwd* found = nullptr;
    if (::getpwnam_r(text.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 || !found)
        return invalid("socket_user: there is no user " + text);
    return entry.pw_uid;
}

Result<gid_t> groupOf(const std::string& text)
{
    if (text.empty()) return static_cast<gid_t>(-1);
    if (const auto number = numberOf<gid_t>(text, 10)) return *number;
    std::array<char, 16384> buffer{};
    group entry{};
    group* found = nullptr;
    if (::getgrnam_r(text.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 || !found)
        return invalid("socket_group: there is no group " + text);
    return entry.gr_gid;
}

/// Removes the socket of a dead process.
Result<> clearLeftover(const sockaddr_un& address)
{
    struct stat status {};
    if (::lstat(address.sun_path, &status) != 0) return {};
    if (!S_ISSOCK(status.st_mode)) return invalid(std::string{address.sun_path} + " is there already and is no socket");
    const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (probe < 0) return failed("look at", address.sun_path);
    const int connected = ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    ::close(probe);
    if (connected == 0) return Error{ErrorCode::Io, std::string{"cannot listen on "} + address.sun_path + ": another process serves it"};
    if (::unlink(address.sun_path) != 0) return failed("replace", address.sun_path);
    return {};
}

Result<> bindAndOwn(int handle, const sockaddr_un& address, const UnixSocket& settings)
{
    const auto mode = settings.mode.empty() ? std::optional<mode_t>{0} : numberOf<mode_t>(settings.mode, 8);
    if (!mode || *mode > 0777) return invalid("socket_mode: must be octal, as in 0660, not \"" + settings.mode + '"');
    const auto user = userOf(settings.user);
    if (!user) return user.error();
    const auto group = groupOf(settings.group);
    if (!group) return group.error();
    if (auto cleared = clearLeftover(address); !cleared) return cleared;
    // Linux creates the file with the mode of the unbound socket. So nobody can connect before the right mode and owner are set.
    if (!settings.mode.empty() && ::fchmod(handle, 0600) != 0) return failed("set the mode of", settings.path);
    if (::bind(handle, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return failed("listen on", settings.path);
    if ((!settings.user.empty() || !settings.group.empty()) && ::chown(address.sun_path, *user, *group) != 0)
        return failed("set the owner of", settings.path);
    if (!settings.mode.empty() && ::chmod(address.sun_path, *mode) != 0) return failed("set the mode of", settings.path);
    return {};
}

} // namespace

Result<int> bindUnixSocket(const UnixSocket& settings)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (settings.path.empty() || settings.path.size() >= sizeof address.sun_path) {
        return invalid("address: the path of a socket holds 1 to " + std::to_string(sizeof address.sun_path - 1) + " bytes, not " +
                       std::to_string(settings.path.size()));
    }
    std::memcpy(address.sun_path, settings.path.data(), settings.path.size());
    const int handle = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (handle < 0) return failed("listen on", settings.path);
    if (auto bound = bindAndOwn(handle, address, settings); !bound) {
        ::close(handle);
        return std::move(bound).error();
    }
    return handle;
}

void removeUnixSocket(const std::string& path)
{
    ::unlink(path.c_str());
}

} // namespace core::http
