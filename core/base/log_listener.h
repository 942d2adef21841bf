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

/// Gets the lines that the process logs from now on, at a level and in a format of its own, even lines that the log itself leaves out. If the
/// listener is too slow, lines are dropped and counted. Logging never waits for a listener. Thread-safe.
class LogListener {
public:
    static constexpr std::size_t kListenersMax = 8;
    static constexpr std::size_t kLinesMax = 512;        // lines that wait
    static constexpr std::size_t kBytesMax = 256 * 1024; // their bytes

    /// Errors: Unavailable (kListenersMax listeners exist already).
    static Result<std::unique_ptr<LogListener>> open(Level level, Format format);
    ~LogListener();
    LogListener(const LogListener&) = delete;
    LogListener& operator=(const LogListener&) = delete;

    /// The lines since the last call, each with its line end. If lines were dropped, the last line says how many.
    std::string take() CORE_EXCLUDES(m_mutex);
    /// `wake` is called when a line arrives and none waited before, on the thread that logs. It must not log, and must return at once.
    void onLine(std::function<void()> wake) CORE_EXCLUDES(m_mutex);

    Level level() const { return m_level; }
    Format format() const { return m_format; }
    /// Called by logging::write() with a line without line end.
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

/// True if a listener wants lines of this level. Costs one load. For logging::write().
bool isAnyListening(Level level);
/// Gives a line to all listeners of its level. `lineIn` makes the line in a format.
void tellListeners(Level level, const std::function<std::string(Format)>& lineIn);

} // namespace core::logging
