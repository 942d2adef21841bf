#pragma once

#include "core/base/clock.h"
#include "core/log/store.h"

#include <functional>

namespace core::replication {

/// Keeps a long job to its rate, and slows it down while others write.
///
/// We cannot measure how much a job slows writers down. But commits that happen during a piece of work show that somebody writes. The job
/// pauses for each of them, up to a multiple of the time of that piece. So it reads an idle server at full speed, and a server with few
/// writes nearly as fast. On a busy server it gets a small part of the time, but never none. Used only by the thread of the job.
class JobPace {
public:
    struct Options {
        std::uint64_t keysPerSecondMax = 0; // 0: no limit except the pauses for writers
        std::chrono::microseconds pausePerCommit{400};
        int pauseRatioMax = 24; // times the work before: the job gets at least a twenty-fifth of the time
    };
    using Pause = std::function<void(std::chrono::milliseconds)>;

    JobPace(const log::Store& store, const Clock& clock, Pause pause, Options options);

    /// Call between pieces of work, with the number of keys done since the beginning. True: it has paused (50 ms at most); check whether to
    /// continue, and call again. False: do the next piece.
    bool hold(std::uint64_t keysDone);

private:
    const log::Store& m_store;
    const Clock& m_clock;
    const Pause m_pause;
    const Options m_options;
    const SteadyTime m_startedAt;
    bool m_isHolding = false;
    SteadyTime m_holdsUntil;
    SteadyTime m_resumedAt;
    LogIndex m_appliedBefore; // the piece of work began
};

} // namespace core::replication
