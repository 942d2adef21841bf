#pragma once

#include "core/replication/succession/epochs.h"
#include "core/replication/succession/other_primaries.h"
#include "core/replication/roles/key_renewal.h"
#include "core/replication/roles/relay.h"
#include "core/replication/roles/role_reports.h"
#include "core/replication/succession/secondary_activation.h"
#include "core/replication/roles/set_keys.h"
#include "core/replication/succession/successor.h"
#include "core/replication/succession/switchover.h"

namespace core::replication {

/// The cluster's replication roles. Loads them at unseal, changes them when the API asks, and tells the rest of the server what this
/// cluster may do now.
///
/// A role change is one transaction. A worker thread then applies its effects (links, reloads, the wipe of an activation). If the process
/// dies in between, the next start applies them. API operations block (disk; the network for activation), so never call them on an I/O
/// thread. Thread-safe. Modes and operations: roles.md. This class does the plain operations of primary and secondary. It owns the classes
/// that do the others.
class ReplicationManager final : public RoleSource, public TransportEvents, public ScopeSource {
public:
    using Services = ManagerServices;
    explicit ReplicationManager(Services services);
    ~ReplicationManager() override;

    /// Call before start(). The transport must live until stop().
    void setTransport(Transport& transport) { m_roles.setTransport(transport); }
    void setForestKeeper(const ForestKeeper& keeper) { m_reports.setForestKeeper(keeper); }
    /// Loads the stored roles and applies them. The barrier must be open. Errors: Corrupt, Io.
    Result<> start();
    /// Call before the barrier is sealed, and at the end. Links stop. Roles stay stored, and only memory forgets them.
    void stop();
    /// Waits until the follow-up tasks of all operations are done; for tests and an orderly end.
    void waitUntilIdle();

    // RoleSource
    bool isDrSecondary() const override { return m_roles.isDrSecondary(); }
    bool isPerformanceSecondary() const override { return m_roles.isPerformanceSecondary(); }
    std::string writeRefusal() const override { return m_roles.writeRefusal(); }
    bool isRefusalPassing() const override { return m_roles.isRefusalPassing(); }
    SharedPlace sharedPlace() const override { return m_roles.sharedPlace(); }
    bool holdWrite(std::function<void(const std::string&)> again) const override { return m_switchover.hold().add(std::move(again)); }

    // Operations of the API. They return the whole answer, errors included (spec: replication-api.md §2, §3).
    mount::Response enablePrimary(Type type, const std::string& primaryClusterAddress);
    struct RecoverOptions {
        std::string setId;                 // of the members; empty: the stored one
        std::uint64_t epoch = 0;           // the first epoch; 0: the one after the latest known here
        std::string primaryClusterAddress; // empty: as before
    };
    /// Makes this cluster, whose contents were restored, the primary of the set of these contents. Each member returns by a token and keeps
    /// its data, because set id and keyring are equal.
    mount::Response recoverPrimary(Type type, const RecoverOptions& options);
    mount::Response demotePrimary(Type type);
    mount::Response disablePrimary(Type type);
    /// Whose secondaries an operation changes: those of a primary, or those of a relay.
    enum class Side { Primary, Relay };
    /// `requestId` separates a request that runs again after a conflict from a second request. With a secondary's public key (from its
    /// generate-public-key), the token needs no unwrapping: see sealed_activation.h.
    mount::Response secondaryToken(Type type, const std::string& id, std::chrono::nanoseconds ttl, const std::string& requestId,
                                   const std::string& secondaryPublicKey = {}, Side side = Side::Primary);
    /// `isCompromised`: somebody else has what the secondary knows. A new term begins at once. Until sys/rekey, key shares alone are not
    /// accepted.
    mount::Response revokeSecondary(Type type, const std::string& id, Side side = Side::Primary, bool isCompromised = false)
        CORE_EXCLUDES(m_roles.operation);
    /// On a primary that was replaced: continues as the primary at an epoch later than the successor's, and keeps its secondaries. The
    /// successor can get no seat here any more. 400 if nobody has replaced it.
    mount::Response refuseSuccessor(Type type);
    std::optional<mount::Response> refuseSuccessorRefusal(Type type) const;
    /// Of a primary whose storage is older than what members hold: goes on with it, at a later epoch, as the primary of both types that it is of. What only
    /// members have is lost. 400 where the storage is not older, or another key of this cluster leads by now.
    mount::Response resumePrimary(Type type);
    std::optional<mount::Response> resumeRefusal(Type type) const;
    /// A member has told entries of a trust log. Blocking (disk, network).
    void takeTrust(Type type, const std::vector<std::string>& entries, const std::string& from) CORE_EXCLUDES(m_roles.operation);
    /// The same, later. Quick.
    void takeTrustLater(Type type, std::vector<std::string> entries, const std::string& from)
    {
        m_trust.told({.link = type, .message = {.type = type, .entries = std::move(entries)}, .from = from});
    }
    /// Whether a secondary may succeed this primary without a switchover.
    mount::Response setSuccession(Type type, const std::string& id, bool maySucceed);
    mount::Response succession(Type type, const std::string& id) const;
    mount::Response promoteSecondary(Type type, const std::string& primaryClusterAddress, bool isForced);
    mount::Response disableSecondary(Type type);
    /// Stops the links and starts them again.
    mount::Response recover();

