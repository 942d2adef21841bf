#include "core/base/log_file.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace core::logging {
namespace {

namespace fs = std::filesystem;

std::string extensionOf(const fs::path& path)
{
    const auto extension = path.extension().string();
    return extension.empty() ? ".log" : extension;
}

/// True if `name` is the name of an archived file: STEM-DIGITS.EXTENSION.
bool isArchived(const std::string& name, const fs::path& path)
{
    const auto begin = path.stem().string() + "-";
    const auto end = extensionOf(path);
    if (name.size() <= begin.size() + end.size() || !name.starts_with(begin) || !name.ends_with(end)) return false;
    const auto middle = name.substr(begin.size(), name.size() - begin.size() - end.size());
    return std::ranges::all_of(middle, [](char c) { return c >= '0' && c <= '9'; });
}

} // namespace

fs::path logFilePath(const fs::path& given)
{
    if (given.empty()) return given;
    std::error_code ignored;
    if (!given.has_filename() || fs::is_directory(given, ignored)) return given / "vault.log";
    if (given.extension().empty()) return fs::path{given.string() + ".log"};
    return given;
}

LogFile::LogFile(LogFile&& other) noexcept
    : m_options{std::move(other.m_options)}
    , m_descriptor{std::exchange(other.m_descriptor, -1)}
    , m_byteCount{other.m_byteCount}
    , m_openedAt{other.m_openedAt}
{}

LogFile::~LogFile()
{
    if (m_descriptor >= 0) ::close(m_descriptor);
}

Result<LogFile> LogFile::open(FileOptions options, std::chrono::system_clock::time_point now)
{
    options.path = logFilePath(options.path);
    if (options.rotateAfter.count() <= 0) options.rotateAfter = std::chrono::hours{24};
    LogFile file{std::move(options)};
    if (auto opened = file.openFile(); !opened) return std::move(opened).error();
    file.m_openedAt = now;
    file.removeOld();
    return file;
}

Result<> LogFile::openFile()
{
    const int descriptor = ::open(m_options.path.c_str(), O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC | O_NOCTTY, 0640);
    if (descriptor < 0) {
        return Error{errno == ENOSPC ? ErrorCode::NoSpace : ErrorCode::Io,
                     "cannot write the log file " + m_options.path.string() + ": " + std::generic_category().message(errno)};
    }
    struct stat status {};
    m_byteCount = ::fstat(descriptor, &status) == 0 && status.st_size > 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
    if (m_descriptor >= 0) ::close(m_descriptor);
    m_descriptor = descriptor;
    return {};
}

void LogFile::append(std::string_view line, std::chrono::system_clock::time_point now)
{
    const bool isFull = m_options.rotateBytes > 0 && m_byteCount > 0 && m_byteCount + line.size() + 1 > m_options.rotateBytes;
    if (isFull || now - m_openedAt >= m_options.rotateAfter) rotate(now);
    std::string whole{line};
    whole += '\n';
    std::string_view rest{whole};
    while (!rest.empty()) {
        const auto count = ::write(m_descriptor, rest.data(), rest.size());
        if (count <= 0) {
            if (count < 0 && errno == EINTR) continue;
            return;
        }
        m_byteCount += static_cast<std::uint64_t>(count);
        rest.remove_prefix(static_cast<std::size_t>(count));
    }
}

void LogFile::rotate(std::chrono::system_clock::time_point now)
{
    m_openedAt = now; // also after a failure, so that not every line tries again
    const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch()).count();
    const auto name = m_options.path.stem().string() + "-" + std::to_string(nanoseconds) + extensionOf(m_options.path);
    std::error_code failed;
    fs::rename(m_options.path, m_options.path.parent_path() / name, failed);
    if (auto opened = openFile(); opened) m_byteCount = failed ? 0 : m_byteCount; // if the rename failed, the old file stays in use for a while
    removeOld();
}

void LogFile::removeOld() const
{
    if (m_options.archivedFilesMax == 0) return;
    const auto folder = m_options.path.has_parent_path() ? m_options.path.parent_path() : fs::path{"."};
    std::vector<fs::path> archived;
    std::error_code failed;
    for (fs::directory_iterator entry{folder, failed}; !failed && entry != fs::directory_iterator{}; entry.increment(failed)) {
        if (isArchived(entry->path().filename().string(), m_options.path)) archived.push_back(entry->path());
    }
    const auto kept = static_cast<std::size_t>(std::max<std::int64_t>(m_options.archivedFilesMax, 0));
    if (archived.size() <= kept) return;
    std::ranges::sort(archived);
    archived.resize(archived.size() - kept);
    for (const auto& path : archived) fs::remove(path, failed);
}

void LogFile::reopen()
{
    static_cast<void>(openFile()); // on failure the old file stays in use
}

} // namespace core::logging
