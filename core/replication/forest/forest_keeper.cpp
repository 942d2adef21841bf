#include "core/replication/forest/forest_keeper.h"

#include "core/base/logging.h"
#include "core/base/memory_wait.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace core::replication {

namespace {

using mount::Response;

constexpr const char* kStateKey = "i/core/replication/forest";
constexpr int kLowPriority = 10;                        // niceness
constexpr int kCheckPauseRatioMax = 9;                  // somebody waits for the answer
constexpr std::chrono::milliseconds kPausePerCommit{2}; // enough also on a slow disk or a busy machine, where few commits happen

/// A job beside traffic must not take the processor from it. If the system refuses, the job runs at the usual priority.
void lowerPriority()
{
    static_cast<void>(::setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), kLowPriority));
}

} // namespace

ForestKeeper::ForestKeeper(Services services) : m_services{std::move(services)} {}

ForestKeeper::~ForestKeeper()
{
    stop();
}

void ForestKeeper::start()
{
    MutexLock operation{m_operation};
    m_isStopping = false;
    const auto stored = m_services.store.reader().get(kStateKey);
    bool hasJob = false;
    {
        MutexLock lock{m_mutex};
        m_state = stored && *stored ? decode(**stored).value_or(State{}) : State{};
        hasJob = m_state.job.has_value();
    }
    if (!hasJob) return;
    logging::info("replication", "continues the comparison of storage and index that was interrupted");
    launch();
}

void ForestKeeper::stop()
{
    {
        MutexLock lock{m_mutex};
        m_isStopping = true;
        m_stopping.notifyAll();
    }
    MutexLock operation{m_operation};
    if (m_thread.joinable()) m_thread.join();
}

void ForestKeeper::pause(std::chrono::milliseconds duration)
{
    if (m_services.background) return m_services.background->pause(duration);
    const auto until = std::chrono::steady_clock::now() + duration;
    MutexLock lock{m_mutex};
    while (!m_isStopping && m_stopping.waitUntil(m_mutex, until)) {}
}

bool ForestKeeper::isRunning() const
{
    MutexLock lock{m_mutex};
    return m_running.has_value();
}

Result<> ForestKeeper::update(const std::function<void(State&)>& change)
{
    MutexLock storing{m_storing};
    State next;
    {
        MutexLock lock{m_mutex};
        next = m_state;
    }
    change(next);
    log::Transaction transaction = m_services.store.begin();
    transaction.put({log::OperationKind::Put, kStateKey, encode(next), {}, {}});
    auto committed = m_services.store.commitAndWait(std::move(transaction));
    if (!committed) return std::move(committed).error();
    MutexLock lock{m_mutex};
    m_state = std::move(next);
    return {};
}

Response ForestKeeper::begin(Job job)
{
    MutexLock operation{m_operation};
    if (m_isStopping) return Response::error(503, "the server is being sealed");
    {
        MutexLock lock{m_mutex};
        if (m_running) return Response::badRequest(m_running->isReindex ? "a reindex is in progress" : "a scrub is in progress");
    }
    job.startedAt = toUnixSeconds(m_services.clock.now());
    if (auto stored = update([&](State& state) { state.job = job; }); !stored) return Response::error(503, core::toString(stored.error()));
    launch();
    return {};
}

void ForestKeeper::launch()
{
    if (m_thread.joinable()) m_thread.join(); // it has ended or is about to: no job is running
    m_isCancelled = false;
    m_progress.stage = ForestProgress::Stage::Scanning;
    m_progress.keysDone = m_progress.keysTotal = 0;
    Job job;
    {
        MutexLock lock{m_mutex};
        job = *m_state.job;
        m_running = job;
        m_runningSince = m_services.clock.steadyNow();
    }
    m_thread = Thread{"forest-job", Thread::OnFailure::End, [this, job = std::move(job)] {
                          const MemoryWait wait; // otherwise nothing would report that the job has ended
                          lowerPriority();
                          run(job);
                      }};
}

JobPace ForestKeeper::pace(JobPace::Options options)
{
    options.pausePerCommit = kPausePerCommit;
    return {m_services.store, m_services.clock, [this](std::chrono::milliseconds duration) { pause(duration); }, options};
}

