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
/// A scrub or a reindex runs on a thread of its own, at low priority, one at a time; all of them stand back while others write
/// (job_pace.h). That it runs and how far it is, is stored, so it goes
/// on after a restart; so are the outcome of the last check and the times that status shows. Operations return whole answers.
/// Thread-safe. start() and stop() belong to the owner; between them the barrier is open.
class ForestKeeper {
public:
    struct Services {
        log::Store& store;
        const LeafHasher& hasher;
        const Clock& clock;
        merkle::TreeFilter canFetch;      // a primary holds this tree's values too
        Background* background = nullptr; // whose pause() a job stands back with; null: it waits for stop() meanwhile
    };
    explicit ForestKeeper(Services services);
    ~ForestKeeper();

    /// Goes on with what a restart or a seal interrupted.
    void start();
    /// Interrupts what runs, and waits for that.
    void stop();

    struct ScrubOptions {
        std::uint64_t keysPerSecondMax = 0; // 0: as fast as the writers allow
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
    /// Runs here; blocks for about a second per million keys, many times that beside many writers.
    mount::Response merkleCheck();

    /// Adds what status shows of the type: last check, last reindex, progress of a running one.
    void describe(Type type, boost::json::object& status) const;
    /// How far a reindex and a scrub are, by the name of the metric; zeros where none runs.
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
    /// What is stored.
    struct State {
        std::optional<Job> job;
        std::int64_t checkedAt = 0; // Unix seconds; 0: never
        bool isSharedCorrupted = false, isLocalCorrupted = false;
        std::int64_t reindexedShared = 0, reindexedAll = 0;
    };
    static std::string encode(const State& state);
    static std::optional<State> decode(std::string_view text);
    /// Stores a changed state and takes it up; not where it could not be stored.
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
    std::optional<Job> m_running CORE_GUARDED_BY(m_mutex); // until all of it is done, which is later than what is stored
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