    // Also operations of the API, in classes of their own
    mount::Response generatePublicKey(Type type) { return m_activation.generatePublicKey(type); }
    mount::Response enableSecondary(Type type, const UnwrapOptions& options, const WipeOptions& wipe = {})
    {
        return m_activation.enable(type, options, wipe);
    }
    using UpdateOptions = SecondaryActivation::UpdateOptions;
    mount::Response updatePrimary(Type type, const UpdateOptions& options) { return m_activation.update(type, options); }
    mount::Response epochStatement(Type type) const { return m_epochs.statement(type); }
    mount::Response showStatement(Type type, const std::string& encoded, const std::string& from = {}) { return m_epochs.show(type, encoded, from); }
    /// Whether a genuine statement says more than this cluster knows. False for one that is not genuine.
    bool isNews(Type type, const std::string& statement) const { return m_epochs.isNewsHere(type, statement); }
    /// A member has sent this statement. It is judged, and adopted if it counts. The first function blocks (disk, network).
    void consider(Type type, const std::string& statement, const std::string& from) { m_epochs.consider(type, statement, from); }
    void considerLater(Type type, std::string statement, std::string from, std::string trustHead);
    /// About the set's trust log: whether this cluster keeps it and lacks the entry; which entries a cluster with that head lacks.
    bool lacksTrust(Type type, std::string_view head) const { return m_trust.lacks(type, head); }
    std::vector<std::string> trustMissingAt(Type type, const std::string& head) const { return m_trust.missingAt(type, head); }
    mount::Response describeTrust(Type type) const { return m_trust.describe(type); }
    mount::Response chooseTrust(Type type, const std::string& hash) { return m_trust.choose(type, hash); }
    std::optional<mount::Response> trustChoiceRefusal(Type type, const std::string& hash) const { return m_trust.choiceRefusal(type, hash); }
    std::vector<TrustContest> trustContests(Type type) const { return m_trust.contests(type); }
    const std::string& program() const { return m_services.program; } // its version
    std::shared_ptr<const trust::TrustLog> trustLog(Type type) const { return m_roles.trust(type); }
    bool maySucceedPrimary(Type type) const { return m_trust.maySucceedPrimary(type); }
    /// Holds writes while it is not known whether this cluster may do them; releases them. Both block (disk).
    void holdWrites(const std::string& why);
    void releaseWrites();
    using SwitchoverOptions = Switchover::Options;
    mount::Response switchover(Type type, const SwitchoverOptions& options) { return m_switchover.begin(type, options); }
    mount::Response switchoverProgress(Type type) const { return m_switchover.progress(type); }
    mount::Response abandonSwitchover(Type type, bool isForced) { return m_switchover.abandon(type, isForced); }
    mount::Response enableRelay(const std::string& clusterAddress) { return m_relay.enable(clusterAddress); }
    mount::Response disableRelay() { return m_relay.disable(); }
    /// Call once a second. Quick.
    void tick()
    {
        m_switchover.tick();
        m_heard.tick();
        m_trust.tick();
        m_renewal.tick();
        m_otherPrimaries.tick();
        m_authorities.tick();
        if (m_isRevocationDue.exchange(false)) m_services.background->post([this] { finishRevocation(); });
    }
    /// Second primaries of this primary's sets, as members tell.
    OtherPrimaries& otherPrimaries() { return m_otherPrimaries; }
    const OtherPrimaries& otherPrimaries() const { return m_otherPrimaries; }
    /// What was known before this cluster started about a secondary (or the primary, for an empty id) that has not connected since.
    std::optional<Member> heard(Type type, std::string_view id) const { return m_heard.find(type, id); }

