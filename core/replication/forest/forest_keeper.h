#pragma once

#include "core/base/mutex.h"
#include "core/mount/response.h"
#include "core/replication/forest/forest_comparison.h"
#include "core/replication/forest/job_pace.h"
#include "core/replication/seams/worker.h"

#include <boost/json/object.hpp>

namespace core::replication {

/// Looks after the forest: scrub, reindex and merkle-check.
///
/// A scrub or reindex runs on its own thread, at low priority, one at a time. All jobs slow down while others write (job_pace.h). The job
/// and its progress are stored, so it continues after a restart. The outcome of the last check and the times in the status are stored too.
/// Operations return whole answers. Thread-safe. start() and stop() belong to the owner. The barrier must be open between them.
class ForestKeeper {
public:
    struct Services {
        log::Store& store;
        const LeafHasher& hasher;
        const Clock& clock;
        merkle::TreeFilter canFetch;      // a primary also holds this tree's values
        Background* background = nullptr; // its pause() slows a job; null: the job waits on its own, until stop()
    };
    explicit ForestKeeper(Services services);
    ~ForestKeeper();

    /// Continues a job that a restart or a seal interrupted.
    void start();
    /// Interrupts a running job and waits until it has ended.
    void stop();

    struct ScrubOptions {
        std::uint64_t keysPerSecondMax = 0; // 0: no limit except the pauses for writers
        bool opensValues = true;
        bool repairs = true;
    };
    mount::Response startScrub(const ScrubOptions& options);
    mount::Response scrubStatus() const;
    mount::Response cancelScrub();

    struct ReindexOptions {
        std::optional<Type> type; // nothing: both
        bool isByLeaf = false;    // `diff`
        bool isByStorage = false; // `force`
        bool skipsFlush = false;  // `skip_flush`
    };
    mount::Response reindex(const ReindexOptions& options);
    /// Runs on the calling thread. Takes about a second per million keys, many times that beside many writers.
    mount::Response merkleCheck();

    /// Adds the type's status: last check, last reindex, progress of a running one.
    void describe(Type type, boost::json::object& status) const;
    /// The progress of a reindex and a scrub, by the name of the metric. Zeros if none runs.
    std::vector<std::pair<std::string, double>> metrics() const;
    /// Whether a scrub or reindex runs.
    bool isRunning() const;

private:
    struct Job {
        bool isReindex = false;
        std::optional<Type> type;
        bool isByLeaf = false, isByStorage = false, skipsFlush = false;
        std::uint64_t keysPerSecondMax = 0;
        bool opensValues = true, repairs = true;
        std::int64_t startedAt = 0; // Unix seconds
        std::string behind;         // trees up to this one are done
    };
    /// The content of the stored row.
    struct State {
        std::optional<Job> job;
        std::int64_t checkedAt = 0; // Unix seconds; 0: never
        bool isSharedCorrupted = false, isLocalCorrupted = false;
        std::int64_t reindexedShared = 0, reindexedAll = 0;
    };
    static std::string encode(const State& state);
    static std::optional<State> decode(std::string_view text);
    /// Stores a changed state, then adopts it. If storing fails, the state does not change.
    Result<> update(const std::function<void(State&)>& change) CORE_EXCLUDES(m_storing, m_mutex);

    mount::Response begin(Job job) CORE_EXCLUDES(m_mutex);
    void launch() CORE_REQUIRES(m_operation) CORE_EXCLUDES(m_mutex);
    void run(const Job& job) CORE_EXCLUDES(m_mutex);
    JobPace pace(JobPace::Options options);
    void pause(std::chrono::milliseconds duration) CORE_EXCLUDES(m_mutex);
    Result<> conclude(const Job& job, const ForestReport& report) CORE_EXCLUDES(m_mutex);
    boost::json::object checkReport(const ForestReport& report, WallTime at) const;

    const Services m_services;
    ForestProgress m_progress;
    std::atomic<bool> m_isStopping{false};
    std::atomic<bool> m_isCancelled{false};

    Mutex m_operation;     // one operation at a time; before m_storing
    Mutex m_storing;       // one change of what is stored at a time; before m_mutex
    mutable Mutex m_mutex; // leaf lock
    Condition m_stopping;
    State m_state CORE_GUARDED_BY(m_mutex);
    std::optional<Job> m_running CORE_GUARDED_BY(m_mutex); // until all of it is done, which is later than the stored state says
    SteadyTime m_runningSince CORE_GUARDED_BY(m_mutex);
    struct Outcome {
        bool isReindex = false;
        std::string text; // "done", "cancelled", or the error
        std::int64_t finishedAt = 0;
        std::chrono::milliseconds took{0};
        ForestReport report;
    };
    std::optional<Outcome> m_outcome CORE_GUARDED_BY(m_mutex); // of the last one that this process ran
    Thread m_thread CORE_GUARDED_BY(m_operation);
};

} // namespace core::replication
