#include "core/server/node/unsealed_cluster.h"

#include "core/base/origin.h"
#include "core/server/process/host_info.h"
#include "core/server/process/metrics.h"
#include "core/server/process/profile.h"
#include "core/snapshot/content_survey.h"
#include "core/sys/settings/cors.h"
#include "core/sys/replication/guarded_handlers.h"
#include "core/sys/routes/handlers.h"
#include "core/sys/settings/key_rotation.h"
#include "core/sys/node/node_handlers.h"
#include "core/sys/node/profile_handlers.h"
#include "core/sys/replication/drill_handlers.h"
#include "core/sys/trust/epoch_handlers.h"
#include "core/sys/replication/filters_handlers.h"
#include "core/sys/replication/forest_handlers.h"
#include "core/sys/replication/forwarding_handlers.h"
#include "core/sys/replication/handlers.h"
#include "core/sys/replication/peers_handlers.h"
#include "core/sys/trust/refusal_handlers.h"
#include "core/sys/trust/trust_handlers.h"
#include "core/sys/replication/relay_handlers.h"
#include "core/sys/replication/switchover_handlers.h"
#include "core/sys/replication/wipe_guard_handlers.h"
#include "core/sys/replication/where_handlers.h"
#include "core/sys/snapshot/snapshot_handlers.h"
#include "core/sys/snapshot/snapshot_inspection_handlers.h"
#include "core/sys/node/version_history.h"

#include <boost/json/array.hpp>

#include <algorithm>
#include <thread>

