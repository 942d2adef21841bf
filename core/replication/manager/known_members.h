#pragma once

#include "core/replication/roles/heard_members.h"
#include "core/replication/roles/key_renewal.h"

namespace core::replication {

/// What this cluster knows of the programs of other members, and of the secondaries below it. Thread-safe.
class KnownMembers {
public:
    KnownMembers(const ManagerServices& services, const RoleKeeper& roles, const HeardMembers& heard, const KeyRenewal& renewal)
        : m_services{services}
        , m_roles{roles}
        , m_heard{heard}
        , m_renewal{renewal}
    {}

    /// A member that is known to run an older program than this cluster. While there is one, the set keeps that program's rules.
    struct Older {
        std::string name;    // "the secondary "north"", "the primary"
        std::string program; // its version; empty: not reported
        std::string text() const;
    };
    std::vector<Older> older() const;
    /// A secondary of this relay, as the primary's operator sees it.
    struct Below {
        std::string id;
        bool isConnected = false;
        bool isWithoutNewKeys = false; // since the last revocation as compromised
        std::string program{};         // version; empty: not known
        bool operator==(const Below&) const = default;
    };
    std::vector<Below> below() const;

private:
    const ManagerServices& m_services;
    const RoleKeeper& m_roles;
    const HeardMembers& m_heard;
    const KeyRenewal& m_renewal;
};

} // namespace core::replication
