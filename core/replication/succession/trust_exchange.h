#pragma once

#include "core/mount/response.h"
#include "core/replication/roles/role_keeper.h"
#include "core/replication/set/trust_contest.h"
#include "core/replication/set/trust_roster.h"

namespace core::replication {

/// Takes entries of the sets' trust logs from other clusters, and lets the role follow from them: the log decides who leads. Every entry proves
/// itself, so it does not matter who brings it. Thread-safe.
class TrustExchange {
public:
    TrustExchange(const ManagerServices& services, RoleKeeper& roles) : m_services{services}, m_roles{roles} {}

    /// A link has brought entries. Quick: they are looked at later.
    void told(TrustTold told);
    /// Takes entries; whatever follows is stored with them in one transaction. True: there was news. Errors: those of storing.
    Result<bool> take(Type type, const std::vector<std::string>& entries, const std::string& from) CORE_REQUIRES(m_roles.operation);
    /// Asks members of the set for entries until the log stands for the promotion that the statement tells of. The primary that is followed is asked
    /// first, while its link is up. False: nobody has proved it. Blocking (network, a second for each of a few members).
    bool prove(Type type, const EpochStatement& shown) CORE_EXCLUDES(m_roles.operation);
    /// Asks the primary that is followed for entries that have not come yet, while its link is up: a right may just have been given. Blocking
    /// (network, 300 ms).
    void askPrimary(Type type) CORE_EXCLUDES(m_roles.operation);
    /// Whether this cluster keeps a log, and does not know the entry.
    bool lacks(Type type, std::string_view head) const;
    /// Once a second: forgets the leader before where the new one has welcomed this secondary. Quick.
    void tick();
    /// For people and programs: the list of members, who leads, and what is contested. 404 where no log is kept.
    mount::Response describe(Type type) const;
    /// An operator ends a contest for this cluster: the entry (hash in hex) becomes the head, and the role follows. With the hash of the head
    /// this cluster stays with it. Blocking (disk).
    mount::Response choose(Type type, const std::string& hash) CORE_EXCLUDES(m_roles.operation);
    /// Why choose() would refuse this hash now; nothing: it would not.
    std::optional<mount::Response> choiceRefusal(Type type, const std::string& hash) const;
    std::vector<TrustContest> contests(Type type) const;
    /// What a cluster with this head lacks.
    std::vector<std::string> missingAt(Type type, const std::string& head) const;

private:
    void begin(const TrustTold& told) CORE_REQUIRES(m_roles.operation);
    /// Stores the log with what follows from it for the role, and acts by it.
    Result<> adopt(Type type, trust::TrustLog log, const std::string& from) CORE_REQUIRES(m_roles.operation);
    Members candidates(Type type, const EpochStatement& shown) const;

    const ManagerServices& m_services;
    RoleKeeper& m_roles;
};

} // namespace core::replication