    // Roles, for classes that ask for this cluster's place in its sets (MemberService)
    using RolePointer = RoleKeeper::RolePointer;
    RolePointer role(Type type) const { return m_roles.role(type); }
    /// The mode in sys/health. It includes the role that a DR secondary has inherited and does not play.
    Mode mode(Type type) const { return m_roles.mode(type); }
    bool isPlayed(Type type) const { return m_roles.isPlayed(type); }
    bool isRelay() const { return m_relay.isOn(); }
    std::optional<ActivationFailure> activationFailure(Type type) const { return m_roles.activationFailure(type); }
    Position positionOf(Type type) const { return m_roles.positionOf(type); }
    LinkStatus report(Type type) const { return m_roles.report(type); }
    /// The primary's id for this secondary; empty if there is none.
    std::string secondaryId(Type type) const { return role(type)->secondaryId; }
    /// True on a performance secondary that holds what its primary had, with no reconciliation under way.
    bool isSecondaryInSync() const { return isPerformanceSecondary() && report(Type::Performance).isInSync; }

    /// Runs `work` while nothing of this type's primary is applied and no role changes. Then starts the links again.
    mount::Response whileLinksStopped(Type type, const std::function<mount::Response()>& work);
    /// Runs `work`, which replaces all contents and so the roles, while writes are refused and no link runs. If it succeeds, that stays so,
    /// because the owner builds everything above the store again. Errors: those of `work`; then all is as before.
    Result<> whileEverythingStopped(const std::function<Result<>()>& work);

    // State of roles and links (RoleReports)
    boost::json::object status(Type type) const { return m_reports.status(type); }
    boost::json::object status() const { return m_reports.status(); }
    boost::json::object relayStatus() const { return m_reports.relay(); }
    std::string root(Type type) const { return m_reports.root(type); }
    std::optional<Lag> lag() const { return m_reports.lag(); }
    std::vector<Metric> metrics() const { return m_reports.metrics(); }
    boost::json::array holders(barrier::StorageClass storageClass, std::string_view mountUuid) const
    {
        return m_reports.holders(storageClass, mountUuid);
    }

    // ScopeSource (StoredScopes)
    LinkFilter scope(Type type, const std::string& secondaryId) const override { return m_scopes.scope(type, secondaryId); }
    std::uint64_t scopeVersion() const override { return m_scopes.scopeVersion(); }
    /// A member that is known to run an older program than this cluster. While there is one, the set keeps that program's rules.
    struct OlderMember {
        std::string name;    // "the secondary "north"", "the primary"
        std::string program; // its version; empty: not reported
        std::string text() const;
    };
    std::vector<OlderMember> olderMembers() const;
    /// A secondary of this relay, as the primary's operator sees it.
    struct BelowMember {
        std::string id;
        bool isConnected = false;
        bool isWithoutNewKeys = false; // since the last revocation as compromised
        std::string program{};         // version; empty: not known
        bool operator==(const BelowMember&) const = default;
    };
    std::vector<BelowMember> membersBelow() const;
    bool isFiltered(const std::string& secondaryId) const { return m_scopes.isFiltered(secondaryId); }

