#include "core/base/log_listener.h"

#include "core/base/log_line.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <vector>

namespace core::logging {
namespace {

/// The listeners. The lock is held while lines are handed over, so that a destroyed listener gets no more lines. It is taken before the listeners'
/// own locks.
struct Listeners {
    Mutex mutex;
    std::vector<LogListener*> all CORE_GUARDED_BY(mutex);
    std::atomic<Level> least{Level::Off}; // the lowest level of all listeners
};

Listeners& listeners()
{
    static Listeners instance;
    return instance;
}

void noteLeast(Listeners& own) CORE_REQUIRES(own.mutex)
{
    Level least = Level::Off;
    for (const auto* each : own.all) least = std::min(least, each->level());
    own.least = least;
}

} // namespace

Result<std::unique_ptr<LogListener>> LogListener::open(Level level, Format format)
{
    std::unique_ptr<LogListener> listener{new LogListener{level, format}};
    Listeners& own = listeners();
    MutexLock lock{own.mutex};
    if (own.all.size() >= kListenersMax) {
        return Error{ErrorCode::Unavailable, std::to_string(kListenersMax) + " listeners of the log exist already, and that is the limit"};
    }
    own.all.push_back(listener.get());
    noteLeast(own);
    return listener;
}

LogListener::~LogListener()
{
    Listeners& own = listeners();
    MutexLock lock{own.mutex};
    std::erase(own.all, this);
    noteLeast(own);
}

std::string LogListener::take()
{
    MutexLock lock{m_mutex};
    std::string out;
    out.reserve(m_byteCount + m_lines.size() + 128);
    for (const auto& line : m_lines) out.append(line).push_back('\n');
    m_lines.clear();
    m_byteCount = 0;
    if (m_droppedCount > 0) {
        out.append(lineOf(m_format, Level::Warn, "sys", "the monitor was too slow; lines were dropped", {{"count", std::to_string(m_droppedCount)}}));
        out.push_back('\n');
        m_droppedCount = 0;
    }
    return out;
}

void LogListener::onLine(std::function<void()> wake)
{
    MutexLock lock{m_mutex};
    m_wake = std::move(wake);
}

void LogListener::hear(const std::string& line)
{
    MutexLock lock{m_mutex};
    const bool isFirst = m_lines.empty() && m_droppedCount == 0;
    if (m_lines.size() < kLinesMax && m_byteCount + line.size() <= kBytesMax) {
        m_lines.push_back(line);
        m_byteCount += line.size();
    } else {
        ++m_droppedCount;
    }
    if (isFirst && m_wake) m_wake();
}

bool isAnyListening(Level level)
{
    return level >= listeners().least.load(std::memory_order_relaxed) && level != Level::Off;
}

void tellListeners(Level level, const std::function<std::string(Format)>& lineIn)
{
    Listeners& own = listeners();
    MutexLock lock{own.mutex};
    std::optional<std::string> lines[2]; // by format
    for (auto* each : own.all) {
        if (level < each->level()) continue;
        auto& line = lines[each->format() == Format::Json];
        if (!line) line = lineIn(each->format());
        each->hear(*line);
    }
}

} // namespace core::logging
