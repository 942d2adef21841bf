#pragma once

#include "core/base/mutex.h"

#include <atomic>
#include <functional>
#include <string>
#include <vector>

namespace core::replication {

/// Writes that wait while a switchover has paused them. Thread-safe.
class WriteHold {
public:
    /// Runs once when the pause ends: with a text the write is to be refused, without one it begins anew.
    using Again = std::function<void(const std::string& refusal)>;

    void begin() CORE_EXCLUDES(m_mutex)
    {
        MutexLock lock{m_mutex};
        m_isOn = true;
    }
    bool isOn() const { return m_isOn; }
    /// False, and `again` is not kept, when there is no pause or too many wait already.
    bool add(Again again) CORE_EXCLUDES(m_mutex)
    {
        if (!m_isOn) return false;
        MutexLock lock{m_mutex};
        if (!m_isOn || m_waiting.size() >= kWaitingMax) return false;
        m_waiting.push_back(std::move(again));
        return true;
    }
    /// Ends the pause and lets everything go that waited. Idempotent.
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
