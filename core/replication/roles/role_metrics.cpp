#include "core/replication/roles/role_reports.h"

#include <algorithm>

namespace core::replication {

namespace {

template<class Value>
void add(std::vector<Metric>& out, const std::string& name, Value value, bool isCounter = false)
{
    out.push_back({name, static_cast<double>(value), isCounter});
}

/// Official servers count these calls by the names of their RPCs. Here they are frames, and one hello counts as several of them.
void addCalls(std::vector<Metric>& out, const LinkStatus& performance, const LinkStatus& dr)
{
    const auto count = [&out](const std::string& name, std::uint64_t value) { add(out, "vault." + name, value, true); };
    LinkCounts server = performance.asPrimary;
    server += dr.asPrimary;
    const std::string asServer = "replication.rpc.server.";
    count(asServer + "auth_request", server.authenticated);
    count(asServer + "bootstrap_request", server.bootstraps);
    count(asServer + "guard_hash_request", server.hellos);
    count(asServer + "stream_wals_request", server.guardsFound);
    count(asServer + "conflicting_pages_request", server.guardsMissing);
    count(asServer + "sub_page_hashes_request", server.pageLeaves);
    count(asServer + "echo", performance.asPrimary.heartbeats);
    count(asServer + "forwarding_request", server.forwards);
    count("replication.rpc.dr.server.echo", dr.asPrimary.heartbeats);
    count("replication.rpc.dr.server.fetch_keys_request", dr.asPrimary.guardsMissing);
    count("logshipper.streamWALs.guard_found", server.guardsFound);
    count("logshipper.streamWALs.missing_guard", server.guardsMissing);
    LinkCounts client = performance.asSecondary;
    client += dr.asSecondary;
    const std::string asClient = "replication.rpc.client.";
    count(asClient + "guard_hash", client.hellos);
    count(asClient + "stream_wals", client.records);
    count(asClient + "conflicting_pages", client.guardsMissing);
    count(asClient + "sub_page_hashes", client.pageLeaves);
    count(asClient + "fetch_keys", client.entries);
    count(asClient + "forward", client.forwards);
}

} // namespace

std::vector<Metric> RoleReports::metrics() const
{
    std::vector<Metric> metrics;
    LinkStatus reports[2];
    for (const Type type : {Type::Performance, Type::Dr}) {
        LinkStatus& report = reports[type == Type::Dr];
        report = m_roles.report(type);
        const auto is = [&](Mode mode) { return m_roles.mode(type) == mode && m_roles.isPlayed(type); };
        const std::string role = "vault.core.replication." + std::string{toString(type)};
        add(metrics, role + ".primary", is(Mode::Primary));
        add(metrics, role + ".secondary", is(Mode::Secondary));
        if (is(Mode::Primary)) {
            const WallTime now = m_services.clock.now();
            std::chrono::milliseconds silence{0}; // of the secondary that has been silent for longest
            for (const auto& secondary : report.secondaries) {
                if (!secondary.isConnected) continue;
                silence = std::max(silence, std::chrono::duration_cast<std::chrono::milliseconds>(now - secondary.peer.heardAt));
            }
            if (type == Type::Performance) add(metrics, "vault.replication.rpc.server.last_heartbeat", silence.count());
            add(metrics, "holdfast.replication." + std::string{toString(type)} + ".connected_secondaries",
                std::ranges::count_if(report.secondaries, [](const auto& each) { return each.isConnected; }));
        }
        if (!is(Mode::Secondary)) continue;
        add(metrics, "vault.replication.fsm.last_remote_wal", report.position.lastRelevantIndex.value());
        add(metrics, "vault.replication.fsm.last_upstream_remote_wal", report.primary.lastRelevantIndex.value());
        if (report.canaryAge) add(metrics, "holdfast.replication.lag_ms", report.canaryAge->count());
        add(metrics, "vault.replication.fetchRemoteKeys", report.asSecondary.entries, true);
        add(metrics, "vault.replication.merkleDiff", report.statistics.reconcileCount, true);
        add(metrics, "holdfast.replication.entries_applied", report.statistics.entriesApplied, true);
        add(metrics, "holdfast.replication.entries_rejected", report.statistics.entriesRejected, true);
        add(metrics, "holdfast.replication.roots_different", report.statistics.rootsDifferent, true);
    }
    addCalls(metrics, reports[0], reports[1]);
    return metrics;
}

} // namespace core::replication
