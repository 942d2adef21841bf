#pragma once

#include "core/replication/roles/role_keeper.h"

namespace core::replication {

/// The secondary's half of a switchover: it accepts the role that its primary offers, or declines with the reason (roles.md). Thread-safe.
class Successor {
public:
    Successor(const ManagerServices& services, RoleKeeper& roles) : m_services{services}, m_roles{roles} {}

    /// The primary has offered its role, or taken back an offer. The decision and the answer follow later. Quick.
    void asked(Type type, wire::Handover asked);

private:
    /// Adds this cluster's signature to the HANDOVER entry of a trust log, beside the old leader's. Returns the reason for declining, or
    /// an empty string: signed, or there is no entry to sign.
    std::string signEntry(Type type, const std::string& encoded, const wire::Handover& asked, TrustChanges& given) const;
    /// Returns the reason for declining, or nothing: this cluster is the primary now.
    std::optional<std::string> accept(Type type, const wire::Handover& asked) CORE_REQUIRES(m_roles.operation);
    bool mayDecline(Type type) CORE_REQUIRES(m_roles.operation);

    const ManagerServices& m_services;
    RoleKeeper& m_roles;
    bool m_isAcceptanceInDoubt CORE_GUARDED_BY(m_roles.operation) = false; // storing it failed, but the next start may still find it stored
};

} // namespace core::replication
