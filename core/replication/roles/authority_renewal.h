#pragma once

#include "core/replication/roles/role_keeper.h"

#include <array>
#include <atomic>
#include <functional>
#include <string>
#include <vector>

namespace core::replication {

/// A new transport authority (CA) for the primary, after a member that may hold the key of the present one was revoked as compromised.
///
/// The primary makes it in the transaction of the revocation. The certificates of its secondaries stay, because the primary knows each by its
/// fingerprint. Only the way changes in which the secondaries know their primary:
/// 1. A secondary learns of the new authority from a heartbeat. If it was away, it meets a server certificate that another authority issued.
/// 2. It asks the primary for the authority over hf_peer_v1. There both ends know each other's certificate by the set's list and prove their
///    member keys.
/// So a secondary that was away comes back without a new token. Thread-safe. More: core/trust/README.md.
class AuthorityRenewal {
public:
    /// `fetchTrust` gets newer entries of the trust log from other members, so that this cluster knows which member leads. Blocking.
    AuthorityRenewal(const ManagerServices& services, RoleKeeper& roles, std::function<void(Type)> fetchTrust)
        : m_services{services}
        , m_roles{roles}
        , m_fetchTrust{std::move(fetchTrust)}
    {}

    // Of a primary

    /// Whether a cluster with this member key ever held the key of the type's authority. No: each list since the set's first one is here, and in none
    /// of them it leads or copies the leader.
    AuthorityHeld heldBy(Type authority, const std::string& memberKey) const;
    /// The sets that this cluster leads whose authority's key a secondary of the type may hold. `known` null: a member without a link here.
    std::vector<Type> heldBy(Type type, const KnownSecondary* known) const;
    /// Gives the role a new authority. The ids of secondaries that have not used their activation yet: they are left out, since their tokens name the
    /// former authority. Errors: of making the authority.
    Result<std::vector<std::string>> replace(Type type, Role& role) const;
    /// Ids of secondaries, of both types, that have not reported yet that they trust the new authority.
    std::vector<std::string> waitingFor() const;

    // Of a secondary

    /// Once a second. Quick.
    void tick();

private:
    void ask(Type type);
    Members leaders(Type type) const;
    /// From now on the primary is known by this certificate (PEM). Errors: InvalidArgument (it is none of an authority), those of storing.
    Result<> trust(Type type, const std::string& certificate);

    const ManagerServices& m_services;
    RoleKeeper& m_roles;
    const std::function<void(Type)> m_fetchTrust;
    std::array<SteadyTime, 2> m_askAt{}; // of the ticks alone
    std::atomic<bool> m_isAsking{false};
};

} // namespace core::replication
