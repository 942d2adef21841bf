#pragma once

#include "core/base/mutex.h"

#include <chrono>

namespace core {

/// Tells long or waiting work to stop. Once cancelled, it stays cancelled. Thread-safe.
class Cancellation {
public:
    void cancel() CORE_EXCLUDES(m_mutex)
    {
        MutexLock lock{m_mutex};
        m_isCancelled = true;
        m_changed.notifyAll();
    }
    bool isCancelled() const { return m_isCancelled; }
    /// Waits for this time, or until it is cancelled. False: it was cancelled.
    bool pause(std::chrono::milliseconds time) const CORE_EXCLUDES(m_mutex)
    {
        const auto until = std::chrono::steady_clock::now() + time;
        MutexLock lock{m_mutex};
        while (!m_isCancelled && m_changed.waitUntil(m_mutex, until)) {}
        return !m_isCancelled;
    }

private:
    mutable Mutex m_mutex; // leaf lock
    mutable Condition m_changed;
    std::atomic<bool> m_isCancelled{false};
};

} // namespace core
