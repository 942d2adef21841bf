#pragma once

#include "core/audit/broker.h"
#include "core/auth/lockout/user_lockout.h"
#include "core/barrier/seal.h"
#include "core/lease/lease_manager.h"
#include "core/mount/mount_cleaner.h"
#include "core/mount/mount_table.h"
#include "core/cluster/links/cluster_port.h"
#include "core/replication/forest/forest_keeper.h"
#include "core/cluster/preflight/preflight.h"
#include "core/replication/seams/hasher.h"
#include "core/replication/manager/manager.h"
#include "core/replication/peers/member_service.h"
#include "core/replication/peers/promotion_reports.h"
#include "core/request/request_pipeline.h"
#include "core/server/node/cluster_identity.h"
#include "core/server/node/drill.h"
#include "core/server/process/metrics.h"
#include "core/server/node/node_options.h"
#include "core/server/process/running_requests.h"
#include "core/server/process/worker_pool.h"
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

/// Everything that lives above the barrier while it is open: mounts, tokens, audit, replication, the request pipeline. Built in one
/// order and ended in the reverse one. Thread-safe once started.
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
        std::function<void()> contentsReplaced; // a snapshot was put in place
        /// Answers what the node answers beside the pipeline, for a token where the configuration asks for one.
        std::function<mount::Response(const mount::Request&)> nodeAnswer;
        /// The requests that the node is answering.
        std::function<boost::json::object()> inFlight;
    };

    explicit UnsealedCluster(Services services);
    ~UnsealedCluster() override;

    /// Writes what a new cluster begins with; the root token's id. In the transaction of initialisation.
    Result<std::string> writeFirst(const barrier::Scope& scope, const std::string& clusterName);
    /// Loads, takes up the replication roles, opens the cluster port. Errors: Corrupt, Io.
    Result<> start();
    void stop();

    request::RequestPipeline& pipeline() { return *m_pipeline; }
    audit::Broker& audit() { return m_audit; }
    ClusterIdentity identity() const CORE_EXCLUDES(m_mutex);
    /// Names and roles.
    void describe(sys::Health& health) const CORE_EXCLUDES(m_mutex);
    WallTime activeSince() const { return m_activeSince; }
    std::vector<Measure> measures() const;
    /// The rules for web pages as they are stored now; null: there are none.
    std::shared_ptr<const sys::CorsRules> corsRules() const CORE_EXCLUDES(m_mutex);
    /// Expiry and snapshots, once a second; blocking.
    void tick();
    /// Makes a root token or a DR operation token; blocking.
    Result<std::string> makeToken(sys::RootGeneration::Kind kind);

    /// Makes a new root key with its shares this cluster's, and from here on its replication set's; blocking. Errors:
    /// FailedPrecondition (the role, a member's version), those of barrier::Seal::install().
    Result<> installKeys(const barrier::NewKeys& keys);
    /// Writes what passes no pipeline to the audit devices: the request, or with `response` its answer. False: no device took it, and
    /// the caller refuses or withholds it. A DR secondary goes on without: a full disk there must not stop a failover.
    bool audit(const mount::Request& request, const mount::Response* response);
    /// A member was revoked as compromised, and sys/rekey has not been done since: key shares alone open no door.
    bool isRekeyRequired() const;
    /// Proves a snapshot, keeps what is here, and puts the snapshot in its place; everything is built anew soon after. Blocking.
    /// Errors: those of Snapshots::check(), FailedPrecondition (a secondary, or a primary of its set is there), Unavailable (another restore runs), NoSpace, Io.
    Result<snapshot::RestoreOutcome> restoreSnapshot(const snapshot::RestoreRequest& request);
    /// Puts a safety snapshot back and leaves every replication set; everything is built anew soon after. Blocking.
    Result<> restoreSafetySnapshot(const std::string& name);

    /// Waits until what follows from an operation is done.
    void waitUntilSettled() { m_replication.waitUntilIdle(); }
    /// Counts what is being answered, so that a role change can wait for it; the round goes back with the end.
    unsigned requestBegan() { return m_requests.began(); }
    void requestEnded(unsigned round) { m_requests.ended(round); }

    // replication::Host
    /// None rather than a loopback address by accident, which other machines would call in vain.
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
    void invalidate(const std::vector<std::string>& keys) override;

