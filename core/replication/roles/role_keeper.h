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

/// An activation that was begun, and then could not be done: nothing was changed.
struct ActivationFailure {
    std::string why;
    WallTime at;
    std::string secondaryId; // that the token was for
};

/// Trust logs by type (performance, DR) that are stored beside changed roles in the place of the present ones; without a log in it, the
/// present one ends. Nothing: the log goes on as the role says (trust_roster.h).
struct TrustChange {
    std::optional<trust::TrustLog> log{};
};
using TrustChanges = std::array<std::optional<TrustChange>, 2>;

/// Keeps the stored roles, and what follows from them at once: what may be written here, and which links run.
///
/// A change is one transaction. Whoever changes a role holds `operation` from before it looks at the roles until it is done.
/// Changing blocks (disk). Thread-safe.
class RoleKeeper {
public:
    explicit RoleKeeper(const ManagerServices& services);

    Mutex operation; // one role change at a time; taken before every other lock of this module

    /// Before start(); outlives the running time.
    void setTransport(Transport& transport) { m_transport = &transport; }
    /// Null: nobody is reached.
    Transport* transport() const { return m_transport; }
    /// Takes up the stored roles; the barrier is open. Errors: Corrupt, Io.
    Result<> start() CORE_REQUIRES(operation);
    /// From here on nothing is taken up any more. False: it has been stopped already.
    bool stop() CORE_EXCLUDES(m_mutex);

    using RolePointer = std::shared_ptr<const Role>;
    RolePointer role(Type type) const CORE_EXCLUDES(m_mutex);
    /// Whether the type's role is played: a DR secondary plays no performance role.
    bool isPlayed(Type type) const { return type == Type::Dr || role(Type::Dr)->mode != Mode::Secondary; }
    Mode mode(Type type) const CORE_EXCLUDES(m_mutex);
    /// The trust log of the set; null: this cluster keeps none.
    std::shared_ptr<const trust::TrustLog> trust(Type type) const CORE_EXCLUDES(m_mutex);
    bool isDrSecondary() const { return m_isDrSecondary; }
    bool isPerformanceSecondary() const { return m_isPerformanceSecondary; }
    std::string writeRefusal() const CORE_EXCLUDES(m_mutex);
    bool isRefusalPassing() const { return !m_isReplaced && !m_isDrSecondary; }
    SharedPlace sharedPlace() const;
    /// As stored; the running link may be further.
    Position positionOf(Type type) const;
    /// Null: sealed.
    std::shared_ptr<const StatementVerifier> verifier() const CORE_EXCLUDES(m_mutex);
    LinkStatus report(Type type) const { return m_transport ? m_transport->report(type) : LinkStatus{}; }
    Endpoint self() const { return m_planner.self(); }

    /// Reads the roles again, and with them what may be written. Errors: Corrupt, Io, Sealed.
    Result<> load() CORE_EXCLUDES(m_mutex);
    /// Stores changed roles (null: unchanged) in one transaction, with `more` besides, then takes them up; their links stop before,
    /// others go on.
    Result<> change(const Role* performance, const Role* dr, std::vector<log::Operation> more = {}, TrustChanges given = {}) CORE_REQUIRES(operation);
    Result<> change(Type type, const Role& role, std::vector<log::Operation> more = {}, TrustChanges given = {}) CORE_REQUIRES(operation);
    /// Stores a performance role in which only what concerns those below a relay has changed; the link upwards goes on.
    Result<> changeRelay(const Role& role, std::vector<log::Operation> more = {}) CORE_REQUIRES(operation);
    /// Stores alone; load() is the caller's. With another mode no write that began before is committed behind this.
    Result<> store(const Role* performance, const Role* dr, std::vector<log::Operation> more, bool isOtherMode, TrustChanges given = {})
        CORE_REQUIRES(operation);
    Result<> store(Type type, const Role& role, bool isOtherMode) CORE_REQUIRES(operation);
    /// Stores what a primary's secondaries have said of themselves, beside others that it knows. Links go on.
    Result<> storeKnownMembers(Type type, const Members& heard) CORE_REQUIRES(operation);
    /// Revokes the key of a member that this primary has no secondary for: a former primary, or a sibling from before this cluster's promotion.
    /// Errors: FailedPrecondition (it does not lead by the trust log), those of a commit.
    Result<> revokeSeat(Type type, const trust::Seat& seat) CORE_REQUIRES(operation);
    /// Makes this secondary the primary of its set in `next`, which has its authority; a DR secondary with what it has inherited.
    /// `given`: the trust log in which the role has been handed over to it.
    Result<> promote(Type type, Role next, Epoch predecessor, TrustChanges given = {}) CORE_REQUIRES(operation);
    /// A primary of a set without a trust log begins one; where this cluster's addresses are others, the log says so.
    Result<> keepTrust() CORE_REQUIRES(operation);
    /// Keeps a new pair of keys that this cluster proves on links from now on. Its seat is not theirs yet. The link upwards begins again.
    Result<> keepNextKeys(const trust::MemberKeys& keys) CORE_REQUIRES(operation);
    /// Replaces this cluster's keys, and says so in the trust logs of the sets that it leads, in one transaction.
    Result<> replaceKeys(const trust::MemberKeys& keys) CORE_REQUIRES(operation);
    /// Stores the role of a primary that nobody follows, with a trust log that begins again.
    Result<> recoverPrimary(Type type, const Role& next) CORE_REQUIRES(operation);
    trust::Leader leader(const Role& role) const;
    /// Signs that this cluster is the primary of the role's set and epoch. Errors: Sealed.
    Result<> signEpoch(Type type, Role& role, Epoch predecessor) const;

