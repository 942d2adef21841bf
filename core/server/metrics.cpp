#include "core/server/metrics.h"

#include <charconv>

namespace core::server {
namespace {

void append(std::string& out, std::string_view name, double value)
{
    char text[64];
    const auto [end, error] = std::to_chars(text, text + sizeof text, value);
    out.append("# TYPE ").append(name).append(" gauge\n").append(name).append(" ");
    out.append(text, end).append("\n");
}

} // namespace

std::string metricsText(const log::Store& store, const snapshot::AutoSnapshots& snapshots, const std::vector<Gauge>& more)
{
    const auto statistics = store.statistics();
    const auto totals = snapshots.totals();
    std::string out;
    append(out, "vault_core_active", 1);
    append(out, "vault_core_unsealed", 1);
    append(out, "vault_replication_wal_last_wal", static_cast<double>(store.appliedIndex().value()));
    append(out, "vault_replication_wal_last_performance_wal", static_cast<double>(store.lastSharedIndex().value()));
    append(out, "vault_replication_wal_last_dr_wal", static_cast<double>(store.lastReplicatedIndex().value()));
    append(out, "holdfast_store_commits", static_cast<double>(statistics.commitCount));
    append(out, "holdfast_store_groups", static_cast<double>(statistics.groupCount));
    append(out, "holdfast_store_queued", static_cast<double>(statistics.queuedCount));
    append(out, "holdfast_log_bytes", static_cast<double>(statistics.logBytes));
    append(out, "holdfast_log_segments", static_cast<double>(statistics.segmentCount));
    append(out, "holdfast_log_sync_seconds", std::chrono::duration<double>(statistics.syncTime).count());
    append(out, "holdfast_forest_leaves", static_cast<double>(statistics.leafCount));
    append(out, "holdfast_forest_bytes", static_cast<double>(statistics.forestBytes));
    append(out, "vault_autosnapshots_save_errors", static_cast<double>(totals.errorCount));
    append(out, "vault_autosnapshots_snapshot_size", static_cast<double>(totals.lastBytes));
    append(out, "vault_autosnapshots_last_success_time", static_cast<double>(totals.lastSuccessUnix));
    for (const auto& gauge : more) append(out, gauge.name, gauge.value);
    return out;
}

} // namespace core::server
