#include "core/audit/device.h"

#include "core/base/go_text.h"
#include "core/base/logging.h"
#include "core/base/mutex.h"
#include "core/base/writable_folders.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace core::audit {
namespace {

Error errorOf(const std::string& path, int number)
{
    return Error{number == ENOSPC || number == EDQUOT ? ErrorCode::NoSpace : ErrorCode::Io,
                 "audit file " + path + ": " + std::strerror(number) + writableFoldersText({number, std::generic_category()})};
}

constexpr ::mode_t kExecutable = 0111;

/// Makes missing folders above the file, readable only by their owner. Errors appear when the file is opened.
void makeFolders(const std::string& file)
{
    const auto folder = std::filesystem::path{file}.parent_path();
    std::filesystem::path made;
    for (const auto& part : folder) {
        made /= part;
        ::mkdir(made.c_str(), 0700);
    }
}

Result<::mode_t> modeOf(const std::map<std::string, std::string>& options)
{
    const auto given = options.find("mode");
    if (given == options.end() || given->second.empty()) return ::mode_t{0600};
    char* end = nullptr;
    const auto parsed = std::strtoul(given->second.c_str(), &end, 8);
    if (*end != '\0' || parsed > 0777) return Error{ErrorCode::InvalidArgument, "invalid mode " + given->second};
    return static_cast<::mode_t>(parsed);
}

class DiscardDevice final : public Device {
public:
    Result<> write(std::string_view) override { return {}; }
    Result<> reopen() override { return {}; }
};

class FileDevice final : public Device {
public:
    /// `mode` zero: that of the file stays.
    FileDevice(std::string path, ::mode_t mode) : m_path{std::move(path)}, m_mode{mode} {}
    ~FileDevice() override { close(); }

    Result<> write(std::string_view line) override
    {
        MutexLock lock{m_mutex};
        if (m_file < 0) {
            if (auto opened = open(); !opened) return opened;
        }
        // A line that was cut off by an error gets its end before the next one begins.
        if (m_isLineOpen) {
            if (auto ended = writeAll("\n"); !ended) return ended;
            m_isLineOpen = false;
        }
        return writeAll(line);
    }

    Result<> reopen() override
    {
        MutexLock lock{m_mutex};
        close();
        return open();
    }

private:
    bool isStandardOutput() const { return m_path == "stdout"; }

    Result<> open() CORE_REQUIRES(m_mutex)
    {
        m_isLineOpen = false;
        if (isStandardOutput()) {
            m_file = STDOUT_FILENO;
            return {};
        }
        // Without O_NONBLOCK, opening a pipe without a reader would block this thread for good. Afterwards writes block as usual.
        constexpr int kFlags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK;
        m_file = ::open(m_path.c_str(), kFlags, m_mode ? m_mode : 0600);
        if (m_file < 0 && errno == ENOENT) {
            makeFolders(m_path);
            m_file = ::open(m_path.c_str(), kFlags, m_mode ? m_mode : 0600);
        }
        if (m_file < 0) return errorOf(m_path, errno);
        ::fcntl(m_file, F_SETFL, O_APPEND);
        if (m_mode && ::fchmod(m_file, m_mode) != 0) {
            const int number = errno;
            close();
            return errorOf(m_path, number);
        }
        return {};
    }

    Result<> writeAll(std::string_view bytes) CORE_REQUIRES(m_mutex)
    {
        std::size_t done = 0;
        while (done < bytes.size()) {
            const auto count = ::write(m_file, bytes.data() + done, bytes.size() - done);
            if (count > 0) {
                done += static_cast<std::size_t>(count);
                continue;
            }
            if (count < 0 && errno == EINTR) continue;
            const int number = count < 0 ? errno : EIO;
            if (done > 0) m_isLineOpen = true;
            if (number == EBADF) close();
            return errorOf(m_path, number);
        }
        return {};
    }

    void close()
    {
        if (m_file >= 0 && !isStandardOutput()) ::close(m_file);
        m_file = -1;
    }

    const std::string m_path;
    const ::mode_t m_mode;
    Mutex m_mutex; // leaf lock; held while a line is written
    int m_file = -1;
    bool m_isLineOpen CORE_GUARDED_BY(m_mutex) = false;
};

} // namespace

Result<std::unique_ptr<Device>> makeFileDevice(const std::map<std::string, std::string>& options)
{
    auto at = options.find("file_path");
    if (at == options.end()) at = options.find("path");
    if (at == options.end() || at->second.empty()) return Error{ErrorCode::InvalidArgument, "file_path is required"};
    if (at->second == "discard") return std::unique_ptr<Device>{std::make_unique<DiscardDevice>()};
    auto mode = modeOf(options);
    if (!mode) return std::move(mode).error();
    return std::unique_ptr<Device>{std::make_unique<FileDevice>(at->second, static_cast<::mode_t>(*mode & ~kExecutable))};
}

Result<> checkNewDevice(const std::map<std::string, std::string>& options)
{
    auto mode = modeOf(options);
    if (!mode) return std::move(mode).error();
    if (*mode & kExecutable) {
        return Error{ErrorCode::InvalidArgument, "mode " + options.at("mode") + " would make the audit log executable; give one such as 0640"};
    }
    for (const auto* name : {"prefix", "file_path", "path"}) {
        const auto given = options.find(name);
        if (given != options.end() && !isGoPrintable(given->second))
            return Error{ErrorCode::InvalidArgument, std::string{name} + " holds control characters or invisible ones"};
    }
    for (const auto* name : {"filter", "exclude", "fallback"}) { // if they were ignored, the device would log entries that it must not log
        if (options.contains(name)) {
            return Error{ErrorCode::InvalidArgument,
                         std::string{"enterprise-only options supplied: invalid configuration: "} + name + " is not built"};
        }
    }
    const auto file = options.find(options.contains("file_path") ? "file_path" : "path");
    struct ::stat found {};
    if (file != options.end() && ::stat(file->second.c_str(), &found) == 0 && S_ISREG(found.st_mode) && (found.st_mode & kExecutable)) {
        return Error{ErrorCode::InvalidArgument, "the file " + file->second + " is executable, so what is logged could be run; name another file"};
    }
    return {};
}

} // namespace core::audit
