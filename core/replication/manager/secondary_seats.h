#pragma once

#include "core/mount/response.h"
#include "core/replication/manager/known_members.h"
#include "core/replication/roles/authority_renewal.h"
#include "core/replication/roles/key_renewal.h"
#include "core/replication/roles/stored_scopes.h"

#include <boost/json/object.hpp>

namespace core::replication {

/// The seats of this cluster's secondaries: makes their activation tokens, revokes members, and says who may succeed.
///
/// Operations of the API. They block (disk) and return the whole answer, errors included (spec: replication-api.md §2). Thread-safe.
class SecondarySeats {
public:
    SecondarySeats(const ManagerServices& services, RoleKeeper& roles, const StoredScopes& scopes, KeyRenewal& renewal,
                   const AuthorityRenewal& authorities, const KnownMembers& members)
        : m_services{services}
        , m_roles{roles}
        , m_scopes{scopes}
        , m_renewal{renewal}
        , m_authorities{authorities}
        , m_members{members}
    {}

    /// For clang: the caller holds the lock of operations, which it knows by another path to the same object.
    void assertOperation() const CORE_ASSERT_CAPABILITY(m_roles.operation) {}

    /// Whose secondaries an operation changes: those of a primary, or those of a relay.
    enum class Side { Primary, Relay };
    /// `requestId` separates a request that runs again after a conflict from a second request. With a secondary's public key (from its
    /// generate-public-key), the token needs no unwrapping: see sealed_activation.h.
    mount::Response secondaryToken(Type type, const std::string& id, std::chrono::nanoseconds ttl, const std::string& requestId,
                                   const std::string& secondaryPublicKey = {}, Side side = Side::Primary) CORE_EXCLUDES(m_roles.operation);
    /// `isCompromised`: somebody else has what the secondary knows. A new term begins at once. Until sys/rekey, key shares alone are not
    /// accepted.
    mount::Response revokeSecondary(Type type, const std::string& id, Side side = Side::Primary, bool isCompromised = false)
        CORE_EXCLUDES(m_roles.operation);
    /// Whether a secondary may succeed this primary without a switchover.
    mount::Response setSuccession(Type type, const std::string& id, bool maySucceed) CORE_EXCLUDES(m_roles.operation);
    mount::Response succession(Type type, const std::string& id) const;

    /// A revocation as compromised can be unfinished: after a start and after a promotion. Quick.
    void noteRevocationDue() { m_isRevocationDue = true; }
    /// Call once a second. Quick.
    void tick();
    /// Seats of an older version: the keys that they have now count as new.
    void noteKeysBelow() CORE_REQUIRES(m_roles.operation);

private:
    /// The refusal if the cluster has no secondaries on that side.
    std::optional<mount::Response> sideRefusal(Type type, const Role& role, Side side) const;
    /// Stores the role with another list of secondaries.
    Result<> changeSecondaries(Type type, const Role& role, Side side) CORE_REQUIRES(m_roles.operation);
    void addBoundWarning(Type type, const std::string& id, mount::Response& response) const;

    // Revocation (seat_revocation.cpp)
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
    void finishRevocation() CORE_EXCLUDES(m_roles.operation);
    bool isRevocable(Type type, const std::string& id) const;
    /// Revokes a member that is in the trust log but is no secondary of this primary. `id`: its name there, or the hash of its key. Unknown
    /// id: a warning.
    mount::Response revokeSeat(Type type, const std::string& id, bool isCompromised = false) CORE_REQUIRES(m_roles.operation);

    const ManagerServices& m_services;
    RoleKeeper& m_roles;
    const StoredScopes& m_scopes;
    KeyRenewal& m_renewal;
    const AuthorityRenewal& m_authorities;
    const KnownMembers& m_members;
    std::string m_lastTokenRequest CORE_GUARDED_BY(m_roles.operation);
    std::atomic<bool> m_isRevocationDue{false}; // it is to be looked whether one is unfinished
};

} // namespace core::replication
