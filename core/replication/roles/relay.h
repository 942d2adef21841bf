#pragma once

#include "core/mount/response.h"
#include "core/replication/roles/stored_scopes.h"

namespace core::replication {

/// Lets a performance secondary serve secondaries of its own (a cascade), and ends that. Operations block (disk) and return the whole
/// answer. Thread-safe.
class Relay {
public:
    Relay(const ManagerServices& services, RoleKeeper& roles, const StoredScopes& scopes) : m_services{services}, m_roles{roles}, m_scopes{scopes} {}

    bool isOn() const;
    mount::Response enable(const std::string& clusterAddress) CORE_EXCLUDES(m_roles.operation);
    mount::Response disable() CORE_EXCLUDES(m_roles.operation);

private:
    const ManagerServices& m_services;
    RoleKeeper& m_roles;
    const StoredScopes& m_scopes;
};

} // namespace core::replication
