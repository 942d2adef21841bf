#pragma once

#include "core/base/mutex.h"
#include "core/replication/seams/forwarder.h"
#include "core/replication/roles/link_planner.h"
#include "core/replication/set/statement.h"
#include "core/replication/set/trust_roster.h"

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <vector>

namespace core::replication {

/// An activation that failed after it had begun. Nothing was changed.
struct ActivationFailure {
    std::string why;
    WallTime at;
    std::string secondaryId; // the token's secondary
};

/// Trust logs by type (performance, DR) to store beside changed roles, in place of the present ones. A change without a log ends the
/// present log. Nothing: the log follows from the role (trust_roster.h).
struct TrustChange {
    std::optional<trust::TrustLog> log{};
};
using TrustChanges = std::array<std::optional<TrustChange>, 2>;

/// Keeps the stored roles and applies their direct effects: what may be written here, and which links run.
///
/// A change is one transaction. A caller that changes a role holds `operation` from before it reads the roles until the change is done.
/// Changing blocks (disk). Thread-safe.
class RoleKeeper {
public:
    explicit RoleKeeper(const ManagerServices& services);

    Mutex operation; // one role change at a time; locked before every other lock of this module

    /// Call before start(). The transport must live until stop().
    void setTransport(Transport& transport) { m_transport = &transport; }
    /// Null: no other cluster can be reached.
    Transport* transport() const { return m_transport; }
    /// Loads the stored roles and applies them. The barrier must be open. Errors: Corrupt, Io.
    Result<> start() CORE_REQUIRES(operation);
    /// After this, no role is applied any more. False: it was stopped before.
    bool stop() CORE_EXCLUDES(m_mutex);

    using RolePointer = std::shared_ptr<const Role>;
    RolePointer role(Type type) const CORE_EXCLUDES(m_mutex);
    /// Whether the cluster plays the type's role. A DR secondary plays no performance role.
    bool isPlayed(Type type) const { return type == Type::Dr || role(Type::Dr)->mode != Mode::Secondary; }
    Mode mode(Type type) const CORE_EXCLUDES(m_mutex);
    /// The trust log of the set; null: this cluster keeps none.
    std::shared_ptr<const trust::TrustLog> trust(Type type) const CORE_EXCLUDES(m_mutex);
    bool isDrSecondary() const { return m_isDrSecondary; }
    bool isPerformanceSecondary() const { return m_isPerformanceSecondary; }
    /// True on a performance secondary that holds what its primary had, with no reconciliation under way.
    bool isSecondaryInSync() const { return isPerformanceSecondary() && report(Type::Performance).isInSync; }
    std::string writeRefusal() const CORE_EXCLUDES(m_mutex);
    bool isRefusalPassing() const { return !m_isReplaced && !m_isDrSecondary; }
    SharedPlace sharedPlace() const;
    /// The stored position. The running link may be further.
    Position positionOf(Type type) const;
    /// Null: sealed.
    std::shared_ptr<const StatementVerifier> verifier() const CORE_EXCLUDES(m_mutex);
    LinkStatus report(Type type) const { return m_transport ? m_transport->report(type) : LinkStatus{}; }
    Endpoint self() const { return m_planner.self(); }

    /// Reads the roles again, and what may be written. Errors: Corrupt, Io, Sealed.
    Result<> load() CORE_EXCLUDES(m_mutex);
    /// Stores changed roles (null: unchanged) and `more` in one transaction, then applies them. The links of changed roles stop before;
    /// others continue.
    Result<> change(const Role* performance, const Role* dr, std::vector<log::Operation> more = {}, TrustChanges given = {}) CORE_REQUIRES(operation);
    Result<> change(Type type, const Role& role, std::vector<log::Operation> more = {}, TrustChanges given = {}) CORE_REQUIRES(operation);
    /// Stores a performance role in which only the relay's own secondaries have changed. The link to the primary continues.
    Result<> changeRelay(const Role& role, std::vector<log::Operation> more = {}) CORE_REQUIRES(operation);
    /// Only stores; the caller must call load(). If the mode changes, no write that began before is committed after this.
    Result<> store(const Role* performance, const Role* dr, std::vector<log::Operation> more, bool isOtherMode, TrustChanges given = {})
        CORE_REQUIRES(operation);
    Result<> store(Type type, const Role& role, bool isOtherMode) CORE_REQUIRES(operation);
    /// Stores what a primary's secondaries have reported about themselves, together with the other members that it knows. Links continue.
    Result<> storeKnownMembers(Type type, const Members& heard) CORE_REQUIRES(operation);
    /// Revokes the key of a member for which this primary has no secondary: a former primary, or a sibling from before this cluster's
    /// promotion. Errors: FailedPrecondition (it does not lead by the trust log), those of a commit.
    Result<> revokeSeat(Type type, const trust::Seat& seat) CORE_REQUIRES(operation);
    /// Makes this secondary the primary of its set. `next` has its authority; on a DR secondary also what it has inherited. `given`: the
    /// trust log with the HANDOVER to it.
    Result<> promote(Type type, Role next, Epoch predecessor, TrustChanges given = {}) CORE_REQUIRES(operation);
    /// Begins a trust log on a primary of a set without one. Updates the log if this cluster's addresses have changed.
    Result<> keepTrust() CORE_REQUIRES(operation);
    /// Stores a new pair of keys that this cluster proves on links from now on. Its seat still has the former key. The link to the primary
    /// starts again.
    Result<> keepNextKeys(const trust::MemberKeys& keys) CORE_REQUIRES(operation);
    /// Replaces this cluster's keys and updates the trust logs of the sets that it leads, in one transaction.
    Result<> replaceKeys(const trust::MemberKeys& keys) CORE_REQUIRES(operation);
    /// Stores the role of a primary without followers, with a trust log that begins again.
    Result<> recoverPrimary(Type type, const Role& next) CORE_REQUIRES(operation);
    /// Stores roles of a primary (null: unchanged) that goes on with a storage older than what members hold. Errors: FailedPrecondition (resumed()).
    Result<> resumePrimary(const Role* performance, const Role* dr) CORE_REQUIRES(operation);
    trust::Leader leader(const Role& role) const;
    /// Signs that this cluster is the primary of the role's set and epoch. Errors: Sealed.
    Result<> signEpoch(Type type, Role& role, Epoch predecessor) const;

