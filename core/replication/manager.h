#pragma once

#include "core/barrier/seal.h"
#include "core/base/clock.h"
#include "core/base/mutex.h"
#include "core/log/store.h"
#include "core/mount/response.h"
#include "core/replication/activation.h"
#include "core/replication/forwarder.h"
#include "core/replication/host.h"
#include "core/replication/role.h"
#include "core/replication/statement.h"
#include "core/replication/transport.h"
#include "core/replication/wipe_guard.h"
#include "core/replication/worker.h"
#include "core/replication/write_hold.h"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <vector>

namespace core::replication {

class ForestKeeper;

/// The cluster's replication roles: takes them up at unseal, changes them when the API asks, and tells everything else what
/// this cluster may do now.
///
/// A role change is one transaction; what follows from it (links, reloads, the wipe of an activation) is done on a worker
/// thread afterwards and again at the next start if the process dies in between. API operations block (disk; the network for
/// activation): never call them on an I/O thread. Thread-safe. Modes and what each operation does: README.md.
class ReplicationManager final : public RoleSource, public TransportEvents, public ScopeSource {
public:
    struct Services {
        log::Store& store;
        barrier::Barrier& barrier;
        barrier::Seal& seal;
        const Clock& clock;
        Random& random;
        Host& host;
        /// How an activation token is opened; another one only in tests.
        std::function<Result<ActivationBundle>(const UnwrapOptions&, WallTime)> unwrap = unwrapActivation;
        /// Outlives the manager. Null: a thread of its own.
        Background* background = nullptr;
        /// Outlives the manager. Null: an activation wipes without a way back.
        WipeGuard* wipeGuard = nullptr;
    };
    explicit ReplicationManager(Services services);
    ~ReplicationManager() override;

    /// Before start(); outlives the manager's running time.
    void setTransport(Transport& transport) { m_transport = &transport; }
    /// Takes up the stored roles; the barrier is open. Errors: Corrupt, Io.
    Result<> start();
    /// Before the barrier is sealed, and at the end: links stop, roles are forgotten (not those stored).
    void stop();

    /// What looks after the forest adds to the status; before start(), outlives the manager's running time.
    void setForestKeeper(const ForestKeeper& keeper) { m_forestKeeper = &keeper; }

    // RoleSource
    bool isDrSecondary() const override { return m_isDrSecondary; }
    bool isPerformanceSecondary() const override { return m_isPerformanceSecondary; }
    std::string writeRefusal() const override;
    bool isRefusalPassing() const override { return !m_isReplaced && !m_isDrSecondary; }
    SharedPlace sharedPlace() const override;
    bool holdWrite(std::function<void(const std::string&)> again) const override { return m_hold.add(std::move(again)); }
    /// As sys/health shows it: also the role that a DR secondary has inherited and does not play.
    Mode mode(Type type) const;

    // Operations of the API; the answer is whole, errors included (spec: replication-api.md §2, §3).
    mount::Response enablePrimary(Type type, const std::string& primaryClusterAddress);
    mount::Response demotePrimary(Type type);
    mount::Response disablePrimary(Type type);
    /// Whose secondaries an operation is about: those of a primary, or those that a performance secondary relays to.
    enum class Side { Primary, Relay };
    /// Lets a performance secondary serve secondaries of its own; ends that.
    mount::Response enableRelay(const std::string& clusterAddress);
    mount::Response disableRelay();
    boost::json::object relayStatus() const;
    /// Which clusters hold what is stored in this class, and in the mount with this uuid (empty: in none), as far as this one
    /// knows from its links; itself first.
    boost::json::array holders(barrier::StorageClass storageClass, std::string_view mountUuid) const;
    /// `requestId` tells a request that is run again (its own transaction met a conflict) from a second one.
    /// With a secondary's public key (as its generate-public-key gave it) the token needs no unwrapping: see sealed_activation.h.
    mount::Response secondaryToken(Type type, const std::string& id, std::chrono::nanoseconds ttl, const std::string& requestId,
                                   const std::string& secondaryPublicKey = {}, Side side = Side::Primary);
    mount::Response revokeSecondary(Type type, const std::string& id, Side side = Side::Primary);
    /// Makes the key pair of one activation, in place of the one made before.
    mount::Response generatePublicKey(Type type);
    mount::Response enableSecondary(Type type, const UnwrapOptions& options, const WipeOptions& wipe = {});
    struct UpdateOptions {
        UnwrapOptions unwrap;                // an empty token: forget the primary
        std::vector<std::string> addresses;  // instead of a token
    };
    mount::Response updatePrimary(Type type, const UpdateOptions& options);
    mount::Response promoteSecondary(Type type, const std::string& primaryClusterAddress, bool isForced);
    mount::Response disableSecondary(Type type);
    /// Takes the links down and up again.
    mount::Response recover();
    /// The latest statement of the set that this cluster knows.
    mount::Response epochStatement(Type type) const;
    /// Shows this cluster a statement (base64). A primary that a genuine one says has been replaced stops writing.
    mount::Response showStatement(Type type, const std::string& encoded);