    /// Starts links anew as the roles say; not that of `kept`, if it runs: nothing that it uses has changed.
    void applyStoredRoles(std::optional<Type> kept = {}) CORE_REQUIRES(operation);
    void applyPlan(Type type, bool keepsLink = false) CORE_EXCLUDES(m_mutex);
    LinkPlan plan(Type type) const;
    /// Both types, whatever they are.
    void stopAllLinks();
    /// Until the roles are read again. Empty: they are not refused.
    void refuseWrites(std::string text) CORE_EXCLUDES(m_mutex);
    /// What the cluster shows as its mode while its contents are being replaced; writes are refused until the roles are read again.
    void beginBootstrapping(Type type, std::string refusal) CORE_EXCLUDES(m_mutex);
    /// A failure is kept until the next activation of the type begins, its role changes, or this ends.
    void endBootstrapping(std::optional<ActivationFailure> failure = {}) CORE_EXCLUDES(m_mutex);
    std::optional<ActivationFailure> activationFailure(Type type) const CORE_EXCLUDES(m_mutex);
    /// Of a DR secondary that has handed its role over: who plays the performance role.
    void setPerformanceSuccessor(std::string statement) CORE_EXCLUDES(m_mutex);
    /// The log is kept for these secondaries no more.
    void eraseSlots(Type type, const Role& role);
    /// Everything above the store loads again, soon.
    void reloadLater();

    static log::Operation positionOperation(Type type, const Position& position);
    static log::Operation noPosition(Type type);

private:
    void stopLinks(Type type);
    Result<> keepTold(Type type) CORE_REQUIRES(operation);
    void addTrust(LinkPlan& plan) const CORE_EXCLUDES(m_mutex);
    /// The trust logs as they follow from the roles, and from the keys where these are new. Errors: of signing.
    Result<TrustChanges> nextTrust(const Role* performance, const Role* dr, TrustChanges given, const trust::MemberKeys* newKeys = nullptr) const
        CORE_REQUIRES(operation);
    /// The generation of the newest list that every secondary of the type is known to hold; 0: not known of all.
    std::uint64_t acknowledged(Type type, const trust::TrustLog& log) const;
    static Result<> putTrust(const barrier::Scope& scope, const TrustChanges& logs);
    Result<> commitKeys(const trust::MemberKeys& keys, const TrustChanges& logs) CORE_REQUIRES(operation);
    /// Token keys of members count as long as the members have a seat here (trust::TokenMakers).
    void settleTokenMakers(Type type, const Role& role, Mode before) const CORE_REQUIRES(operation);
    Result<> takeStatement(Type type, Role& role, const TrustChanges& given, Epoch predecessor) const;

    const ManagerServices& m_services;
    Transport* m_transport = nullptr;
    LinkPlanner m_planner;
    std::atomic<bool> m_isDrSecondary{false};
    std::atomic<bool> m_isPerformanceSecondary{false};
    std::atomic<bool> m_hasRefusal{false};
    std::atomic<bool> m_isReplaced{false}; // as the primary of a type

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