    /// Starts the links again as the roles say. The link of `kept` continues if it runs, because nothing that it uses has changed.
    void applyStoredRoles(std::optional<Type> kept = {}) CORE_REQUIRES(operation);
    /// A list of members has changed. The links of both sets continue, and report it: a DR copy keeps the performance log too, and a performance primary
    /// learns of copies.
    void applyListChange();
    void applyPlan(Type type, bool keepsLink = false) CORE_EXCLUDES(m_mutex);
    LinkPlan plan(Type type) const;
    /// Both types, in every mode.
    void stopAllLinks();
    /// Runs `work` while nothing of this type's primary is applied and no role changes. Then starts the links again.
    void whileLinksStopped(Type type, const std::function<void()>& work) CORE_EXCLUDES(operation);
    /// Runs `work`, which replaces all contents and so the roles, while writes are refused and no link runs. If it succeeds, that stays so,
    /// because the owner builds everything above the store again. Errors: those of `work`; then all is as before.
    Result<> whileEverythingStopped(const std::function<Result<>()>& work) CORE_EXCLUDES(operation);
    /// Until the roles are read again. Empty: writes are not refused.
    void refuseWrites(std::string text) CORE_EXCLUDES(m_mutex);
    /// Sets the mode that the cluster shows while its contents are being replaced. Writes are refused until the roles are read again.
    void beginBootstrapping(Type type, std::string refusal) CORE_EXCLUDES(m_mutex);
    /// Keeps a failure until the next activation of the type begins, its role changes, or the process ends.
    void endBootstrapping(std::optional<ActivationFailure> failure = {}) CORE_EXCLUDES(m_mutex);
    std::optional<ActivationFailure> activationFailure(Type type) const CORE_EXCLUDES(m_mutex);
    /// On a DR secondary that has handed over its role: which cluster plays the performance role now.
    void setPerformanceSuccessor(std::string statement) CORE_EXCLUDES(m_mutex);
    /// Stops keeping the log for these secondaries.
    void eraseSlots(Type type, const Role& role);
    /// Makes everything above the store load again, soon.
    void reloadLater();

    static log::Operation positionOperation(Type type, const Position& position);
    static log::Operation noPosition(Type type);

private:
    void stopLinks(Type type);
    Result<> keepTold(Type type) CORE_REQUIRES(operation);
    void addTrust(LinkPlan& plan) const CORE_EXCLUDES(m_mutex);
    /// The trust logs that follow from the roles, and from the keys if these are new. Errors: of signing.
    Result<TrustChanges> nextTrust(const Role* performance, const Role* dr, TrustChanges given, const trust::MemberKeys* newKeys = nullptr) const
        CORE_REQUIRES(operation);
    /// The generation of the newest list that every secondary of the type is known to hold; 0: not known for all.
    std::uint64_t acknowledged(Type type, const trust::TrustLog& log) const;
    static Result<> putTrust(const barrier::Scope& scope, const TrustChanges& logs);
    Result<> commitKeys(const trust::MemberKeys& keys, const TrustChanges& logs) CORE_REQUIRES(operation);
    /// Keeps the token keys of members that have a seat here, and removes the others (trust::TokenMakers).
    /// load() without what follows from it.
    Result<> readStored() CORE_EXCLUDES(m_mutex);
    /// Batch tokens of members that the trust logs have revoked count no more.
    void refuseRevokedTokenMakers() const;
    void settleTokenMakers(Type type, const Role& role, Mode before) const CORE_REQUIRES(operation);
    Result<> takeStatement(Type type, Role& role, const TrustChanges& given, Epoch predecessor) const;

    const ManagerServices& m_services;
    Transport* m_transport = nullptr;
    LinkPlanner m_planner;
    std::atomic<bool> m_isDrSecondary{false};
    std::atomic<bool> m_isPerformanceSecondary{false};
    std::atomic<bool> m_hasRefusal{false};
    std::atomic<bool> m_isReplaced{false}; // another cluster has replaced it as the primary of a type, or its storage is older than what members hold

    mutable Mutex m_mutex; // leaf lock
    RolePointer m_performance CORE_GUARDED_BY(m_mutex);
    RolePointer m_dr CORE_GUARDED_BY(m_mutex);
    TrustLogs m_trust CORE_GUARDED_BY(m_mutex);
    std::shared_ptr<const StatementVerifier> m_verifier CORE_GUARDED_BY(m_mutex);
    std::optional<Type> m_bootstrapping CORE_GUARDED_BY(m_mutex);
    std::optional<ActivationFailure> m_activationFailures[2] CORE_GUARDED_BY(m_mutex); // performance, DR
    std::string m_writeRefusal CORE_GUARDED_BY(m_mutex);
    std::string m_performanceSuccessor CORE_GUARDED_BY(m_mutex);
    bool m_isRunning CORE_GUARDED_BY(m_mutex) = false;
};

} // namespace core::replication
