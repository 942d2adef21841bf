#include "core/server/process/running_requests.h"

namespace core::server {

unsigned RunningRequests::began()
{
    while (true) {
        const unsigned round = m_round.load();
        ++m_running[round & 1];
        if (m_round.load() == round) return round;
        ended(round); // a wait began in between and can have missed this request, so it belongs to the next round
    }
}

void RunningRequests::ended(unsigned round)
{
    if (--m_running[round & 1] > 0 || !m_isAwaited.load()) return;
    MutexLock lock{m_mutex}; // the waiting thread has either seen the zero, or waits already
    m_ended.notifyAll();
}

bool RunningRequests::waitForEarlier(std::chrono::milliseconds atMost)
{
    const auto deadline = std::chrono::steady_clock::now() + atMost;
    MutexLock turn{m_turn};
    m_isAwaited = true;
    bool isDone = true;
    for (int pass = 0; pass < 2 && isDone; ++pass) { // the second pass is for requests that an earlier wait has given up
        const unsigned round = m_round.fetch_add(1);
        MutexLock lock{m_mutex};
        // Seeing zero once is enough, and looking again would be wrong: a request that begins just as the round ends counts itself in and out again.
        while (isDone && m_running[round & 1] > 0) {
            if (!m_ended.waitUntil(m_mutex, deadline)) isDone = m_running[round & 1] <= 0;
        }
    }
    m_isAwaited = false;
    return isDone;
}

} // namespace core::server
