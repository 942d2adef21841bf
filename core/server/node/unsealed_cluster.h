#pragma once

#include "core/audit/broker.h"
#include "core/auth/lockout/user_lockout.h"
#include "core/barrier/seal.h"
#include "core/base/task_threads.h"
#include "core/lease/lease_manager.h"
#include "core/mount/mount_cleaner.h"
#include "core/mount/mount_maintenance.h"
#include "core/mount/mount_table.h"
#include "core/cluster/links/cluster_port.h"
#include "core/replication/forest/forest_keeper.h"
#include "core/cluster/preflight/preflight.h"
#include "core/replication/seams/hasher.h"
#include "core/replication/manager/manager.h"
#include "core/replication/peers/member_service.h"
#include "core/replication/promotion/former_primary_watch.h"
#include "core/replication/promotion/promotion_reports.h"
#include "core/request/request_pipeline.h"
#include "core/server/node/cluster_identity.h"
#include "core/server/node/drill.h"
#include "core/server/process/census.h"
#include "core/server/process/metrics.h"
#include "core/server/node/node_options.h"
#include "core/server/process/running_requests.h"
#include "core/snapshot/auto_snapshots.h"
#include "core/snapshot/restore_request.h"
#include "core/snapshot/safety_snapshots.h"
#include "core/sys/settings/cors.h"
#include "core/sys/replication/operation_tokens.h"
#include "core/sys/node/root_generation.h"
#include "core/sys/node/node.h"
#include "core/sys/sys_backend.h"
#include "core/trust/member_keys.h"

#include <atomic>
#include <optional>

namespace core::server {

/// Everything above the barrier while it is open: mounts, tokens, audit, replication, the request pipeline. Built in one
/// order and ended in the reverse order. Thread-safe after start().
class UnsealedCluster final : public replication::Host {
public:
    struct Services {
        log::Store& store;
        barrier::Barrier& barrier;
        barrier::Seal& seal;
        const Clock& clock;
        Random& random;
        Executor& workers;
        Executor& bodies;
        BoundedExecutor& passwords;
        const sys::Node& node;
        const NodeOptions& options;
        std::function<void()> requestSeal;      // soon after the answer
        std::function<void()> contentsReplaced; // a snapshot was restored
        /// Answers the node's own endpoints for a call with a token, if the configuration demands a token.
        std::function<mount::Response(const mount::Request&)> nodeAnswer;
        /// The running requests of the node.
        std::function<boost::json::object()> inFlight;
    };

    explicit UnsealedCluster(Services services);
    ~UnsealedCluster() override;

    /// Writes the first data of a new cluster, and returns the root token's id. In the transaction of initialisation.
    Result<std::string> writeFirst(const barrier::Scope& scope, const std::string& clusterName);
    /// Loads everything, adopts the replication roles, and opens the cluster port. Errors: Corrupt, Io.
    Result<> start();
    void stop();

    request::RequestPipeline& pipeline() { return *m_pipeline; }
    audit::Broker& audit() { return m_audit; }
    ClusterIdentity identity() const CORE_EXCLUDES(m_mutex);
    /// Sets names and roles.
    void describe(sys::Health& health) const CORE_EXCLUDES(m_mutex);
    WallTime activeSince() const { return m_activeSince; }
    std::vector<Measure> measures() const;
    /// The stored rules for web pages; null if there are none.
    std::shared_ptr<const sys::CorsRules> corsRules() const CORE_EXCLUDES(m_mutex);
    /// Does expiry and snapshots, once a second. Blocking.
    void tick();
    /// Makes a root token or a DR operation token; blocking.
    Result<std::string> makeToken(sys::RootGeneration::Kind kind);

