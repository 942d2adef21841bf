#pragma once

#include "core/replication/roles/role_keeper.h"
#include "core/trust/rekey_due.h"

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

namespace core::replication {

/// New member and token keys for every member of a set, after one of them was revoked as compromised.
///
/// The demand is a number among the shared data (trust::RekeyDue), so every member receives it, also one that was away. A member that keeps the
/// set's trust log signs with its present key until the log lists the new one. Were it the other way round, a member whose primary is lost in that
/// moment would hold a key without a seat, and could not take the primary's place. Steps: core/trust/README.md. Thread-safe.
class KeyRenewal {
public:
    KeyRenewal(const ManagerServices& services, RoleKeeper& roles) : m_services{services}, m_roles{roles} {}

    /// A demand may have come. Quick.
    void note() { m_mayBeDue = true; }
    /// Once a second. Quick.
    void tick();
    /// Tells all members of the sets that this cluster leads to make new keys, itself too. It is stored with `due`, which is the caller's.
    void demand(trust::RekeyDue& due) const;
    /// Does the next step, if there is one. Blocking (disk). Errors: those of storing.
    Result<> renew() CORE_REQUIRES(m_roles.operation);
    /// Ids of the members of the sets that this cluster leads who have not made new keys since the last demand.
    std::vector<std::string> waitingFor() const;
    /// So long a token key that was replaced still counts: no batch token lives longer.
    std::chrono::seconds longestTokenTtl() const;

private:
    /// Of the set in which this cluster follows somebody.
    std::shared_ptr<const trust::TrustLog> followedLog() const;
    bool isListed(const std::string& memberKey) const;
    Result<trust::RekeyDue> due() const;

    const ManagerServices& m_services;
    RoleKeeper& m_roles;
    std::atomic<bool> m_mayBeDue{false};
    std::atomic<bool> m_isRunning{false}; // a step has been handed to the worker
};

} // namespace core::replication