    struct SwitchoverOptions {
        std::string secondaryId;
        std::chrono::milliseconds pauseMax{2000}; // writes wait no longer than this before the role is offered, or again after it
    };
    /// Hands the primary role to a secondary that is close behind, and follows it: nothing answered is lost (README.md).
    mount::Response switchover(Type type, const SwitchoverOptions& options);
    mount::Response switchoverProgress(Type type) const;
    /// Takes a switchover back whose end is not known. Forced: also where the secondary cannot be asked.
    mount::Response abandonSwitchover(Type type, bool isForced);
    /// Once a second: asks again how a switchover has ended that this process does not know of. Quick.
    void tick();

    // For what looks at this cluster's place in its sets (Peers)
    using RolePointer = std::shared_ptr<const Role>;
    RolePointer role(Type type) const;
    /// Whether the type's role is played: a DR secondary plays no performance role.
    bool isPlayed(Type type) const;
    /// As stored; the running link may be further.
    Position positionOf(Type type) const;
    LinkReport report(Type type) const { return m_transport ? m_transport->report(type) : LinkReport{}; }
    /// Whether a paths filter of the set's primary keeps mounts from this performance secondary, as far as this cluster knows.
    bool isFiltered(const std::string& secondaryId) const;
    /// Runs `work` while nothing of this type's primary is applied and no role changes, then takes the links up again.
    mount::Response whileLinksStopped(Type type, const std::function<mount::Response()>& work);
    /// Runs `work`, which replaces all contents and with them the roles, while writes are refused and no link runs. Where it
    /// succeeds it stays so: everything above the store is built anew. Errors: those of `work`; then all is as before.
    Result<> whileEverythingStopped(const std::function<Result<>()>& work);

    /// The object of one type, and of sys/replication/status.
    boost::json::object status(Type type) const;
    boost::json::object status() const;
    /// 40 hex digits.
    std::string root(Type type) const;

    struct Lag {
        Type type = Type::Performance;
        bool isConnected = false;
        std::optional<std::chrono::milliseconds> age; // of the last moment at which everything was here; nothing: not proven yet
        std::chrono::milliseconds clockSkew{0};
    };
    /// How far a secondary is behind; of a DR secondary its DR link counts. Nothing on others.
    std::optional<Lag> lag() const;

    struct Metric {
        std::string name; // "vault.core.replication.dr.primary"
        double value = 0;
        bool isCounter = false;
    };
    std::vector<Metric> metrics() const;

    // ScopeSource
    LinkScope scope(Type type, const std::string& secondaryId) const override;
    std::uint64_t scopeVersion() const override { return m_scopeVersion; }
    /// These physical keys were committed with other values; to be told of every transaction, before it is answered.
    void changed(const std::vector<std::string>& physicalKeys);
    /// A performance secondary that holds what its primary had, without a reconciliation under way.
    bool isSecondaryInSync() const;
    /// The id that the primary knows this secondary by; empty where there is none.
    std::string secondaryId(Type type) const { return role(type)->secondaryId; }
    /// A performance secondary that has secondaries of its own.
    bool isRelay() const;

