#pragma once

#include "core/replication/roles/role_keeper.h"

namespace core::replication {

/// Makes the filter of each link from the stored paths filters. Thread-safe.
class StoredScopes final : public ScopeSource {
public:
    StoredScopes(const ManagerServices& services, const RoleKeeper& roles) : m_services{services}, m_roles{roles} {}

    // ScopeSource
    LinkFilter scope(Type type, const std::string& secondaryId) const override;
    std::uint64_t scopeVersion() const override { return m_version; }
    /// Subscriber of the store: the links make their filters again if one of these keys is a filter's or a mount's.
    void changed(const log::ChangedKeys& keys);
    /// Whether a paths filter of the set's primary holds back mounts from this performance secondary, as far as this cluster knows.
    bool isFiltered(const std::string& secondaryId) const;

    /// Operations that delete all filters of the set's primary, and its bounds for forwarded requests; all filters of this relay. Errors:
    /// those of a scan; Sealed.
    Result<std::vector<log::Operation>> erasuresOfPrimary() const;
    Result<std::vector<log::Operation>> erasuresOfRelay() const { return erasures("l/" + std::string{kRelayFilterFolder}); }

private:
    Result<std::vector<log::Operation>> erasures(const std::string& folder) const;

    const ManagerServices& m_services;
    const RoleKeeper& m_roles;
    std::atomic<std::uint64_t> m_version{1};
};

} // namespace core::replication
