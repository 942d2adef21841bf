#pragma once

#include "core/base/mutex.h"

#include <array>
#include <atomic>
#include <chrono>

namespace core::server {

/// Counts the requests that are being answered, so that a change of role, or the end, can wait for those that began before it.
/// Requests that begin meanwhile are counted apart: steady traffic delays nobody. Thread-safe; began() and ended() take no lock
/// unless somebody waits.
class RunningRequests {
public:
    /// What ended() is to be told of this request.
    unsigned began();
    void ended(unsigned round);

    /// Waits until every request that began before this call has ended, at most so long; false: not all have.
    bool waitForEarlier(std::chrono::milliseconds atMost) CORE_EXCLUDES(m_turn, m_mutex);

private:
    std::atomic<unsigned> m_round{0}; // its last bit says where a request is counted
    std::array<std::atomic<int>, 2> m_running{};
    std::atomic<bool> m_isAwaited{false};
    Mutex m_turn;  // one waits at a time, so that no round begins before the one before has emptied; taken before m_mutex
    Mutex m_mutex; // leaf lock
    Condition m_ended;
};

} // namespace core::server