    // TransportEvents
    Result<wire::BootstrapPackage> bootstrapPackage(Type type, const std::string& secondaryId, bool isPeerDev) override;
    void laterStatement(Type type, std::string statement, bool isFollowed) override;
    void primaryAddresses(Type type, std::vector<std::string> cluster, std::vector<std::string> failover) override;
    void applied(Type type, const std::vector<std::string>& keys) override;
    void membersTold(Type type, const Members& members) override;
    void handoverAnswered(Type type, const std::string& secondaryId, wire::HandoverAnswer answer) override;
    void handoverAsked(Type type, wire::Handover asked) override;

    /// Waits until everything that was begun after an operation is done; for tests and an orderly end.
    void waitUntilIdle();

private:
    Result<> loadRoles();
    /// Stores changed roles (null: unchanged) in one transaction, with `more` besides, then takes them up.
    Result<> change(const Role* performance, const Role* dr, std::vector<log::Operation> more = {});
    Result<> change(Type type, const Role& role, std::vector<log::Operation> more = {})
    {
        return change(type == Type::Performance ? &role : nullptr, type == Type::Dr ? &role : nullptr, std::move(more));
    }
    Result<> storeRoles(const Role* performance, const Role* dr, std::vector<log::Operation> more, bool isOtherMode);
    void stopLinks(Type type);
    void refuseWrites(std::string text);
    /// Waits, some seconds at most, until the connected secondaries hold everything; writes are refused meanwhile.
    void drain(Type type);
    void takeUp();
    void takeUpPeerIdentity();
    void applyPlan(Type type);
    LinkPlan planFor(Type type) const;
    Result<crypto::Identity> serverIdentity(Type type, const crypto::Identity& authority) const;
    static log::Operation positionOperation(Type type, const Position& position);
    static log::Operation noPosition(Type type);
    Endpoint self() const { return {m_services.host.apiAddress(), m_services.host.clusterAddress()}; }
    /// The unwrap and the bootstrap call of an activation; nothing is changed here. An error is the answer.
    struct Activation {
        ActivationBundle bundle;
        wire::BootstrapPackage package;
        barrier::KeyBundle keys;
        std::vector<log::Operation> keyOperations; // what makes the keys this node's, under its own seal
        std::string safetySnapshot;                // of what is to be wiped; empty: none
    };
    std::optional<mount::Response> beginActivation(Type type, const UnwrapOptions& options, std::optional<Activation>& out);
    Result<ActivationBundle> bundleOf(Type type, const UnwrapOptions& options);
    std::optional<mount::Response> enableRefusal(const WipeOptions& wipe) const;
    std::vector<std::string> slotsOfSecondaries() const;
    std::optional<mount::Response> followRefusal(Type type, const Activation& activation) const;
    Role secondaryRole(const Activation& activation) const;
    void finishActivation(Type type, Activation& activation);
    /// The answer to an activation that has begun.
    mount::Response begun(const Activation& activation) const;
    static mount::Response notSecondary(Type type);
    /// Signs that this cluster is the primary of the role's set and epoch. Errors: Sealed.
    Result<> signEpoch(Type type, Role& role, Epoch predecessor) const;
    /// Takes up a genuine statement if it is later than what is known. Errors: of verifying, of storing.
    Result<bool> noteStatement(Type type, const std::string& statement, bool isFollowed) CORE_REQUIRES(m_operation);
    std::shared_ptr<const StatementVerifier> verifier() const;
    /// Deletes all paths filters. Errors: those of the view.
    Result<std::vector<log::Operation>> filterErasures(const std::string& folder) const;
    static mount::Response notRelay();
    /// The refusal where the cluster has no secondaries on that side.
    std::optional<mount::Response> sideRefusal(Type type, const Role& role, Side side) const;
    /// Stores a role in which only what concerns those below a relay has changed; the link upwards goes on.
    Result<> changeRelay(const Role& role, std::vector<log::Operation> more = {}) CORE_REQUIRES(m_operation);
    bool addServing(const Role& role, LinkPlan& plan) const;
    void addSecondaries(Type type, const Role& role, const LinkReport& report, boost::json::object& out) const;
    bool isBehind(Type type) const;
    void reloadLater();
    /// Makes this secondary the primary of its set in `next`, which has its authority; a DR secondary with what it has inherited.
    Result<> promoteTo(Type type, Role next, Epoch predecessor) CORE_REQUIRES(m_operation);

