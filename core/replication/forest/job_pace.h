#pragma once

#include "core/base/clock.h"
#include "core/log/store.h"

#include <functional>

namespace core::replication {

/// Keeps a long job to its rate, and makes it stand back while others write.
///
/// Nothing tells how much a piece of work has cost the writers, but the commits that went by while it was done tell that there are
/// any: each is repaid with a pause, up to a multiple of the time that the piece took. So an idle server is read at full speed, one that
/// writes now and then at nearly that, and one that is busy writing gives the job a small part of its time, but always some of it.
/// Used by one thread, that of the job.
class JobPace {
public:
    struct Options {
        std::uint64_t keysPerSecondMax = 0; // 0: no bound but that of the writers
        std::chrono::microseconds pausePerCommit{400};
        int pauseRatioMax = 24; // times the work before: at least a twenty-fifth of the time is the job's
    };
    using Pause = std::function<void(std::chrono::milliseconds)>;

    JobPace(const log::Store& store, const Clock& clock, Pause pause, Options options);

    /// Called between pieces of work with the count of keys done since the beginning. True: it has paused for a moment (50 ms at most),
    /// the job looks whether it still should go on, and calls again. False: on with the next piece.
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
    LogIndex m_appliedBefore; // the piece of work
};

} // namespace core::replication
