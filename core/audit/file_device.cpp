#include "core/audit/device.h"

#include "core/base/logging.h"
#include "core/base/mutex.h"
#include "core/base/writable_folders.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace core::audit {
namespace {

Error errorOf(const std::string& path, int number)
{
    return Error{number == ENOSPC || number == EDQUOT ? ErrorCode::NoSpace : ErrorCode::Io,
                 "audit file " + path + ": " + std::strerror(number) + writableFoldersText({number, std::generic_category()})};
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
        m_file = ::open(m_path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, m_mode ? m_mode : 0600);
        if (m_file < 0) return errorOf(m_path, errno);
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
    ::mode_t mode = 0600;
    if (const auto given = options.find("mode"); given != options.end() && !given->second.empty()) {
        char* end = nullptr;
        const auto parsed = std::strtoul(given->second.c_str(), &end, 8);
        if (*end != '\0' || parsed > 0777) return Error{ErrorCode::InvalidArgument, "invalid mode " + given->second};
        mode = static_cast<::mode_t>(parsed);
    }
    return std::unique_ptr<Device>{std::make_unique<FileDevice>(at->second, mode)};
}

} // namespace core::audit