namespace core::server {
namespace {

namespace json = boost::json;

/// The configuration without secrets and without values that are of no use outside (spec: system-api.md §12).
json::object sanitized(const NodeOptions& options)
{
    json::array listeners;
    for (const auto& listener : options.config.listeners) {
        listeners.push_back(json::object{{"type", "tcp"},
                                         {"config", json::object{{"address", toString(listener.address)}, {"tls_disable", listener.isTlsDisabled}}}});
    }
    return {{"api_addr", options.apiAddress},
            {"cluster_addr", options.clusterAddress},
            {"cluster_name", options.config.clusterName},
            {"default_lease_ttl", std::chrono::duration_cast<std::chrono::seconds>(options.config.leaseTtlDefault).count()},
            {"max_lease_ttl", std::chrono::duration_cast<std::chrono::seconds>(options.config.leaseTtlMax).count()},
            {"disable_mlock", options.config.isMlockDisabled},
            {"listeners", std::move(listeners)},
            {"seals", json::array{json::object{{"type", options.config.seal.type}, {"disabled", false}}}},
            {"storage",
             json::object{{"type", options.config.storage.type}, {"redirect_addr", options.apiAddress}, {"cluster_addr", options.clusterAddress}}}};
}

} // namespace

void UnsealedCluster::registerRoutes()
{
    auto& routes = m_sys->routes();
    const sys::SharedMountRefusal refusal = [this](mount::TableKind kind, const std::string& path) { return sharedMountRefusal(kind, path); };
    sys::addMountRoutes(routes, m_mounts, m_router, m_leases, refusal);
    sys::addPolicyRoutes(routes, m_policies);
    sys::addPasswordPolicyRoutes(routes);
    sys::addCapabilityRoutes(routes, m_rights, m_tokens);
    sys::addInternalUiRoutes(routes, m_rights, m_router);
    sys::addOpenApiRoutes(routes, m_rights, m_router, [this](std::string_view family) {
        const auto& config = m_services.options.config;
        const auto& named = config.unauthenticatedAccess;
        const bool isNamed = named && std::ranges::find(*named, family) != named->end();
        return config.isOpenWithoutToken(family) && (isNamed || !isRekeyRequired());
    });
    sys::addQuotaRoutes(routes, m_router, &m_quotas.leases());
    sys::addWrappingRoutes(routes, m_wrapping);
    sys::addLeaseRoutes(routes, m_tokens, m_leases);
    sys::addAuditRoutes(routes, m_audit, refusal);
    const sys::ReplicationServices replication{.manager = &m_replication,
                                               .operationTokens = &m_operationTokens,
                                               .tokens = &m_tokens,
                                               .policies = &m_policies,
                                               .forestKeeper = &m_forestKeeper,
                                               .peers = &m_peers,
                                               .promotions = &m_promotions,
                                               .preflight = &m_preflight,
                                               .shareThreshold = [this] { return m_services.node.sealStatus().threshold; }};
    sys::addClusterRoutes(routes, {.facts =
                                       [this] {
                                           const auto& configured = m_services.options.config.storage.nodeId;
                                           const auto& address = m_services.options.clusterAddress;
                                           const auto parsed = parseClusterAddress(address);
                                           return sys::ClusterFacts{.nodeId = configured.empty() ? identity().name : configured,
                                                                    .clusterAddress = parsed ? parsed->hostAndPort() : address,
                                                                    .lastIndex = m_services.store.appliedIndex().value(),
                                                                    .activeSince = m_activeSince};
                                       },
                                   .configuration = [this] { return sanitized(m_services.options); },
                                   .isDrSecondary = [this] { return m_replication.isDrSecondary(); },
                                   .drRefusal = [replication](sys::Call& call) { return sys::drRefusal(replication, call); },
                                   .tokens = &m_tokens});
    sys::addLockedUserRoutes(routes, m_lockout, m_mounts);
    sys::addPluginCatalogRoutes(routes, m_registry);
    sys::addMonitorRoutes(routes);
    sys::addCounterRoutes(routes);
    sys::addProfileRoutes(routes, {.threads = [] { return threadsText(); },
                                   .heap = [] { return heapText(); },
                                   .profile =
                                       [this](std::chrono::seconds time) {
                                           return profileText(time, [this](std::chrono::milliseconds wait) {
                                               std::this_thread::sleep_for(wait);
                                               return !m_pipeline->isStopped();
                                           });
                                       }});
    sys::addToolRoutes(routes);
    sys::addDecodeTokenRoute(routes);
    sys::addCorsRoutes(routes);
    sys::addUiHeaderRoutes(routes);
    sys::addKeyRotationRoutes(routes);
    sys::addVersionHistoryRoutes(routes);
    sys::addLicenseRoutes(routes);
    sys::addReplicationFilterRoutes(routes, m_replication.roles(), m_replication.relay());
    sys::addForwardingRoutes(routes, m_replication.roles());
    sys::addReplicationRelayRoutes(
        routes, {.relay = m_replication.relay(), .seats = m_replication.seats(), .roles = m_replication.roles(), .reports = m_replication.reports()});
    sys::addReplicationWhereRoutes(routes, replication, m_mounts);
    sys::addReplicationRoutes(routes, replication);
    sys::addEpochRoutes(routes, replication);
    const sys::ShareQuorum::Services quorum{
        .random = &m_services.random,
        .threshold = [this] { return m_services.node.sealStatus().threshold; },
        .verify = [this](const std::vector<SecretBytes>& shares) { return m_services.seal.verifyShares(shares); }};
    sys::addRefusalRoutes(routes, m_replication.operations(), quorum);
    sys::addTrustRoutes(routes, replication, quorum);
    sys::addForestRoutes(routes, replication);
    sys::addSwitchoverRoutes(routes, m_replication.switchover());
    sys::addReplicationPeerRoutes(routes, replication);
    bool isMetricsOpen = false;
    bool isInFlightOpen = false;
    for (const auto& listener : m_services.options.config.listeners) {
        isMetricsOpen = isMetricsOpen || listener.isMetricsOpen;
        isInFlightOpen = isInFlightOpen || listener.isInFlightOpen;
    }
    sys::addNodeRoutes(routes, {.node = &m_services.node,
                                .barrier = &m_services.barrier,
                                .seal = m_services.requestSeal,
                                .isPerformanceSecondary = [this] { return m_replication.isPerformanceSecondary(); },
                                .prometheusMetrics = [this] { return prometheusText(measures()); },
                                .metrics = [this] { return metricsJson(measures(), m_services.clock.now()); },
                                .apiAddress = m_services.options.apiAddress,
                                .clusterAddress = m_services.options.clusterAddress,
                                .isMetricsOpen = isMetricsOpen,
                                .isPrometheusOn = m_services.options.config.telemetry.prometheusRetention.count() != 0,
                                .inFlight = m_services.inFlight,
                                .hostInfo = [this] { return hostInfo(m_services.clock.now()); },
                                .isInFlightOpen = isInFlightOpen});
    sys::addGuardedRoutes(routes, {replication, m_services.nodeAnswer, [this] { return isRekeyRequired(); }});
    sys::addSnapshotRoutes(routes, {.snapshots = &m_snapshots,
                                    .autoSnapshots = &m_autoSnapshots,
                                    .identity = [this] { return snapshotIdentity(); },
                                    .temporaryDirectory = m_services.options.uploadDirectory,
                                    .restore = [this](const snapshot::RestoreRequest& request) { return restoreSnapshot(request); }});
    sys::addSnapshotInspectionRoutes(routes, {.snapshots = &m_snapshots,
                                              .store = &m_services.store,
                                              .barrier = &m_services.barrier,
                                              .temporaryDirectory = m_services.options.uploadDirectory});
    sys::addWipeGuardRoutes(routes, {.replication = replication,
                                     .inventory = [this] { return snapshot::survey(m_services.store, m_services.barrier); },
                                     .safetySnapshots = &m_safetySnapshots,
                                     .restore = [this](const std::string& name) { return restoreSafetySnapshot(name); }});
    if (m_drill) {
        sys::addDrillRoutes(
            routes, {.replication = replication, .start = [this] { return m_drill->start(); }, .evidence = [this] { return m_drill->evidence(); }});
    }
}

} // namespace core::server
