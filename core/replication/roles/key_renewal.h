#pragma once

#include "core/replication/roles/role_keeper.h"
#include "core/trust/rekey_due.h"

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

namespace core::replication {

/// Makes new member and token keys on every member of a set, after one member was revoked as compromised.
///
/// The demand is a number in the shared data (trust::RekeyDue), so every member receives it, also one that was away. A member that keeps
/// the trust log signs with its present key until the log lists the new one. Otherwise:
/// 1. The member switches to its new key.
/// 2. Its primary is lost before it lists that key.
/// 3. The member holds a key without a seat, so it cannot take the primary's place.
///
/// Steps: core/trust/README.md. Thread-safe.
class KeyRenewal {
public:
    KeyRenewal(const ManagerServices& services, RoleKeeper& roles) : m_services{services}, m_roles{roles} {}

    /// For clang: the caller holds the lock of operations, which it knows by another path to the same object.
    void assertOperation() const CORE_ASSERT_CAPABILITY(m_roles.operation) {}
    /// A demand may have arrived. Quick.
    void note() { m_mayBeDue = true; }
    /// Call once a second. Quick.
    void tick();
    /// Demands new keys from all members of the sets that this cluster leads, itself included. The caller stores `due`.
    void demand(trust::RekeyDue& due) const;
    /// Does the next step, if there is one. Blocking (disk). Errors: those of storing.
    Result<> renew() CORE_REQUIRES(m_roles.operation);
    /// Ids of the members, of the sets that this cluster leads, that have not made new keys since the last demand.
    std::vector<std::string> waitingFor() const;
    /// Ids of secondaries of this relay that have not made new keys since the last demand. No list names them: their seats say when their keys came.
    std::vector<std::string> waitingBelow() const;
    /// What a seat notes when a key comes: that this demand is met (KnownSecondary::keyRenewal).
    std::uint64_t metDemand() const { return due().value_or(trust::RekeyDue{}).renewal + 1; }
    /// How long a replaced token key still counts: no batch token lives longer.
    std::chrono::seconds longestTokenTtl() const;

private:
    /// The log of the set in which this cluster follows another.
    std::shared_ptr<const trust::TrustLog> followedLog() const;
    bool isListed(const std::string& memberKey) const;
    Result<trust::RekeyDue> due() const;

    const ManagerServices& m_services;
    RoleKeeper& m_roles;
    std::atomic<bool> m_mayBeDue{false};
    std::atomic<bool> m_isRunning{false}; // the worker has a step to do
};

} // namespace core::replication
