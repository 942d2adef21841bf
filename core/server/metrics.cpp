#include "core/server/metrics.h"

#include <charconv>
#include <functional>
#include <utility>

namespace core::server {
namespace {

void appendValue(std::string& out, std::string_view name, std::string_view labels, double value)
{
    char text[64];
    const auto [end, error] = std::to_chars(text, text + sizeof text, value);
    out.append(name).append(labels).append(" ");
    out.append(text, end).append("\n");
}

void append(std::string& out, std::string_view name, double value)
{
    out.append("# TYPE ").append(name).append(" gauge\n");
    appendValue(out, name, {}, value);
}

std::string labelOf(std::string_view config)
{
    std::string out = "{snapshot_config_name=\"";
    for (const char c : config) {
        if (c == '"' || c == '\\') out.push_back('\\');
        out.push_back(c);
    }
    return out + "\"}";
}

/// autosnapshots.*, one value a configuration (replication-behaviour.md §13).
void appendSnapshots(std::string& out, const snapshot::AutoSnapshots& snapshots)
{
    using Known = snapshot::AutoSnapshots::Known;
    const auto seconds = [](std::chrono::milliseconds time) { return std::chrono::duration<double>(time).count(); };
    const auto known = snapshots.known();
    const auto add = [&](std::string_view name, const std::function<double(const Known&)>& valueOf, bool needsSpace = false) {
        bool isFirst = true;
        for (const auto& each : known) {
            if (needsSpace && each.localMaxSpace == 0) continue;
            if (std::exchange(isFirst, false)) out.append("# TYPE ").append(name).append(" gauge\n");
            appendValue(out, name, labelOf(each.name), valueOf(each));
        }
    };
    add("vault_autosnapshots_total_snapshot_size", [](const Known& each) { return static_cast<double>(each.status.storedBytes); });
    add("vault_autosnapshots_percent_maxspace_used", [](const Known& each) {
        return 100.0 * static_cast<double>(each.status.storedBytes) / static_cast<double>(each.localMaxSpace);
    }, true);
    add("vault_autosnapshots_save_errors", [](const Known& each) { return static_cast<double>(each.status.errorCount); });
    add("vault_autosnapshots_save_duration", [&](const Known& each) { return seconds(each.status.saveDuration); });
    add("vault_autosnapshots_last_success_time", [](const Known& each) {
        return each.status.snapshotStart == WallTime{} ? 0.0 : static_cast<double>(toUnixSeconds(each.status.snapshotStart));
    });
    add("vault_autosnapshots_snapshot_size", [](const Known& each) { return static_cast<double>(each.status.snapshotBytes); });
    add("vault_autosnapshots_rotate_duration", [&](const Known& each) { return seconds(each.status.rotateDuration); });
    add("vault_autosnapshots_snapshots_in_storage", [](const Known& each) { return static_cast<double>(each.status.storedCount); });
    add("holdfast_autosnapshots_missed_runs", [](const Known& each) { return static_cast<double>(each.status.missedRuns); });
    add("holdfast_autosnapshots_last_proven_time", [](const Known& each) {
        return each.status.provenAt == WallTime{} ? 0.0 : static_cast<double>(toUnixSeconds(each.status.provenAt));
    });
}

} // namespace

std::string metricsText(const log::Store& store, const snapshot::AutoSnapshots& snapshots, const std::vector<Gauge>& more)
{
    const auto statistics = store.statistics();
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
    appendSnapshots(out, snapshots);
    for (const auto& gauge : more) append(out, gauge.name, gauge.value);
    return out;
}

} // namespace core::server
