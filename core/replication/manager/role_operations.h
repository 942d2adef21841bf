#pragma once

#include "core/mount/response.h"
#include "core/replication/manager/secondary_seats.h"
#include "core/replication/roles/stored_scopes.h"
#include "core/replication/succession/trust_exchange.h"

namespace core::replication {

/// The plain changes of this cluster's roles: it becomes a primary, stops being one, or stops following one. Modes and operations: roles.md.
///
/// Operations of the API. They block (disk; promoting also the network) and return the whole answer, errors included (spec: replication-api.md §2,
/// §3). Thread-safe.
class RoleOperations {
public:
    RoleOperations(const ManagerServices& services, RoleKeeper& roles, const StoredScopes& scopes, TrustExchange& trust, SecondarySeats& seats)
        : m_services{services}
        , m_roles{roles}
        , m_scopes{scopes}
        , m_trust{trust}
        , m_seats{seats}
    {}

    mount::Response enablePrimary(Type type, const std::string& primaryClusterAddress) CORE_EXCLUDES(m_roles.operation);
    struct RecoverOptions {
        std::string setId;                 // of the members; empty: the stored one
        std::uint64_t epoch = 0;           // the first epoch; 0: the one after the latest known here
        std::string primaryClusterAddress; // empty: as before
    };
    /// Makes this cluster, whose contents were restored, the primary of the set of these contents. Each member returns by a token and keeps
    /// its data, because set id and keyring are equal.
    mount::Response recoverPrimary(Type type, const RecoverOptions& options) CORE_EXCLUDES(m_roles.operation);
    mount::Response demotePrimary(Type type) CORE_EXCLUDES(m_roles.operation);
    mount::Response disablePrimary(Type type) CORE_EXCLUDES(m_roles.operation);
    mount::Response promoteSecondary(Type type, const std::string& primaryClusterAddress, bool isForced) CORE_EXCLUDES(m_roles.operation);
    mount::Response disableSecondary(Type type) CORE_EXCLUDES(m_roles.operation);

    /// On a primary that was replaced: continues as the primary at an epoch later than the successor's, and keeps its secondaries. The
    /// successor can get no seat here any more. 400 if nobody has replaced it.
    mount::Response refuseSuccessor(Type type) CORE_EXCLUDES(m_roles.operation);
    std::optional<mount::Response> refuseSuccessorRefusal(Type type) const;
    /// Of a primary whose storage is older than what members hold: goes on with it, at a later epoch, as the primary of both types that it is of.
    /// What only members have is lost. 400 where the storage is not older, or another key of this cluster leads by now.
    mount::Response resumePrimary(Type type) CORE_EXCLUDES(m_roles.operation);
    std::optional<mount::Response> resumeRefusal(Type type) const;
    /// Stops the links and starts them again.
    mount::Response recover() CORE_EXCLUDES(m_roles.operation);

private:
    /// Refuses writes and waits, some seconds at most, until the connected secondaries hold everything.
    void drain(Type type) CORE_REQUIRES(m_roles.operation);
    bool isBehind(Type type) const;
    bool staysBehind(Type type) const CORE_REQUIRES(m_roles.operation);

    const ManagerServices& m_services;
    RoleKeeper& m_roles;
    const StoredScopes& m_scopes;
    TrustExchange& m_trust;
    SecondarySeats& m_seats;
};

} // namespace core::replication
