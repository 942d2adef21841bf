#pragma once

#include "core/base/mutex.h"
#include "core/mount/response.h"
#include "core/replication/roles/role_keeper.h"
#include "core/replication/succession/write_hold.h"

#include <map>

namespace core::replication {

/// The primary's half of a switchover: it hands its role to a secondary that is close behind, and then follows it. No answered write is
/// lost (roles.md). Operations return the whole answer, errors included. They block (disk, and the secondary, for the times that they
/// state). Thread-safe.
class Switchover {
public:
    Switchover(const ManagerServices& services, RoleKeeper& roles, const ScopeSource& scopes) : m_services{services}, m_roles{roles}, m_scopes{scopes}
    {}

    struct Options {
        std::string secondaryId;
        std::chrono::milliseconds pauseMax{2000}; // the longest time that writes wait before the role is offered, and again after it
    };
    mount::Response begin(Type type, const Options& options) CORE_EXCLUDES(m_roles.operation);
    mount::Response progress(Type type) const CORE_EXCLUDES(m_mutex);
    /// Takes back a switchover whose outcome is not known. Forced: also if the secondary cannot be asked.
    mount::Response abandon(Type type, bool isForced) CORE_EXCLUDES(m_roles.operation);
    /// Call once a second: asks again for an outcome that this process does not know. Quick.
    void tick();
    /// A secondary has answered a step. Quick.
    void answered(const std::string& secondaryId, wire::HandoverAnswer answer) CORE_EXCLUDES(m_mutex);

    /// Holds the writes that wait while it is under way.
    WriteHold& hold() const { return m_hold; }

private:
    std::optional<mount::Response> refusalOf(Type type, const std::string& secondaryId) const;
    Result<Handover> makeHandover(Type type, const std::string& secondaryId) const;
    std::string offeredRole(Type type) const;
    /// Adds the trust log entry that the secondary must sign; for DR also that of the performance set. Errors: FailedPrecondition.
    Result<> addEntries(Type type, Handover& handover) const;
    Result<std::string> entryFor(Type type, Epoch epoch, const std::string& memberKey, const trust::Leader& next, const Handover& handover) const;
    Result<> setHandover(Type type, std::optional<Handover> handover) CORE_REQUIRES(m_roles.operation);
    std::optional<wire::HandoverAnswer> awaitAnswer(const std::string& handoverId, SteadyTime deadline) CORE_EXCLUDES(m_mutex);
    /// The secondary's bootstrap package, if it is a primary: then it has accepted.
    std::optional<wire::BootstrapPackage> askSuccessor(Type type, std::chrono::milliseconds timeout) const;
    Result<> followSuccessor(Type type, const wire::BootstrapPackage& package) CORE_REQUIRES(m_roles.operation);
    enum class Outcome { Accepted, Declined, Unknown };
    Outcome settle(Type type) CORE_REQUIRES(m_roles.operation);
    void awaitLink(Type type);
    enum class Phase { None, Pausing, WaitingForSecondary, Offered, Declined, Unknown, Following, Done, Abandoned };
    static std::string_view textOf(Phase phase);
    struct Progress {
        Phase phase = Phase::None;
        std::string secondaryId, detail;
        Epoch epoch;
        WallTime startedAt;
        std::optional<std::chrono::milliseconds> pause;
    };
    Progress& progressOf(Type type) CORE_REQUIRES(m_mutex) { return type == Type::Performance ? m_performance : m_dr; }
    void note(Type type, Phase phase, std::string detail = {}) CORE_EXCLUDES(m_mutex);

    const ManagerServices& m_services;
    RoleKeeper& m_roles;
    const ScopeSource& m_scopes;
    mutable WriteHold m_hold;
    std::atomic<bool> m_isSettling{false};

    mutable Mutex m_mutex; // leaf lock
    Progress m_performance CORE_GUARDED_BY(m_mutex);
    Progress m_dr CORE_GUARDED_BY(m_mutex);
    std::map<std::string, wire::HandoverAnswer> m_answers CORE_GUARDED_BY(m_mutex);
};

} // namespace core::replication
