#pragma once

#include "app/holdfast/server/signals.h"
#include "core/base/mutex.h"
#include "core/base/thread.h"
#include "core/server/process/process.h"

#include <deque>
#include <unistd.h>

namespace cli {

/// Waits for signals on its own thread. So it sees a signal that ends the server at once, even while the server starts or reads its
/// certificates again. From then on the process has ten seconds to end.
class SignalQueue {
public:
    /// `signals` are blocked already.
    explicit SignalQueue(Signals signals) : m_signals{signals}, m_thread{"signals", core::Thread::OnFailure::RunAgain, [this] { take(); }} {}
    ~SignalQueue()
    {
        if (!hasEnded()) ::kill(::getpid(), SIGTERM); // wakes the thread, which waits for signals
    }
    SignalQueue(const SignalQueue&) = delete;
    SignalQueue& operator=(const SignalQueue&) = delete;

    /// Waits for the next signal.
    int wait()
    {
        core::MutexLock lock{m_mutex};
        while (m_taken.empty()) m_changed.wait(m_mutex);
        const int signal = m_taken.front();
        m_taken.pop_front();
        return signal;
    }

private:
    static constexpr unsigned kEndSeconds = 9;

    void take()
    {
        int signal = SIGHUP;
        while (signal == SIGHUP) {
            signal = m_signals.wait();
            if (signal != SIGHUP) core::server::endWithin(kEndSeconds);
            core::MutexLock lock{m_mutex};
            m_taken.push_back(signal);
            m_hasEnded = signal != SIGHUP;
            m_changed.notifyAll();
        }
    }
    bool hasEnded()
    {
        core::MutexLock lock{m_mutex};
        return m_hasEnded;
    }

    const Signals m_signals;
    core::Mutex m_mutex; // leaf lock
    core::Condition m_changed;
    std::deque<int> m_taken CORE_GUARDED_BY(m_mutex);
    bool m_hasEnded CORE_GUARDED_BY(m_mutex) = false;
    core::Thread m_thread; // last: it uses the above
};

} // namespace cli
