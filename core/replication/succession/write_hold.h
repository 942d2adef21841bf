#pragma once

#include "core/base/mutex.h"

#include <atomic>
#include <functional>
#include <string>
#include <vector>

namespace core::replication {

/// Holds writes while they are paused: during a switchover, and while a primary that has just started asks its members. Thread-safe.
class WriteHold {
public:
    /// Runs once when the pause ends. An empty text: the write begins again. Else it is refused with the text.
    using Again = std::function<void(const std::string& refusal)>;

    void begin() CORE_EXCLUDES(m_mutex)
    {
        MutexLock lock{m_mutex};
        m_isOn = true;
    }
    bool isOn() const { return m_isOn; }
    /// False: there is no pause, or too many writes wait already, and `again` is not kept.
    bool add(Again again) CORE_EXCLUDES(m_mutex)
    {
        if (!m_isOn) return false;
        MutexLock lock{m_mutex};
        if (!m_isOn || m_waiting.size() >= kWaitingMax) return false;
        m_waiting.push_back(std::move(again));
        return true;
    }
    /// Ends the pause and releases all waiting writes. Idempotent.
    void end(const std::string& refusal) CORE_EXCLUDES(m_mutex)
    {
        std::vector<Again> waiting;
        {
            MutexLock lock{m_mutex};
            m_isOn = false;
            waiting.swap(m_waiting);
        }
        for (const auto& again : waiting) again(refusal);
    }

private:
    static constexpr std::size_t kWaitingMax = 16'384;

    Mutex m_mutex; // leaf lock
    std::atomic<bool> m_isOn{false};
    std::vector<Again> m_waiting CORE_GUARDED_BY(m_mutex);
};

} // namespace core::replication
