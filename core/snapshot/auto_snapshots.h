#pragma once

#include "core/barrier/scope.h"
#include "core/base/mutex.h"
#include "core/snapshot/schedule.h"
#include "core/snapshot/snapshots.h"

namespace core::snapshot {

/// The automatic snapshots of one cluster: their configurations and their runs. Configurations are local data: a performance secondary has its own, a
/// DR secondary inherits them. Thread-safe.
class AutoSnapshots {
public:
    /// All must outlive this object.
    AutoSnapshots(log::Store& store, const barrier::Barrier& barrier, Snapshots& snapshots, const Clock& clock);

    // In a request's transaction
    Result<std::vector<std::string>> names(const barrier::Scope& scope) const;
    Result<std::optional<ScheduleConfig>> config(const barrier::Scope& scope, std::string_view name) const;
    Result<ScheduleStatus> status(const barrier::Scope& scope, std::string_view name) const;
    Result<> put(const barrier::Scope& scope, const ScheduleConfig& config) const;
    Result<> erase(const barrier::Scope& scope, std::string_view name) const;

    /// Checks that snapshots can be stored at the configured destination: a small file is written, read back and removed. Blocking; it can take about
    /// 30 s if there is no answer. Errors: those of a Destination.
    Result<> tryDestination(const ScheduleConfig& config) const;

    /// Makes the snapshots that are due. Blocking, for a worker thread, about once a second. Missed runs are counted and not made later; the next one
    /// keeps the schedule.
    void tick(const Snapshots::Identity& identity) CORE_EXCLUDES(m_mutex);
    /// A running transfer ends soon, and no new run begins. Any thread.
    void cancel() { m_cancellation.cancel(); }

    /// The state of each configuration at the last tick, for metrics.
    struct Known {
        std::string name;
        std::uint64_t localMaxSpace = 0; // 0: no limit
        ScheduleStatus status;
        std::chrono::seconds interval{0};
    };
    std::vector<Known> known() const CORE_EXCLUDES(m_mutex);

private:
    struct Saved {
        std::string url;
        std::uint64_t bytes = 0;
    };
    ScheduleStatus look(const ScheduleConfig& config, ScheduleStatus status, WallTime now, const Snapshots::Identity& identity);
    void run(const ScheduleConfig& config, ScheduleStatus& status, WallTime now, const Snapshots::Identity& identity);
    Result<Saved> save(const ScheduleConfig& config, ScheduleStatus& status, WallTime now, const Snapshots::Identity& identity);
    Result<> prove(Destination& destination, const Destination::File& kept, ScheduleStatus& status);
    Result<> writeStatus(const ScheduleConfig& config, const ScheduleStatus& status);

    log::Store& m_store;
    const barrier::Barrier& m_barrier;
    Snapshots& m_snapshots;
    const Clock& m_clock;
    Cancellation m_cancellation;

    Mutex m_running;       // one run at a time
    mutable Mutex m_mutex; // leaf lock
    std::vector<Known> m_known CORE_GUARDED_BY(m_mutex);
    /// Statuses that could not be stored, by name. The likely reason is the one that they report.
    std::map<std::string, ScheduleStatus, std::less<>> m_unwritten CORE_GUARDED_BY(m_mutex);
};

} // namespace core::snapshot