    /// Installs a new root key with its shares in this cluster, and with it in its replication set. Blocking. Errors:
    /// FailedPrecondition (the role, a member's version), those of barrier::Seal::install().
    Result<> installKeys(const barrier::NewKeys& keys);
    /// Audits a request that does not go through the pipeline, or with `response` its answer. False: no device could write it, and
    /// the caller must refuse or withhold it. A DR secondary continues anyway, because a full disk must not stop a failover.
    bool audit(const mount::Request& request, const mount::Response* response);
    /// True if a member was revoked as compromised and no sys/rekey was done since. Key shares alone are then not enough.
    bool isRekeyRequired() const;
    /// Verifies a snapshot, takes a safety snapshot, and restores the snapshot. Soon afterwards everything is built again. Blocking. Errors: those of
    /// Snapshots::check(), FailedPrecondition (a secondary, or a primary of its set is running), Unavailable (another restore runs), NoSpace, Io.
    Result<snapshot::RestoreOutcome> restoreSnapshot(const snapshot::RestoreRequest& request);
    /// Restores a safety snapshot and leaves every replication set. Soon afterwards everything is built again. Blocking.
    Result<> restoreSafetySnapshot(const std::string& name);

    /// Waits until the consequences of an operation are done.
    void waitUntilSettled() { m_replication.waitUntilIdle(); }
    /// Counts running requests, so that a change of role can wait for them. The returned round must be passed to the end.
    unsigned requestBegan() { return m_requests.began(); }
    void requestEnded(unsigned round) { m_requests.ended(round); }

    // replication::Host
    /// Empty instead of a loopback address, which other machines could not reach.
    std::string apiAddress() const override { return m_services.options.config.isApiAddrKnown() ? m_services.options.apiAddress : std::string{}; }
    std::string clusterAddress() const override { return m_services.options.clusterAddress; }
    std::string clusterId() const override { return identity().id; }
    std::string clusterName() const override { return identity().name; }
    bool isDev() const override { return m_services.options.isDev; }
    std::string devRootToken() const override;
    void waitForRequests(std::chrono::milliseconds atMost) override;
    Result<std::vector<log::Operation>> keptOperations(const barrier::Barrier& next) override;
    void reload() override;
    Result<> makeRootToken(const std::string& id) override;

private:
    /// Subscriber of the store, for what no other class keeps.
    void changed(const log::ChangedKeys& keys);
    void registerTypes();
    void registerRoutes();
    /// Ends the tokens that an auth method at `path` has issued here.
    void endTokensOf(const std::string& path);
    barrier::WriteAccess access() const;
    /// Batch tokens without a signature (of an older program) are valid for a day, from the first time that no member is known to run that program.
    void endUnsignedTokens();
    /// Local mounts at paths where the primary has made shared ones, in words for an operator.
    std::vector<std::string> mountConflicts() const;
    replication::LocalMounts localMounts() const;
    /// Why no shared mount must be made there: a member is known to have a local one. Empty: it can be made.
    std::string sharedMountRefusal(mount::TableKind kind, const std::string& path) const;
    /// Adds the rows of built-in mounts that are missing, in one transaction. Their data does not depend on the rows. Blocking.
    void addBuiltInMounts();
    /// Makes shared rows that are otherwise made at their first use, because a secondary could not make them then.
    void makeSharedRows();
    /// Adopts new shares of the primary, if there are any.
    void adoptShares();
    snapshot::Snapshots::Identity snapshotIdentity() const;
    snapshot::Snapshots::Signing snapshotSigning();
    bool isAlone() const; // true if the cluster is in no replication set
    /// The present member of this cluster's sets that a token key belongs to.
    std::optional<trust::TokenMakers::Maker> memberOf(std::string_view tokenKey) const;
    std::optional<Error> secondaryRefusal(const snapshot::RestoreRequest& request, const snapshot::CheckedArchive& checked) const;
    Result<> checkNoPrimary(const snapshot::Meta& meta) const;
    Result<> adoptRestored();
    Result<> checkUnchanged(const std::string& logId, bool isSecondary) const;
    void warnOfSecondaries(bool isOurs, snapshot::RestoreOutcome& outcome) const;
    /// What watches over this cluster and is part of what a restore replaces.
    struct Watches {
        std::vector<std::string> schedules;    // of automatic snapshots, by name
        std::vector<std::string> auditDevices; // by path
    };
    Watches watches(bool isWithAudit) const;
    static void warnOfLostWatches(const Watches& before, const Watches& after, std::vector<std::string>& warnings);
    /// Returns the client's path of a physical key, with the present mounts.
    std::function<std::string(std::string_view key)> pathNames() const;
    quota::LeaseCounts::Lease leaseForQuotas(std::string_view leaseId) const;
    /// Removes the rows of user locks that have ended, every 15 minutes.
    void removeEndedLocks();
    /// What is prepared for a failover in addition to the data.
    replication::MemberServices::Preparation preparation() const;
    cluster::Preflight::Services::Room storageRoom() const;
    void loadCors() CORE_EXCLUDES(m_corsLoadMutex, m_mutex);
    /// Stores the version of the program that has opened the data. Blocking.
    void noteVersion();
    /// Adds a term to the keyring if the rules demand it. Blocking.
    void rotateWhenDue();
    /// Commits the writes of `write`. Blocking.
    Result<> commit(const std::function<Result<>(const barrier::Scope&)>& write);