void ForestKeeper::run(const Job& job)
{
    ForestComparison::Options options;
    if (job.type == Type::Performance) options.trees = merkle::isShared;
    options.opensValues = job.opensValues;
    options.isByLeaf = job.isByLeaf;
    options.repair = job.isByStorage ? ForestComparison::Repair::ByStorage
                     : job.repairs   ? ForestComparison::Repair::Safe
                                     : ForestComparison::Repair::None;
    options.canFetch = m_services.canFetch;
    options.behind = job.behind;
    const auto noteDone = [this](const std::string& tree) {
        const auto stored = update([&](State& state) {
            if (state.job) state.job->behind = tree;
        });
        static_cast<void>(stored.has_value()); // if it fails, this tree is compared again after a restart
    };
    JobPace jobPace = pace({.keysPerSecondMax = job.keysPerSecondMax});
    ForestComparison comparison{m_services.store,
                                m_services.hasher,
                                std::move(options),
                                m_progress,
                                {[this] { return m_isStopping || m_isCancelled; }, noteDone, [&](std::uint64_t keys) { return jobPace.hold(keys); }}};
    auto report = comparison.run();
    Result<> concluded;
    if (report) concluded = conclude(job, *report);
    const auto error = !report ? std::optional{report.error()} : !concluded ? std::optional{concluded.error()} : std::nullopt;
    // A stop leaves the job stored, for the next start.
    const bool isInterrupted = error && m_isStopping;
    if (error && !isInterrupted) static_cast<void>(update([](State& state) { state.job.reset(); }).has_value());
    if (error && !isInterrupted && !m_isCancelled) {
        logging::error("replication", "the comparison of storage and index ended", {{"error", core::toString(*error)}});
    }
    MutexLock lock{m_mutex};
    Outcome outcome;
    outcome.isReindex = job.isReindex;
    outcome.text = !error ? "done" : error->code == ErrorCode::Cancelled ? "cancelled" : core::toString(*error);
    outcome.finishedAt = toUnixSeconds(m_services.clock.now());
    outcome.took = std::chrono::duration_cast<std::chrono::milliseconds>(m_services.clock.steadyNow() - m_runningSince);
    if (report) outcome.report = std::move(*report);
    m_outcome = std::move(outcome);
    m_running.reset();
}

Result<> ForestKeeper::conclude(const Job& job, const ForestReport& report)
{
    if (!report.isClean()) {
        logging::warn("replication", "storage and index differed",
                      {{"index", std::to_string(report.indexCount)},
                       {"damaged", std::to_string(report.damagedCount)},
                       {"lost", std::to_string(report.lostCount)},
                       {"repaired", std::to_string(report.repairedCount)}});
    }
    const auto now = toUnixSeconds(m_services.clock.now());
    const bool isRepaired = report.repairedCount == report.indexCount + report.damagedCount + report.lostCount;
    const bool isWhole = job.behind.empty() && job.type != Type::Performance;
    auto stored = update([&](State& next) {
        next.job.reset();
        if (isWhole) {
            next.checkedAt = now;
            next.isSharedCorrupted = !isRepaired && !report.shared.leaves.empty();
            next.isLocalCorrupted = !isRepaired && !report.local.leaves.empty();
        }
        if (!job.isReindex) return;
        next.reindexedShared = now;
        if (job.type != Type::Performance) next.reindexedAll = now;
    });
    if (!stored) return stored;
    // A checkpoint stores the sums that were computed again.
    if (job.isReindex ? !job.skipsFlush : report.unsoundPages > 0 && job.repairs) return m_services.store.checkpoint();
    return {};
}

Response ForestKeeper::startScrub(const ScrubOptions& options)
{
    Job job;
    job.keysPerSecondMax = options.keysPerSecondMax;
    job.opensValues = options.opensValues;
    job.repairs = options.repairs;
    return begin(std::move(job));
}

Response ForestKeeper::cancelScrub()
{
    MutexLock lock{m_mutex};
    if (!m_running) return Response::badRequest("no scrub is in progress");
    if (m_running->isReindex) return Response::badRequest("a reindex is in progress; it cannot be cancelled");
    m_isCancelled = true;
    return {};
}

Response ForestKeeper::reindex(const ReindexOptions& options)
{
    Job job;
    job.isReindex = true;
    job.type = options.type;
    job.isByLeaf = options.isByLeaf;
    job.isByStorage = options.isByStorage;
    job.skipsFlush = options.skipsFlush;
    auto response = begin(std::move(job));
    if (!response.isError) {
        response.warnings.push_back("The index is being compared with the storage and repaired. The cluster stays available; "
                                    "status shows the progress.");
    }
    return response;
}

Response ForestKeeper::merkleCheck()
{
    ForestProgress progress;
    JobPace jobPace = pace({.pauseRatioMax = kCheckPauseRatioMax});
    ForestComparison comparison{m_services.store,
                                m_services.hasher,
                                {},
                                progress,
                                {[this] { return m_isStopping.load(); }, {}, [&](std::uint64_t keys) { return jobPace.hold(keys); }}};
    auto report = comparison.run();
    if (!report) return Response::error(503, core::toString(report.error()));
    const WallTime now = m_services.clock.now();
    const auto note = [&](State& state) {
        state.checkedAt = toUnixSeconds(now);
        state.isSharedCorrupted = !report->shared.leaves.empty() || !report->shared.unsoundPages.empty();
        state.isLocalCorrupted = !report->local.leaves.empty() || !report->local.unsoundPages.empty();
    };
    if (auto stored = update(note); !stored) {
        logging::warn("replication", "the outcome of the check was not stored", {{"error", core::toString(stored.error())}});
        MutexLock lock{m_mutex};
        note(m_state); // a store that refuses writes can still be checked
    }
    return Response::ofData({{"merkle_corruption_report", checkReport(*report, now)}});
}

} // namespace core::replication
