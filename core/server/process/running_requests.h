#pragma once

#include "core/base/mutex.h"

#include <array>
#include <atomic>
#include <chrono>

namespace core::server {

/// Counts running requests, so that a change of role, or the end, can wait for the requests that began before it.
/// Requests that begin during the wait are counted separately, so steady traffic does not delay it. Thread-safe. began() and ended() take no lock
/// unless a thread waits.
class RunningRequests {
public:
    /// The value to pass to ended() for this request.
    unsigned began();
    void ended(unsigned round);

    /// Waits until every request that began before this call has ended, at most for this time. False: not all have ended.
    bool waitForEarlier(std::chrono::milliseconds atMost) CORE_EXCLUDES(m_turn, m_mutex);

private:
    std::atomic<unsigned> m_round{0}; // its last bit selects the counter for a request
    std::array<std::atomic<int>, 2> m_running{};
    std::atomic<bool> m_isAwaited{false};
    Mutex m_turn;  // one wait at a time, so that no round begins before the previous one is empty; taken before m_mutex
    Mutex m_mutex; // leaf lock
    Condition m_ended;
};

} // namespace core::server
