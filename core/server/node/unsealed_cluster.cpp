#include "core/server/node/unsealed_cluster.h"

#include "core/auth/approle/approle_backend.h"
#include "core/auth/token/token_backend.h"
#include "core/auth/userpass/userpass_backend.h"
#include "core/base/encoding.h"
#include "core/base/logging.h"
#include "core/engine/cubbyhole/cubbyhole_backend.h"
#include "core/engine/kv/kv_v1_backend.h"
#include "core/engine/kv/kv_v2_backend.h"
#include "core/http/message.h"
#include "core/identity/identity_backend.h"
#include "core/lease/lease_index.h"
#include "core/log/commit_retry.h"
#include "core/server/process/listener_certificates.h"
#include "core/server/process/metrics.h"
#include "core/server/node/store_conversion.h"
#include "core/sys/replication/operation_tokens.h"
#include "core/sys/node/version_history.h"
#include "core/transit/routes/transit_backend.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <iterator>

namespace core::server {
namespace {

namespace json = boost::json;
using mount::TableKind;

} // namespace

UnsealedCluster::UnsealedCluster(Services services)
    : m_services{std::move(services)}
    , m_tokens{m_services.random}
    , m_wrapping{m_tokens, [this] { return apiAddress(); },
                 [this] {
                     const auto keys = m_keys.keys();
                     return keys ? toBase64(keys->member().key.publicKey()) : std::string{};
                 }}
    , m_router{m_registry,
               {.defaultLeaseTtl = std::chrono::duration_cast<std::chrono::seconds>(m_services.options.config.leaseTtlDefault),
                .maxLeaseTtl = std::chrono::duration_cast<std::chrono::seconds>(m_services.options.config.leaseTtlMax)}}
    , m_quotas{{.store = m_services.store, .router = m_router, .leaseOf = [this](std::string_view id) { return leaseForQuotas(id); }},
               m_services.barrier,
               m_services.random.number()}
    , m_census{{.store = m_services.store,
                .barrier = m_services.barrier,
                .tokens = m_tokens,
                .router = m_router,
                .clock = m_services.clock,
                .listeners = m_services.options.config.listeners,
                .isStopped = [this] { return !m_pipeline || m_pipeline->isStopped(); }}}
    , m_mounts{m_registry, m_router, m_services.random, m_services.clock}
    , m_audit{m_services.random, m_services.clock}
    , m_lockout{m_services.options.config.lockout}
    , m_snapshots{m_services.store, m_services.barrier, m_services.clock, m_services.random, m_services.options.throwAwayStoreDirectory,
                  snapshotSigning()}
    , m_autoSnapshots{m_services.store, m_services.barrier, m_snapshots, m_services.clock}
    , m_safetySnapshots{m_snapshots,
                        m_services.store,
                        m_services.barrier,
                        m_services.clock,
                        m_services.random,
                        m_services.options.safetyDirectory,
                        [this] { return snapshotIdentity(); }}
    , m_operationTokens{m_services.random}
    , m_replication{{.store = m_services.store,
                     .barrier = m_services.barrier,
                     .seal = m_services.seal,
                     .clock = m_services.clock,
                     .random = m_services.random,
                     .host = *this,
                     .ownKeys = &m_keys,
                     .tokenMakers = &m_tokenMakers,
                     .leaseTtlMax = std::chrono::duration_cast<std::chrono::seconds>(m_services.options.config.leaseTtlMax),
                     .wipeGuard = &m_safetySnapshots}}
    , m_hasher{m_services.barrier}
    , m_forestKeeper{{m_services.store, m_hasher, m_services.clock,
                      [this](std::string_view tree) {
                          return m_replication.isDrSecondary() || (m_replication.isPerformanceSecondary() && merkle::isShared(tree));
                      }}}
    , m_peers{{.store = m_services.store,
               .hasher = m_hasher,
               .clock = m_services.clock,
               .manager = m_replication,
               .clusterName = [this] { return identity().name; },
               .clusterId = [this] { return identity().id; },
               .auditFailure = [this] { return m_audit.failure(); },
               .mountConflicts = [this] { return mountConflicts(); },
               .localMounts = [this] { return localMounts(); },
               .names = [this] { return pathNames(); },
               .retentionBytes = m_services.options.config.replication.logRetentionBytes,
               .retentionAge = std::chrono::duration_cast<std::chrono::seconds>(m_services.options.config.replication.logRetentionTime),
               .preparation = [this] { return preparation(); },
               .discoversServers = m_services.options.config.replication.discoversServers}}
    , m_promotions{{.store = m_services.store, .barrier = m_services.barrier, .clock = m_services.clock, .manager = m_replication}}
    , m_formerPrimaries{{.store = m_services.store, .barrier = m_services.barrier, .clock = m_services.clock, .manager = m_replication}}
    , m_preflight{{.clock = m_services.clock,
                   .version = HOLDFAST_VERSION,
                   .apiAddress = m_services.options.apiAddress,
                   .clusterAddress = m_services.options.clusterAddress,
                   .room = [this] { return storageRoom(); },
                   .ownWarnings = [this] { return certificateWarnings(m_services.options.config.listeners, m_services.clock.now()); }}}
    , m_leases{m_services.store, m_services.barrier, m_tokens, m_services.clock}
    , m_cleaner{m_services.store, m_services.barrier}
    , m_maintenance{m_router, m_services.clock, m_services.random, [this](const auto& work) { return commit(work); }}
    , m_sys{std::make_shared<sys::SysBackend>()}
{
    registerTypes();
    lease::indexTokenLeases(m_tokens);
    m_tokens.setBatchTrust({[this] { return m_keys.keys(); }, [this](std::string_view publicKey) { return memberOf(publicKey); }});
    m_tokens.onEnd(
        [](const barrier::Scope& scope, std::string_view, const token::TokenEntry& entry) { return engine::eraseCubbyhole(scope, entry); });
}

UnsealedCluster::~UnsealedCluster()
{
    stop();
}

void UnsealedCluster::registerTypes()
{
    const auto add = [this](TableKind kind, const char* type, auto make, bool isMountable, bool hasVersions = false) {
        m_registry.add(kind, type, {.make = make, .isMountable = isMountable, .hasVersions = hasVersions});
    };
    add(
        TableKind::Secrets, "system", [this](const mount::MountEntry&) { return m_sys; }, false);
    add(
        TableKind::Secrets, "identity",
        [this](const mount::MountEntry&) { return std::make_shared<identity::IdentityBackend>(m_router, m_services.options.apiAddress); }, false);
    add(
        TableKind::Secrets, "cubbyhole",
        [this](const mount::MountEntry&) { return std::make_shared<engine::CubbyholeBackend>(m_wrapping, http::envelopeOf); }, false);
    add(
        TableKind::Secrets, "kv",
        [](const mount::MountEntry& entry) -> std::shared_ptr<mount::Backend> {
            const auto version = entry.options.find("version");
            if (version != entry.options.end() && version->second == "2") return std::make_shared<engine::KvV2Backend>();
            return std::make_shared<engine::KvV1Backend>();
        },
        true, true);
    add(
        TableKind::Secrets, "transit", [](const mount::MountEntry&) { return std::make_shared<transit::TransitBackend>(); }, true);
    add(
        TableKind::Auth, "token",
        [this](const mount::MountEntry&) {
            return std::make_shared<auth::TokenBackend>(auth::TokenBackend::Services{.tokens = m_tokens,
                                                                                     .policies = m_policies,
                                                                                     .directory = m_directory,
                                                                                     .router = m_router,
                                                                                     .leases = &m_quotas.leases(),
                                                                                     .requestTidy = [this] { return m_leases.requestTidy(); }});
        },
        false);
    add(
        TableKind::Auth, "approle", [](const mount::MountEntry&) { return std::make_shared<auth::ApproleBackend>(); }, true);
    add(
        TableKind::Auth, "userpass", [](const mount::MountEntry&) { return std::make_shared<auth::UserpassBackend>(); }, true);
}

Result<std::string> UnsealedCluster::writeFirst(const barrier::Scope& scope, const std::string& clusterName)
{
    const ClusterIdentity identity{clusterName, m_services.random.uuid()};
    if (auto done = ClusterIdentity::store(scope, identity); !done) return std::move(done).error();
    if (auto keys = trust::MemberKeys::load(scope, m_services.random, m_services.clock.now()); !keys) return std::move(keys).error();
    if (auto put = scope.local({}).put(token::kUnsignedUntilPath, "0"); !put) return std::move(put).error();
    if (auto done = m_policies.initialize(scope); !done) return std::move(done).error();
    if (auto done = m_wrapping.prepare(scope); !done) return std::move(done).error();
    if (auto done = m_mounts.ensureDefaults(scope); !done) return std::move(done).error();
    if (auto done = lease::markComplete(scope); !done) return std::move(done).error();
    if (auto noted = sys::noteVersion(scope, m_services.clock.now()); !noted) return std::move(noted).error();
    if (!m_services.options.devRootToken.empty()) {
        token::TokenEntry root;
        root.id = m_services.options.devRootToken;
        root.policies = {"root"};
        root.path = "auth/token/root";
        root.displayName = "root";
        root.createdAt = root.issuedAt = m_services.clock.now();
        root.isRenewable = false;
        auto made = m_tokens.create(scope, std::move(root));
        if (!made) return std::move(made).error();
        return std::move(made->id);
    }
    auto made = m_tokens.createRoot(scope, m_services.clock.now());
    if (!made) return std::move(made).error();
    return std::move(made->id);
}

Result<> UnsealedCluster::start()
{
    {
        log::Transaction transaction = m_services.store.begin();
        auto identity = ClusterIdentity::load({transaction, m_services.barrier, {}});
        if (!identity) return std::move(identity).error();
        MutexLock lock{m_mutex};
        m_identity = std::move(*identity);
    }
    if (auto converted = convertStore({m_services.store, m_services.barrier, m_wrapping, m_services.random, m_services.clock}); !converted) {
        return std::move(converted).error().withContext("converting the store of an older program");
    }
    if (auto loaded = m_keys.load(m_services.store, m_services.barrier, m_services.random, m_services.clock.now()); !loaded) {
        return std::move(loaded).error().withContext("loading this cluster's keys");
    }
    if (auto loaded = m_tokenMakers.load(m_services.store, m_services.barrier); !loaded) return loaded;
    m_activeSince = m_services.clock.now();
    m_locksRemovedAt = m_services.clock.steadyNow();
    auto port = cluster::ClusterPort::open(
        {.listen = m_services.options.clusterListen,
         .forwardWait = std::chrono::duration_cast<std::chrono::milliseconds>(m_services.options.config.replication.walWait),
         .jsonLimits = widestJsonLimits(m_services.options.config.listeners),
         .discoversServers = m_services.options.config.replication.discoversServers},
        {m_services.store, m_hasher, m_services.clock, m_services.random, m_replication.events(), m_replication.scopes(),
         [this](mount::Request request, Executor& executor, std::function<void(mount::Response, LogIndex)> done) {
             m_pipeline->handleForwarded(std::move(request), executor, std::move(done));
         },
         [this](const replication::Member& peer, replication::wire::PeerRequest request, auto done) {
             m_peers.answers().answer(peer, std::move(request), std::move(done));
         },
         [this] {
             const auto keys = m_keys.keys();
             return keys ? std::make_shared<const trust::MemberKeys>(*keys) : nullptr;
         }});
    if (!port) return std::move(port).error().withContext("opening the cluster port");
    m_port = std::move(*port);
    if (!m_services.options.isIsolated) m_replication.setTransport(*m_port);
    m_replication.setForestKeeper(m_forestKeeper);
    if (!m_services.options.isIsolated) m_peers.setTransport(*m_port);
    m_pipeline = std::make_unique<request::RequestPipeline>(request::PipelineServices{
        .store = m_services.store,
        .barrier = m_services.barrier,
        .tokens = m_tokens,
        .wrapping = m_wrapping,
        .policies = m_policies,
        .rights = m_rights,
        .router = m_router,
        .mounts = m_mounts,
        .audit = m_audit,
        .roles = m_replication,
        .forwarder = *m_port,
        .workers = m_services.workers,
        .bodies = m_services.bodies,
        .passwords = m_services.passwords,
        .lockout = m_lockout,
        .clock = m_services.clock,
        .random = m_services.random,
        .quotas = &m_quotas,
        .meters = &m_meters,
        .authUnmounted = [this](const std::string& path) { endTokensOf(path); },
        .clusterId = [this] { return identity().id; },
        .isForwardingByHeaderAllowed = m_services.options.config.replication.isForwardingByHeaderAllowed,
        .entryBytesMax = m_services.options.config.storage.entryBytesMax,
        .scopeOf = [this](const std::string& id) { return m_replication.scopes().scope(replication::Type::Performance, id); }});
    if (!m_services.options.isIsolated) {
        m_drill = std::make_unique<Drill>(Drill::Services{.snapshots = m_snapshots,
                                                          .store = m_services.store,
                                                          .barrier = m_services.barrier,
                                                          .replication = m_replication,
                                                          .clock = m_services.clock,
                                                          .random = m_services.random,
                                                          .options = m_services.options});
    }
    registerRoutes();
    m_changedKeys = m_services.store.subscribeToKeys([this](const log::ChangedKeys& keys) { changed(keys); });
    if (auto loaded = m_pipeline->reload(); !loaded) return loaded;
    loadCors();
    if (auto started = m_replication.start(); !started) return started;
    if (auto taken = adoptRestored(); !taken) return taken;
    if (m_replication.isDrSecondary()) { // the role is known only now; a DR secondary runs only the local audit devices
        if (auto loaded = m_pipeline->reload(); !loaded) return loaded;
    }
    if (!m_replication.isDrSecondary() && m_replication.writeRefusal().empty()) addBuiltInMounts(); // a store of an older program lacks the new ones
    m_promotions.start(m_services.options.isIsolated ? nullptr : m_port.get());
    m_formerPrimaries.start(m_services.options.isIsolated ? nullptr : m_port.get());
    m_forestKeeper.start();
    noteVersion();
    if (m_replication.isPerformanceSecondary()) { // a method can have been unmounted while this node was sealed
        m_leases.requestEnd([this](const token::TokenEntry& entry) { return entry.path.starts_with("auth/") && !m_router.find(entry.path); });
    }
    return {};
}

void UnsealedCluster::endTokensOf(const std::string& path)
{
    // On the cluster that unmounts the method, its tokens end in the same transaction. Other clusters learn of it from the tables.
    if (!m_replication.isPerformanceSecondary()) return;
    m_leases.requestEnd([path, until = m_services.clock.now()](const token::TokenEntry& entry) {
        return entry.path.starts_with(path) && entry.createdAt <= until; // not those of a new method at the same path
    });
}

void UnsealedCluster::stop()
{
    if (m_pipeline) m_pipeline->stop();
    m_autoSnapshots.cancel();
    m_snapshotThread.stop();
    m_maintenanceThread.stop();
    m_forestKeeper.stop();
    if (m_drill) m_drill->stop();
    m_promotions.stop();
    m_formerPrimaries.stop();
    m_replication.stop();
    if (m_port) m_port->stop();
    m_peers.stop();
    waitForRequests(std::chrono::seconds{5});
    m_changedKeys.reset();
    m_audit.clear();
}

ClusterIdentity UnsealedCluster::identity() const
{
    MutexLock lock{m_mutex};
    return m_identity;
}

snapshot::Snapshots::Identity UnsealedCluster::snapshotIdentity() const
{
    const auto self = identity();
    snapshot::Snapshots::Identity out{self.id, self.name};
    const auto setOf = [this](replication::Type type) {
        const auto role = m_replication.roles().role(type);
        return role->mode == replication::Mode::Primary ? role->setId : std::string{}; // a secondary is not a second primary
    };
    out.sets.performanceSetId = setOf(replication::Type::Performance);
    out.sets.drSetId = setOf(replication::Type::Dr);
    if (!m_port || (out.sets.performanceSetId.empty() && out.sets.drSetId.empty())) return out;
    out.sets.members.push_back({out.sets.performanceSetId.empty() ? "dr" : "performance", {}, m_services.options.apiAddress});
    for (const auto& member : m_port->members()) {
        out.sets.members.push_back({std::string{replication::toString(member.type)}, member.id, member.endpoint.apiAddress});
    }
    return out;
}

barrier::WriteAccess UnsealedCluster::access() const
{
    return {.shared = !m_replication.isPerformanceSecondary() && !m_replication.isDrSecondary(), .local = !m_replication.isDrSecondary()};
}

Result<> UnsealedCluster::commit(const std::function<Result<>(const barrier::Scope&)>& write)
{
    auto committed = log::commitAgainOnConflict(m_services.store, "the change", [&](log::Transaction& transaction) {
        return write({transaction, m_services.barrier, access()});
    });
    return committed ? Result<>{} : Result<>{std::move(committed).error()};
}

void UnsealedCluster::waitForRequests(std::chrono::milliseconds atMost)
{
    if (!m_requests.waitForEarlier(atMost)) logging::warn("core", "a request takes too long; the server no longer waits for it");
}

void UnsealedCluster::reload()
{
    if (auto loaded = m_tokenMakers.load(m_services.store, m_services.barrier); !loaded) {
        logging::error("core", "the set's token keys could not be loaded", {{"error", toString(loaded.error())}});
    }
    if (auto loaded = m_pipeline->reload(); !loaded) {
        logging::error("core", "reloading after a change of role failed", {{"error", toString(loaded.error())}});
    }
    loadCors();
    m_areSharedRowsDue = true; // for a set whose former primary ran an older version
    m_areUnsignedTokensDue = true;
    if (!m_replication.isDrSecondary()) addBuiltInMounts(); // for example the cubbyhole of a new performance secondary, which no other cluster sends
}

void UnsealedCluster::changed(const log::ChangedKeys& keys)
{
    if (keys.contains(barrier::kKeySharesKey)) m_areSharesDue = true; // adopted at the next tick
    if (keys.contains(sys::kCorsKey)) loadCors();
    m_quotas.changed(keys);
}

} // namespace core::server