    const Services m_services;
    WallTime m_activeSince; // set by start()
    Mutex m_corsLoadMutex;  // one load at a time, so that an older row never replaces a newer one; before m_mutex
    mutable Mutex m_mutex;  // leaf lock
    ClusterIdentity m_identity CORE_GUARDED_BY(m_mutex);
    std::shared_ptr<const sys::CorsRules> m_cors CORE_GUARDED_BY(m_mutex);
    std::string m_devRootToken CORE_GUARDED_BY(m_mutex); // of this set: this cluster's own, or after an activation its primary's
    trust::KeyHolder m_keys;                             // loaded by start()
    trust::TokenMakers m_tokenMakers;
    RunningRequests m_requests;
    std::atomic<bool> m_areSharesDue{true};         // they can have changed while this node was sealed
    std::atomic<bool> m_areUnsignedTokensDue{true}; // it is unknown whether a row says until when they are valid
    std::atomic<bool> m_areSharedRowsDue{true};     // the store or the set can be of an older version
    bool m_isShareTroubleNoted = false;             // used by tick() only

    mutable token::TokenStore m_tokens; // reading fills its cache
    token::Wrapping m_wrapping;
    policy::PolicyStore m_policies;
    identity::Directory m_directory;
    identity::Rights m_rights{m_policies, m_directory};
    mount::BackendRegistry m_registry;
    mount::Router m_router;
    quota::Quotas m_quotas;
    request::Meters m_meters;
    Census m_census;
    mount::MountTable m_mounts;
    audit::Broker m_audit;
    auth::UserLockout m_lockout;
    snapshot::Snapshots m_snapshots;
    snapshot::AutoSnapshots m_autoSnapshots;
    snapshot::SafetySnapshots m_safetySnapshots;
    sys::OperationTokens m_operationTokens;
    replication::ReplicationManager m_replication;
    replication::BarrierHasher m_hasher;
    replication::ForestKeeper m_forestKeeper;
    replication::MemberService m_peers;
    replication::PromotionReports m_promotions;
    replication::FormerPrimaryWatch m_formerPrimaries;
    cluster::Preflight m_preflight;
    std::unique_ptr<cluster::ClusterPort> m_port;
    lease::LeaseManager m_leases;
    mount::MountCleaner m_cleaner;
    std::unique_ptr<request::RequestPipeline> m_pipeline;
    mount::MountMaintenance m_maintenance;
    std::shared_ptr<sys::SysBackend> m_sys;
    std::unique_ptr<Drill> m_drill; // null in a drill's server
    SteadyTime m_locksRemovedAt;    // used by tick() only
    std::atomic<bool> m_isSnapshotting{false};
    std::atomic<bool> m_isMaintaining{false};
    std::atomic<bool> m_isRestoring{false};
    std::unique_ptr<log::Subscription> m_changedKeys;  // from start() to stop()
    TaskThreads m_maintenanceThread{"maintenance", 1}; // of m_maintenance: an RSA key takes seconds
    TaskThreads m_snapshotThread{"snapshots", 1};      // saving, sending and test restores can take long. Last, because it uses everything above
};

} // namespace core::server
