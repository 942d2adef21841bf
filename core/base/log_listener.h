#pragma once

#include "core/base/logging.h"
#include "core/base/mutex.h"
#include "core/base/result.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

namespace core::logging {

/// Hears the lines that the process logs from now on, at a level and in a format of its own: also lines that the log itself leaves out.
/// Lines that are not taken in time are dropped and counted; logging never waits for a listener. Thread-safe.
class LogListener {
public:
    static constexpr std::size_t kListenersMax = 8;
    static constexpr std::size_t kLinesMax = 512;        // that wait
    static constexpr std::size_t kBytesMax = 256 * 1024; // of these

    /// Errors: Unavailable (kListenersMax listen already).
    static Result<std::unique_ptr<LogListener>> open(Level level, Format format);
    ~LogListener();
    LogListener(const LogListener&) = delete;
    LogListener& operator=(const LogListener&) = delete;

    /// The lines since the last call, each with its end. Where some were dropped, the last line says how many.
    std::string take() CORE_EXCLUDES(m_mutex);
    /// `wake` is called by the thread that logs a line where none waited before. It must not log, and returns at once.
    void onLine(std::function<void()> wake) CORE_EXCLUDES(m_mutex);

    Level level() const { return m_level; }
    Format format() const { return m_format; }
    /// For logging::write(): a line without its end.
    void hear(const std::string& line) CORE_EXCLUDES(m_mutex);

private:
    LogListener(Level level, Format format) : m_level{level}, m_format{format} {}

    const Level m_level;
    const Format m_format;
    Mutex m_mutex; // leaf lock
    std::deque<std::string> m_lines CORE_GUARDED_BY(m_mutex);
    std::size_t m_byteCount CORE_GUARDED_BY(m_mutex) = 0;
    std::uint64_t m_droppedCount CORE_GUARDED_BY(m_mutex) = 0;
    std::function<void()> m_wake CORE_GUARDED_BY(m_mutex);
};

/// Whether anybody listens to lines of this level. One load; for logging::write().
bool isAnyListening(Level level);
/// Hands a line to all who listen to its level; `lineIn` makes it in a format.
void tellListeners(Level level, const std::function<std::string(Format)>& lineIn);

} // namespace core::logging
