#pragma once

#include "core/barrier/scope.h"
#include "core/base/mutex.h"
#include "core/snapshot/schedule.h"
#include "core/snapshot/snapshots.h"

namespace core::snapshot {

/// The automatic snapshots of one cluster: their configurations (local data: a performance secondary has its own, a DR
/// secondary inherits them), and the runs. Thread-safe.
class AutoSnapshots {
public:
    AutoSnapshots(log::Store& store, const barrier::Barrier& barrier, Snapshots& snapshots, const Clock& clock);

    // In a request's transaction
    Result<std::vector<std::string>> names(const barrier::Scope& scope) const;
    Result<std::optional<ScheduleConfig>> config(const barrier::Scope& scope, std::string_view name) const;
    Result<ScheduleStatus> status(const barrier::Scope& scope, std::string_view name) const;
    Result<> put(const barrier::Scope& scope, const ScheduleConfig& config) const;
    Result<> erase(const barrier::Scope& scope, std::string_view name) const;

    /// Makes what is due; blocking, for a worker thread, about once a second. Runs that could not be made in time are
    /// counted, not made up for: the next one follows on the cadence.
    void tick(const Snapshots::Identity& identity) CORE_EXCLUDES(m_mutex);

    struct Totals {
        std::uint64_t errorCount = 0, successCount = 0, lastBytes = 0;
        std::int64_t lastSuccessUnix = 0;
    };
    Totals totals() const CORE_EXCLUDES(m_mutex);

private:
    void run(const ScheduleConfig& config, ScheduleStatus status, WallTime now, const Snapshots::Identity& identity);
    Result<std::uint64_t> saveLocal(const ScheduleConfig& config, WallTime now, const Snapshots::Identity& identity,
                                    std::string& url);
    Result<> writeStatus(const ScheduleConfig& config, const ScheduleStatus& status);

    log::Store& m_store;
    const barrier::Barrier& m_barrier;
    Snapshots& m_snapshots;
    const Clock& m_clock;

    Mutex m_running; // one run at a time
    mutable Mutex m_mutex; // leaf lock
    Totals m_totals CORE_GUARDED_BY(m_mutex);
};

} // namespace core::snapshot