    // TransportEvents
    void bootstrapPackage(BootstrapAsk ask, std::function<void(Result<wire::BootstrapPackage>)> done) override;
    void secondaryProven(Type type, const std::string& secondaryId, SecondaryClaim claim) override;
    void primaryProven(Type type, std::string memberKey, std::string replacedKey) override;
    void laterStatement(Type type, std::string statement, StatementSource source) override
    {
        m_epochs.noteLater(type, std::move(statement), std::move(source));
    }
    void primaryAddresses(Type type, std::vector<std::string> cluster, std::vector<std::string> failover) override;
    void membersTold(Type type, const Members& members) override;
    void secondariesHeard(Type type, const Members& members) override;
    void tokenKeyTold(Type type, const std::string& secondaryId, std::string publicKey) override;
    void tokenKeysSent(std::string makers, std::function<void()> done) override;
    void keysSent(Type type, SecretBytes bundle, std::function<void(Result<>)> done) override;
    const KeySource* keySource() const override { return &m_keys; }
    void trustTold(TrustTold told) override { m_trust.told(std::move(told)); }
    void handoverAnswered(Type, const std::string& secondaryId, wire::HandoverAnswer answer) override
    {
        m_switchover.answered(secondaryId, std::move(answer));
    }
    void handoverAsked(Type type, wire::Handover asked) override { m_successor.asked(type, std::move(asked)); }

private:
    /// Subscriber of the store.
    void changed(const log::ChangedKeys& keys);
    /// Refuses writes and waits, some seconds at most, until the connected secondaries hold everything.
    void drain(Type type) CORE_REQUIRES(m_roles.operation);
    /// The refusal if the cluster has no secondaries on that side.
    std::optional<mount::Response> sideRefusal(Type type, const Role& role, Side side) const;
    /// Stores the role with another list of secondaries.
    Result<> changeSecondaries(Type type, const Role& role, Side side) CORE_REQUIRES(m_roles.operation);
    Result<> noteRevocation(const std::string& id, bool isCompromised);
    struct NewAuthorities {
        std::vector<std::string> sets;        // whose transport authority is another now
        std::vector<std::string> endedTokens; // ids of secondaries that had not used theirs
    };
    /// Ends the membership in one transaction with what must not be done without it: new transport authorities where it may hold their keys, and
    /// the note that new keys are due, so that a crash behind it only delays them. Errors: those of storing.
    Result<NewAuthorities> removeCompromised(Type type, const std::string& id) CORE_REQUIRES(m_roles.operation);
    mount::Response compromisedAnswer(const std::string& id, boost::json::object known, const NewAuthorities& made);
    /// Does what a revocation as compromised left undone when the process ended in the middle, here or at the primary before this one.
    void finishRevocation();
    void noteKeysBelow() CORE_REQUIRES(m_roles.operation);
    bool isRevocable(Type type, const std::string& id) const;
    /// Revokes a member that is in the trust log but is no secondary of this primary. `id`: its name there, or the hash of its key. Unknown
    /// id: a warning.
    mount::Response revokeSeat(Type type, const std::string& id, bool isCompromised = false) CORE_REQUIRES(m_roles.operation);
    void addBoundWarning(Type type, const std::string& id, mount::Response& response) const;
    bool isBehind(Type type) const;
    Result<wire::BootstrapPackage> bootstrapPackageNow(const BootstrapAsk& ask);
    /// Stores that the secondary has used its activation, and its keys. The first member key takes the seat. Errors: PermissionDenied
    /// (another key has taken it), those of storing.
    Result<> takeSeat(const BootstrapAsk& ask) CORE_REQUIRES(m_roles.operation);
    bool staysBehind(Type type) const CORE_REQUIRES(m_roles.operation);

    const std::unique_ptr<Worker> m_ownWorker;
    const ManagerServices m_services; // always with a background
    RoleKeeper m_roles;
    StoredScopes m_scopes;
    SetKeys m_keys;
    Relay m_relay;
    TrustExchange m_trust;
    KeyRenewal m_renewal;
    AuthorityRenewal m_authorities;
    Epochs m_epochs;
    SecondaryActivation m_activation;
    Switchover m_switchover;
    Successor m_successor;
    HeardMembers m_heard;
    OtherPrimaries m_otherPrimaries;
    RoleReports m_reports;
    std::string m_lastTokenRequest CORE_GUARDED_BY(m_roles.operation);
    std::atomic<bool> m_isRevocationDue{false};       // it is to be looked whether one is unfinished
    std::unique_ptr<log::Subscription> m_changedKeys; // from start() to stop()
};

} // namespace core::replication