    // Switchover, as the primary (manager_switchover.cpp)
    std::optional<mount::Response> switchoverRefusal(Type type, const std::string& secondaryId) const;
    Result<Handover> makeHandover(Type type, const std::string& secondaryId) const;
    std::string offeredRole(Type type) const;
    Result<> setHandover(Type type, std::optional<Handover> handover) CORE_REQUIRES(m_operation);
    std::optional<wire::HandoverAnswer> awaitAnswer(const std::string& handoverId, SteadyTime deadline);
    /// What the secondary says as a primary, if it is one: it has accepted.
    std::optional<wire::BootstrapPackage> askSuccessor(Type type, std::chrono::milliseconds timeout) const;
    Result<> followSuccessor(Type type, const wire::BootstrapPackage& package) CORE_REQUIRES(m_operation);
    enum class Outcome { Accepted, Declined, Unknown };
    Outcome settle(Type type) CORE_REQUIRES(m_operation);
    void awaitLink(Type type);
    struct Switchover {
        std::string phase = "none";
        std::string secondaryId, detail;
        Epoch epoch;
        WallTime startedAt;
        std::optional<std::chrono::milliseconds> pause;
    };
    Switchover& progressOf(Type type) CORE_REQUIRES(m_mutex) { return type == Type::Performance ? m_performanceSwitchover : m_drSwitchover; }
    void note(Type type, std::string phase, std::string detail = {});
    // and as the secondary (manager_handover.cpp)
    /// Why not; nothing when this cluster is the primary now.
    std::optional<std::string> acceptHandover(Type type, const wire::Handover& asked) CORE_REQUIRES(m_operation);
    bool mayDecline(Type type) CORE_REQUIRES(m_operation);

    Services m_services;
    Transport* m_transport = nullptr;
    const ForestKeeper* m_forestKeeper = nullptr;
    std::unique_ptr<Worker> m_ownWorker;
    Background& m_background;

    std::atomic<bool> m_isStopping{false};
    std::atomic<bool> m_isActivating{false}; // a primary is being asked; without a lock, since it may take its time
    Mutex m_operation; // one role change at a time; taken before m_mutex
    std::string m_lastTokenRequest CORE_GUARDED_BY(m_operation);
    bool m_isAcceptanceInDoubt CORE_GUARDED_BY(m_operation) = false; // storing it failed, so it may yet turn out to be stored
    std::atomic<bool> m_isSettling{false};
    mutable WriteHold m_hold;
    mutable Mutex m_mutex; // leaf lock
    RolePointer m_performance CORE_GUARDED_BY(m_mutex);
    RolePointer m_dr CORE_GUARDED_BY(m_mutex);
    std::shared_ptr<const crypto::Identity> m_peerIdentity CORE_GUARDED_BY(m_mutex); // null: no role is played
    std::string m_peerFingerprint CORE_GUARDED_BY(m_mutex);
    struct ServerIdentity { // of the cluster port, while the authority is the same
        std::string authority;
        crypto::Identity identity;
    };
    mutable ServerIdentity m_performanceServer CORE_GUARDED_BY(m_mutex);
    mutable ServerIdentity m_drServer CORE_GUARDED_BY(m_mutex);
    std::shared_ptr<const StatementVerifier> m_verifier CORE_GUARDED_BY(m_mutex); // null: sealed
    std::optional<Type> m_bootstrapping CORE_GUARDED_BY(m_mutex);
    std::string m_writeRefusal CORE_GUARDED_BY(m_mutex);
    Switchover m_performanceSwitchover CORE_GUARDED_BY(m_mutex);
    Switchover m_drSwitchover CORE_GUARDED_BY(m_mutex);
    std::map<std::string, wire::HandoverAnswer> m_handoverAnswers CORE_GUARDED_BY(m_mutex);
    std::string m_performanceSuccessor CORE_GUARDED_BY(m_mutex); // a DR secondary's: who plays the performance role it handed over
    bool m_isRunning CORE_GUARDED_BY(m_mutex) = false;
    std::atomic<bool> m_isDrSecondary{false};
    std::atomic<bool> m_isPerformanceSecondary{false};
    std::atomic<bool> m_hasRefusal{false};
    std::atomic<bool> m_isReplaced{false}; // as the primary of a type
    std::atomic<std::uint64_t> m_scopeVersion{1};
};

} // namespace core::replication
