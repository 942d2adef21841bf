#pragma once

#include "core/base/mutex.h"
#include "core/replication/roles/role_keeper.h"

#include <map>
#include <optional>

namespace core::replication {

/// A second primary of this primary's set, in words for the operator who decides which one stays.
struct OtherPrimary {
    std::string clusterName; // empty: not known
    std::string apiAddress, clusterAddress;
    Epoch epoch;                     // 0: not known
    bool isRefused = false;          // this primary has refused its promotion
    std::vector<std::string> toldBy; // ids of members; empty: it has answered this cluster itself
    std::string cause;               // who it is, who says so, and why neither one stops
    std::string safe;                // what this cluster does until an operator decides
    std::string nextStep;            // with the calls
};

/// Second primaries of the sets that this cluster is primary of: one that was made primary elsewhere without the right, so that this cluster does
/// not stop for it; or the former one, which does not stop for this cluster.
///
/// A claim changes no role. Its only proof is the key of a present member that makes it over its pinned certificate, so strangers and former members
/// cannot raise the alarm. Each member has one claim of each kind, which ends when the member does not repeat it. Thread-safe; nothing blocks.
class OtherPrimaries {
public:
    OtherPrimaries(const ManagerServices& services, const RoleKeeper& roles) : m_services{services}, m_roles{roles} {}

    /// A member shows a later epoch that this primary has not taken as its successor's. True: it is to be judged (again).
    bool noteLater(Type type, const Member& teller, const std::string& statement) CORE_EXCLUDES(m_mutex);

    struct Former {
        std::string statement; // of its promotion; empty: not known
        Endpoint endpoint;
        std::string memberKey;
        bool isPrimary = false; // it answers as one that nobody has replaced
        bool isRefused = false; // it is no former primary: this one has refused its promotion
    };
    /// A member (without an id and a key: this cluster itself) has asked the former primary.
    void noteFormer(Type type, const Member& teller, const Former& former) CORE_EXCLUDES(m_mutex);

    std::vector<OtherPrimary> list(Type type) const CORE_EXCLUDES(m_mutex);
    /// Once a second: a line in the log for each that is new. Quick.
    void tick() CORE_EXCLUDES(m_mutex);

private:
    struct Claim {
        std::string about; // which primary: claims about one are shown as one
        std::optional<EpochStatement> statement;
        Endpoint endpoint;
        std::string tellerId;
        bool isRefused = false;
        SteadyTime firstAt{}, lastAt{}, judgedAt{};
    };
    using Claims = std::map<std::string, Claim>; // by member key of the teller
    bool isPlayed(Type type) const;
    /// Whether the word of this member counts here: it is present, and has proved its key.
    bool isPresent(Type type, const Member& teller) const;
    std::optional<EpochStatement> genuine(Type type, const std::string& statement) const;
    /// Returns the teller's claim, which is `claim` now, with the times of an equal one before.
    Claim& put(Claims& claims, const std::string& teller, Claim claim) CORE_REQUIRES(m_mutex);
    /// One of each other primary, of those that stand long enough and were repeated lately.
    std::vector<OtherPrimary> shownOf(const Claims& claims) const CORE_REQUIRES(m_mutex);

    const ManagerServices& m_services;
    const RoleKeeper& m_roles;

    mutable Mutex m_mutex;                      // leaf lock
    Claims m_later[2] CORE_GUARDED_BY(m_mutex); // performance, DR
    Claims m_former[2] CORE_GUARDED_BY(m_mutex);
    std::vector<std::string> m_logged CORE_GUARDED_BY(m_mutex); // causes
};

} // namespace core::replication
