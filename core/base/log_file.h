#pragma once

#include "core/base/logging.h"
#include "core/base/result.h"

#include <chrono>
#include <cstdint>
#include <filesystem>

namespace core::logging {

/// The second place of the log, a file, and when that file is replaced by a new one (spec: Vault's log_file and log_rotate_*).
struct FileOptions {
    std::filesystem::path path; // empty: no file
    std::chrono::nanoseconds rotateAfter = std::chrono::hours{24};
    std::uint64_t rotateBytes = 0;     // 0: no limit
    std::int64_t archivedFilesMax = 0; // 0: all are kept; below 0: none is kept
};

/// The file for `log_file = given`. If `given` is an existing folder or ends in '/', it is "vault.log" in that folder. A name without extension gets
/// ".log". Empty stays empty.
std::filesystem::path logFilePath(const std::filesystem::path& given);

/// A log file that lines are appended to, mode 0640. When it is old or large enough, it is renamed to NAME-<nanoseconds since 1970>.EXTENSION, and a
/// new one begins. A failed write is ignored, because a full disk must not stop the server. Not thread-safe.
class LogFile {
public:
    /// Errors: Io (cannot be created or opened, with the path and the system's reason), NoSpace.
    static Result<LogFile> open(FileOptions options, std::chrono::system_clock::time_point now);
    ~LogFile();
    LogFile(LogFile&& other) noexcept;
    LogFile& operator=(LogFile&&) = delete;

    /// Appends one line; `line` has no line end.
    void append(std::string_view line, std::chrono::system_clock::time_point now);
    /// Another program, such as logrotate, has moved the file away. Opens a new one under the old name.
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

/// As configure(), with a file in addition to the stream. The stream is standard output if `isOnStandardOutput`. Call it once, before threads start.
/// Errors: those of LogFile::open(); the log is then unchanged.
Result<> configure(const Options& options, const FileOptions& file, bool isOnStandardOutput);

/// For SIGHUP: opens the log file again. Thread-safe.
void reopenFile();

} // namespace core::logging
