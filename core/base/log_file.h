#pragma once

#include "core/base/logging.h"
#include "core/base/result.h"

#include <chrono>
#include <cstdint>
#include <filesystem>

namespace core::logging {

/// Where else the log goes and when that file is replaced by a new one (spec: Vault's log_file and log_rotate_*).
struct FileOptions {
    std::filesystem::path path; // empty: no file
    std::chrono::nanoseconds rotateAfter = std::chrono::hours{24};
    std::uint64_t rotateBytes = 0;     // 0: no bound
    std::int64_t archivedFilesMax = 0; // 0: all are kept; below 0: none is
};

/// The file that `log_file = given` means: "vault.log" in a folder (one that is there, or a name that ends in '/'), ".log" behind a name
/// without an extension. Empty stays empty.
std::filesystem::path logFilePath(const std::filesystem::path& given);

/// A log file that is appended to, mode 0640. When it is old or large enough, it is renamed to NAME-<nanoseconds since 1970>.EXTENSION
/// and begun again. A failed write is dropped: a full disk must not stop the server. Not thread-safe.
class LogFile {
public:
    /// Errors: Io (cannot be created or opened, with the path and the system's reason), NoSpace.
    static Result<LogFile> open(FileOptions options, std::chrono::system_clock::time_point now);
    ~LogFile();
    LogFile(LogFile&& other) noexcept;
    LogFile& operator=(LogFile&&) = delete;

    /// One line, without its end.
    void append(std::string_view line, std::chrono::system_clock::time_point now);
    /// The file was moved away by another program, such as logrotate: goes on in a new one under the old name.
    void reopen();

private:
    explicit LogFile(FileOptions options) : m_options{std::move(options)} {}
    Result<> openFile();
    void rotate(std::chrono::system_clock::time_point now);
    void removeOld() const;

    FileOptions m_options;
    int m_descriptor = -1;
    std::uint64_t m_byteCount = 0;
    std::chrono::system_clock::time_point m_openedAt;
};

/// As configure(), with a file beside the stream, which is standard output where `isOnStandardOutput`. Call it once, before threads start.
/// Errors: those of LogFile::open(); the log stays as it was.
Result<> configure(const Options& options, const FileOptions& file, bool isOnStandardOutput);

/// SIGHUP: the log file is opened again. Thread-safe.
void reopenFile();

} // namespace core::logging
