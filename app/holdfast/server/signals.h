#pragma once

#include <csignal>
#include <initializer_list>
#include <pthread.h>

namespace cli {

/// Waits for signals instead of using handlers. Call block() before any thread starts, because threads inherit it.
class Signals {
public:
    explicit Signals(std::initializer_list<int> signals)
    {
        sigemptyset(&m_set);
        for (const int signal : signals) sigaddset(&m_set, signal);
    }
    void block() const { pthread_sigmask(SIG_BLOCK, &m_set, nullptr); }
    /// Waits for one of them and returns it.
    int wait() const
    {
        int signal = 0;
        sigwait(&m_set, &signal);
        return signal;
    }

private:
    sigset_t m_set;
};

} // namespace cli
