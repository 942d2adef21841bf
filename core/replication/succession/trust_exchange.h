#pragma once

#include "core/mount/response.h"
#include "core/replication/roles/role_keeper.h"
#include "core/replication/set/trust_contest.h"
#include "core/replication/set/trust_roster.h"
#include "core/replication/succession/list_survey.h"

namespace core::replication {

/// Takes entries of the sets' trust logs from other clusters. The log decides who leads, and the role follows from it. Every entry proves
/// itself, so any cluster may send it. Thread-safe.
class TrustExchange {
public:
    TrustExchange(const ManagerServices& services, RoleKeeper& roles) : m_services{services}, m_roles{roles}, m_survey{services, roles} {}

    /// Entries have arrived over a link. Quick: they are checked later.
    void told(TrustTold told);
    /// Another cluster has sent entries. If by them another cluster leads, other members are asked first (ListSurvey). Then one transaction
    /// stores the entries and the role that follows. True: there was news. Blocking (disk, network). Errors: those of storing.
    Result<bool> consider(Type type, const std::vector<std::string>& entries, const std::string& from) CORE_EXCLUDES(m_roles.operation);
    /// The same without asking anybody: this cluster leads.
    Result<bool> take(Type type, const std::vector<std::string>& entries, const std::string& from) CORE_REQUIRES(m_roles.operation)
    {
        return takeAll(type, {entries}, from);
    }
    /// Asks members of the set for entries until the log has the promotion that the statement names. Asks the primary that is followed
    /// first, while its link is up. False: nobody has proved it. Blocking (network, a second for each of a few members). Errors: those of storing.
    Result<bool> prove(Type type, const EpochStatement& shown) CORE_EXCLUDES(m_roles.operation);
    /// Asks the primary that is followed for missing entries, while its link is up: this cluster may just have got the right to succeed.
    /// Blocking (network, 300 ms).
    void askPrimary(Type type) CORE_EXCLUDES(m_roles.operation);
    /// Asks other members for entries that this cluster lacks, and takes them: lists of the present leader first, then takeovers. Blocking
    /// (disk, network).
    void fetch(Type type) CORE_EXCLUDES(m_roles.operation);
    /// Whether this cluster keeps a log, and does not know the entry.
    bool lacks(Type type, std::string_view head) const;
    /// Call once a second: forgets the previous leader after the new one has welcomed this secondary. Quick.
    void tick();
    /// The list of members, the leader, and contested entries. 404 if this cluster keeps no log.
    mount::Response describe(Type type) const;
    /// An operator ends a contest for this cluster: the entry (hash in hex) becomes the head, and the role follows. The hash of the head
    /// means that this cluster stays with it. Blocking (disk).
    mount::Response choose(Type type, const std::string& hash) CORE_EXCLUDES(m_roles.operation);
    /// The refusal that choose() would return for this hash now; nothing: it would accept it.
    std::optional<mount::Response> choiceRefusal(Type type, const std::string& hash) const;
    std::vector<TrustContest> contests(Type type) const;
    /// Whether this cluster may take its primary's place unasked, so that other members of the set follow it by themselves.
    bool maySucceedPrimary(Type type) const;
    /// The entries that a cluster with this head lacks.
    std::vector<std::string> missingAt(Type type, const std::string& head) const;

private:
    using Messages = std::vector<std::vector<std::string>>; // of entries, each for TrustLog::take()
    void begin(const TrustTold& told) CORE_REQUIRES(m_roles.operation);
    /// The lists of the present leader that must be judged before these entries.
    Messages listsBefore(Type type, const std::vector<std::string>& entries) const;
    Result<bool> takeAll(Type type, const Messages& messages, const std::string& from) CORE_REQUIRES(m_roles.operation);
    enum class Return { None, ByRefusal, ByList };
    /// Returns to the leader before, in the cases that need no operator (trust_roster.h).
    Return returnToFormer(Type type, trust::TrustLog& log) const;
    static void noteReturn(Return returned, Type type, const std::string& from);
    /// Stores the log and the role that follows from it, then applies the role.
    Result<> adopt(Type type, trust::TrustLog log, const std::string& from, const std::optional<OlderStorage>& older = {})
        CORE_REQUIRES(m_roles.operation);
    /// Of a primary: what these entries say of the age of its storage. Nothing: it is not older, or this is known.
    std::optional<OlderStorage> olderStorage(Type type, const std::vector<std::string>& entries) const;
    /// Stops this cluster as the primary of both types, which are on one disk.
    Result<> stopFor(Type type, Role next, const OlderStorage& older, TrustChanges given) CORE_REQUIRES(m_roles.operation);
    Members candidates(Type type, const EpochStatement& shown) const;

    const ManagerServices& m_services;
    RoleKeeper& m_roles;
    const ListSurvey m_survey;
};

} // namespace core::replication
