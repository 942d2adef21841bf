#include "core/server/node/unsealed_cluster.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <filesystem>
#include <iterator>

// Facts about this cluster for other members and for operators.

namespace core::server {

namespace json = boost::json;
using mount::TableKind;

std::function<std::string(std::string_view key)> UnsealedCluster::pathNames() const
{
    std::map<std::string, mount::MountEntry, std::less<>> folders; // by "logical/<uuid>/"
    log::Transaction transaction = m_services.store.begin();
    const barrier::Scope scope{transaction, m_services.barrier, {}};
    for (const auto kind : {TableKind::Secrets, TableKind::Auth}) {
        const std::string area = kind == TableKind::Secrets ? "logical/" : "auth/";
        const auto entries = m_mounts.entries(scope, kind);
        if (!entries) continue; // then physical keys are shown
        for (const auto& entry : *entries) folders.emplace(area + entry.uuid + "/", entry);
    }
    return [folders = std::move(folders)](std::string_view key) {
        key.remove_prefix(std::min<std::size_t>(2, key.size())); // the storage class
        const auto area = key.find('/');
        const auto end = area == std::string_view::npos ? area : key.find('/', area + 1);
        if (end != std::string_view::npos) {
            if (const auto found = folders.find(key.substr(0, end + 1)); found != folders.end()) {
                auto rest = key.substr(end + 1);
                // The keys of a kv engine: values/<path>, or metadata/<path> and versions/<path>/<number>.
                if (found->second.type == "kv" && rest.starts_with("values/")) rest.remove_prefix(7);
                return found->second.path + std::string{rest};
            }
        }
        return std::string{key};
    };
}

replication::MemberServices::Preparation UnsealedCluster::preparation() const
{
    replication::MemberServices::Preparation out;
    log::Transaction transaction = m_services.store.begin();
    const barrier::Scope scope{transaction, m_services.barrier, {}};
    if (const auto count = m_operationTokens.count(scope)) out.operationTokenCount = static_cast<int>(*count);
    out.isTokenGenerationClosed = !m_services.options.config.isOpenWithoutToken("generate-operation-token");
    const auto names = m_autoSnapshots.names(scope);
    for (const auto& name : names ? *names : std::vector<std::string>{}) {
        const auto status = m_autoSnapshots.status(scope, name);
        if (!status || status->provenAt <= out.snapshotProvenAt) continue;
        out.snapshotProvenAt = status->provenAt;
        out.snapshotUrl = status->provenUrl;
    }
    // The evidence of the last drill, which a DR secondary stores only for itself.
    if (const auto stored = scope.ignored("core/replication/dr/").get("drill"); stored && *stored) {
        json::error_code failed;
        const auto evidence = json::parse(**stored, failed);
        const auto text = [&](const char* name) {
            const auto* value = !failed && evidence.is_object() ? evidence.get_object().if_contains(name) : nullptr;
            return value && value->is_string() ? std::string{value->get_string()} : std::string{};
        };
        out.drillTime = text("ended_at").empty() ? text("started_at") : text("ended_at");
        out.drillState = text("state");
    }
    return out;
}

cluster::Preflight::Services::Room UnsealedCluster::storageRoom() const
{
    cluster::Preflight::Services::Room room;
    const auto& path = m_services.options.config.storage.path;
    std::error_code failed;
    const auto space = std::filesystem::space(path.empty() ? std::filesystem::temp_directory_path(failed) : path, failed);
    if (!failed) room.freeBytes = space.available;
    for (std::filesystem::recursive_directory_iterator at{path, failed}, end; !failed && at != end; at.increment(failed)) {
        std::error_code gone; // a segment can be dropped at the same time
        const auto size = at->is_regular_file(gone) ? at->file_size(gone) : 0;
        if (!gone) room.usedBytes += size;
    }
    return room;
}

quota::LeaseCounts::Lease UnsealedCluster::leaseForQuotas(std::string_view leaseId) const
{
    const auto saltedId = token::saltedIdOfLease(leaseId);
    if (!saltedId) return {};
    log::Transaction transaction = m_services.store.begin();
    const auto entry = m_tokens.findBySaltedId({transaction, m_services.barrier, {}}, *saltedId, m_services.clock.now());
    if (!entry || !*entry) return {}; // it counts until its row is removed
    return {.isCounted = !(*entry)->isRoot(), .role = quota::roleOf((*entry)->metadata)};
}

std::vector<std::string> UnsealedCluster::mountConflicts() const
{
    std::vector<std::string> out;
    for (const auto& conflict : m_mounts.conflicts()) out.push_back(mount::conflictText(conflict));
    for (const auto& conflict : m_audit.conflicts()) out.push_back(mount::conflictText(conflict));
    return out;
}

replication::LocalMounts UnsealedCluster::localMounts() const
{
    replication::LocalMounts out;
    for (const auto& route : m_router.routes()) {
        if (route->entry.isLocal && route->entry.type != "cubbyhole") out.emplace_back(static_cast<unsigned>(route->kind), route->entry.path);
    }
    for (auto& path : m_audit.localPaths()) out.emplace_back(static_cast<unsigned>(TableKind::Audit), std::move(path));
    return out;
}

std::string UnsealedCluster::sharedMountRefusal(TableKind kind, const std::string& path) const
{
    const auto id = m_peers.reports().whoHasMounted(static_cast<unsigned>(kind), path);
    if (id.empty()) return {};
    return "path is already in use: the performance secondary \"" + id + "\" has a local " + mount::conflictText({kind, path, path}) +
           " or one that overlaps it, which the shared one would meet there. Disable or move the local one on that cluster, or choose another path";
}

void UnsealedCluster::describe(sys::Health& health) const
{
    health.isDrSecondary = m_replication.isDrSecondary();
    health.performanceMode = replication::toString(m_replication.roles().mode(replication::Type::Performance));
    health.drMode = replication::toString(m_replication.roles().mode(replication::Type::Dr));
    if (auto lag = m_replication.reports().lag()) {
        health.following = sys::Following{
            .type = std::string{replication::toString(lag->type)}, .isConnected = lag->isConnected, .lag = lag->age, .clockSkew = lag->clockSkew};
    }
    health.auditFailure = m_audit.failure();
    if (const auto warnings = m_promotions.warnings(); !warnings.empty()) health.twoPrimaries = warnings.front();
    const auto self = identity();
    health.clusterName = self.name;
    health.clusterId = self.id;
}

std::vector<Measure> UnsealedCluster::measures() const
{
    auto all = storeMeasures(m_services.store);
    std::ranges::move(snapshotMeasures(m_autoSnapshots), std::back_inserter(all));
    for (auto& metric : m_replication.reports().metrics()) {
        all.push_back({std::move(metric.name), metric.value, metric.isCounter ? Measure::Kind::Counter : Measure::Kind::Gauge});
    }
    for (auto& [name, value] : m_forestKeeper.metrics()) all.push_back({std::move(name), value, Measure::Kind::Gauge});
    std::ranges::move(requestMeasures(m_meters, m_audit), std::back_inserter(all));
    std::ranges::move(m_census.measures(), std::back_inserter(all));
    std::ranges::move(processMeasures(), std::back_inserter(all));
    all.push_back({"vault.core.in_flight_requests", static_cast<double>(m_services.inFlight().size()), Measure::Kind::Gauge});
    all.push_back({"vault.autopilot.healthy", 1, Measure::Kind::Gauge}); // the only node answers
    for (auto& metric : m_peers.links().metrics()) all.push_back({std::move(metric.name), metric.value, Measure::Kind::Gauge});
    for (const auto& [name, count] : m_quotas.rates().refusals()) {
        all.push_back({"vault.quota.rate_limit.violation", static_cast<double>(count), Measure::Kind::Counter, {{"name", name}}});
    }
    for (const auto& [name, count] : m_quotas.leases().counts()) {
        all.push_back({"vault.quota.lease_count.counter", static_cast<double>(count), Measure::Kind::Gauge, {{"name", name}}});
    }
    return all;
}

} // namespace core::server
