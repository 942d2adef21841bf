// What each metric means: the HELP lines of Prometheus' text form.
#include "core/server/process/metrics.h"

#include <utility>

namespace core::server {
namespace {

using Help = std::pair<std::string_view, std::string_view>;

constexpr Help kWholeNames[] = {
    {"holdfast_autosnapshots_interval_seconds", "Time between two automatic snapshots."},
    {"holdfast_autosnapshots_last_proven_time", "When a trial restore last proved a snapshot of this schedule, in seconds since 1970; 0: never."},
    {"holdfast_autosnapshots_missed_runs", "Runs of this schedule that did not take place."},
    {"holdfast_forest_bytes", "Memory of the digests of all data."},
    {"holdfast_forest_leaves", "Keys that the digests cover."},
    {"holdfast_listener_certificate_expiry", "When the first certificate of a listener ends, in seconds since 1970."},
    {"holdfast_log_bytes", "Size of the log on disk."},
    {"holdfast_log_segments", "Files of the log."},
    {"holdfast_logshipper_buffer_hits", "Records that a link found in memory."},
    {"holdfast_logshipper_buffer_misses", "Records that a link read from disk."},
    {"holdfast_replication_entries_applied", "Entries of its primary that this secondary has applied."},
    {"holdfast_replication_entries_rejected", "Entries of its primary that did not fit, and are compared again."},
    {"holdfast_replication_horizon_seconds_min", "The shortest time that a member can be away and still continue from the log."},
    {"holdfast_replication_lag_ms", "Age of what this secondary has of its primary."},
    {"holdfast_replication_roots_different", "Comparisons in which the data of the two clusters differed."},
    {"holdfast_replication_scrub_in_progress", "1 while stored data is compared with its digests."},
    {"holdfast_replication_scrub_keys_done", "Keys that this comparison has done."},
    {"holdfast_replication_scrub_keys_total", "Keys that it will do."},
    {"holdfast_store_commits", "Transactions that were committed."},
    {"vault_audit_log_request", "Milliseconds to write the entries of requests to all audit devices."},
    {"vault_audit_log_request_failure", "Entries of requests that no audit device could write."},
    {"vault_audit_log_response", "Milliseconds to write the entries of answers to all audit devices."},
    {"vault_audit_log_response_failure", "Entries of answers that no audit device could write."},
    {"vault_autopilot_healthy", "1: all nodes of the cluster are healthy. It has one."},
    {"vault_autosnapshots_last_success_time", "When the last automatic snapshot was begun that succeeded, in seconds since 1970; 0: never."},
    {"vault_autosnapshots_percent_maxspace_used", "Part of local_max_space that the snapshots take, in percent."},
    {"vault_autosnapshots_rotate_duration", "Seconds to remove snapshots above retain, last time."},
    {"vault_autosnapshots_save_duration", "Seconds to save the last snapshot."},
    {"vault_autosnapshots_save_errors", "Automatic snapshots that failed."},
    {"vault_autosnapshots_snapshot_size", "Bytes of the last snapshot."},
    {"vault_autosnapshots_snapshots_in_storage", "Snapshots that are kept."},
    {"vault_autosnapshots_total_snapshot_size", "Bytes of all snapshots that are kept."},
    {"vault_core_active", "1: this node serves its cluster."},
    {"vault_core_handle_login_request", "Milliseconds from the arrival to the answer of logins."},
    {"vault_core_handle_request", "Milliseconds from the arrival to the answer of requests."},
    {"vault_core_in_flight_requests", "Requests that run now."},
    {"vault_core_performance_standby", "Always 0: a cluster has one node."},
    {"vault_core_unsealed", "1: unsealed, 0: sealed."},
    {"vault_core_replication_build_progress", "Keys that the present reindex has done."},
    {"vault_core_replication_build_total", "Keys that the present reindex will do."},
    {"vault_core_replication_reindex_stage", "Stage of the present reindex; 0: none."},
    {"vault_core_replication_write_undo_logs", "Always 0: links need no undo logs."},
    {"vault_expire_num_leases", "Leases of this cluster, tokens included, when they were last counted."},
    {"vault_identity_num_entities", "Entities when they were last counted."},
    {"vault_policy_get_policy", "Milliseconds to get the policies of a request."},
    {"vault_quota_lease_count_counter", "Leases and tokens that count for this quota."},
    {"vault_quota_rate_limit_violation", "Requests that this quota has refused."},
    {"vault_replication_fetchRemoteKeys", "Entries that were fetched from the primary because they differed."},
    {"vault_replication_fsm_last_remote_wal", "Place in the primary's log up to which this secondary has everything."},
    {"vault_replication_fsm_last_upstream_remote_wal", "End of the primary's log as it was last told."},
    {"vault_replication_merkleDiff", "Comparisons of the data with the primary."},
    {"vault_replication_merkle_commit_index", "Place in the log up to which the digests are right."},
    {"vault_replication_rpc_server_last_heartbeat", "Milliseconds since the quietest connected secondary was heard."},
    {"vault_replication_wal_last_dr_wal", "Last place in the log that DR secondaries need."},
    {"vault_replication_wal_last_performance_wal", "Last place in the log that performance secondaries need."},
    {"vault_replication_wal_last_wal", "End of the log."},
    {"vault_runtime_alloc_bytes", "Bytes of the heap in use."},
    {"vault_runtime_num_goroutines", "Threads of the process."},
    {"vault_runtime_sys_bytes", "Bytes that the heap has from the operating system."},
    {"vault_secret_kv_count", "Secrets of a kv mount when they were last counted."},
    {"vault_token_count", "Service tokens when they were last counted."},
    {"vault_token_count_by_auth", "Service tokens by the auth method that made them, when they were last counted."},
    {"vault_token_count_by_policy", "Service tokens by policy, when they were last counted."},
    {"vault_token_count_by_ttl", "Service tokens by the class of their lifetime at creation, when they were last counted."},
    {"vault_token_creation", "Tokens that were made."},
    {"vault_token_lookup", "Milliseconds to find the token of a request."},
    {"vault_wal_flushReady_queue_len", "Transactions that wait for the log."},
    {"vault_wal_loadWAL_count", "Records that a link needed and that were only on disk."},
    {"vault_wal_persistWALs", "Milliseconds to write and sync a group of transactions."}};

/// For names with a part that varies.
constexpr Help kBeginnings[] = {{"holdfast_replication_links_", "Links of this cluster with this verdict."},
                                {"holdfast_replication_", "Connected secondaries of this kind."},
                                {"vault_core_replication_", "1: this cluster has this role."},
                                {"vault_logshipper_buffer_", "Newest records of the log in memory for links: their number or bytes, or the bound."},
                                {"vault_logshipper_streamWALs_", "Secondaries that could, or could not, continue from their place in the log."},
                                {"vault_replication_rpc_", "Calls between clusters of this kind."},
                                {"vault_route_", "Milliseconds that the backend of a mount took for this operation."}};

} // namespace

std::string_view helpOf(std::string_view name)
{
    for (const auto& [known, help] : kWholeNames) {
        if (known == name) return help;
    }
    for (const auto& [start, help] : kBeginnings) {
        if (name.starts_with(start)) return help;
    }
    return "No description.";
}

} // namespace core::server