private:
    void registerTypes();
    void registerRoutes();
    /// Ends the tokens that were issued here by the auth method that was mounted at `path`.
    void endTokensOf(const std::string& path);
    barrier::WriteAccess access() const;
    /// Batch tokens without a signature, of an older program, count for a day from the first time that no member of the set is known to run it.
    void endUnsignedTokens();
    /// Local mounts where the primary has made shared ones, as a reader knows them.
    std::vector<std::string> mountConflicts() const;
    replication::MemberService::LocalMounts localMounts() const;
    /// Why no shared mount must be made there: a member is known to have a local one. Empty: it may.
    std::string sharedMountRefusal(mount::TableKind kind, const std::string& path) const;
    /// Makes the shared rows that are otherwise made when they are first needed, which a secondary could not do.
    void makeSharedRows();
    /// Takes up the shares that the primary has installed since, if any.
    void adoptShares();
    snapshot::Snapshots::Identity snapshotIdentity() const;
    snapshot::Snapshots::Signing snapshotSigning();
    bool isAlone() const; // in no replication set
    /// The present member of this cluster's sets that a token key belongs to.
    std::optional<trust::TokenMakers::Maker> memberOf(std::string_view tokenKey) const;
    std::optional<Error> secondaryRefusal(const snapshot::RestoreRequest& request, const snapshot::CheckedArchive& checked) const;
    Result<> checkNoPrimary(const snapshot::Meta& meta) const;
    Result<> adoptRestored();
    Result<> checkUnchanged(const std::string& logId, bool isSecondary) const;
    void warnOfSecondaries(bool isOurs, snapshot::RestoreOutcome& outcome) const;
    /// Gives a physical key the path that clients know, by the mounts as they are now.
    std::function<std::string(std::string_view key)> pathNames() const;
    /// Removes the rows of user locks that have ended, every 15 minutes.
    void removeEndedLocks();
    /// What is prepared for a failover besides the data.
    replication::MemberService::Services::Preparation preparation() const;
    cluster::Preflight::Services::Room storageRoom() const;
    void loadCors() CORE_EXCLUDES(m_mutex);
    /// Notes which version of the program has opened the data; blocking.
    void noteVersion();
    /// Adds a term to the keyring when the rules say so; blocking.
    void rotateWhenDue();
    /// Commits what `write` puts; blocking.
    Result<> commit(const std::function<Result<>(const barrier::Scope&)>& write);

    const Services m_services;
    WallTime m_activeSince; // set by start()
    mutable Mutex m_mutex;  // leaf lock
    ClusterIdentity m_identity CORE_GUARDED_BY(m_mutex);
    std::shared_ptr<const sys::CorsRules> m_cors CORE_GUARDED_BY(m_mutex);
    std::string m_devRootToken CORE_GUARDED_BY(m_mutex); // of this set: its own, or its primary's since an activation
    trust::KeyHolder m_keys;                             // loaded by start()
    trust::TokenMakers m_tokenMakers;
    RunningRequests m_requests;
    std::atomic<bool> m_areSharesDue{true};         // they may have changed while this node was sealed
    std::atomic<bool> m_areUnsignedTokensDue{true}; // whether a row says until when they count is not known
    std::atomic<bool> m_areSharedRowsDue{true};     // the store, or the set, may be of an older version
    bool m_isShareTroubleNoted = false;             // of the ticks

    mutable token::TokenStore m_tokens; // reading fills its cache
    token::Wrapping m_wrapping;
    policy::PolicyStore m_policies;
    mount::BackendRegistry m_registry;
    mount::Router m_router;
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
    cluster::Preflight m_preflight;
    std::unique_ptr<cluster::ClusterPort> m_port;
    std::unique_ptr<request::RequestPipeline> m_pipeline;
    std::unique_ptr<lease::LeaseManager> m_leases;
    std::unique_ptr<mount::MountCleaner> m_cleaner;
    std::shared_ptr<sys::SysBackend> m_sys;
    std::unique_ptr<Drill> m_drill; // null in the server of a drill
    SteadyTime m_locksRemovedAt;    // of the ticks
    std::atomic<bool> m_isSnapshotting{false};
    std::atomic<bool> m_isRestoring{false};
    WorkerPool m_snapshotThread{1}; // what is saved, sent away and restored on trial may take long. Last: it uses all the above
};

} // namespace core::server
