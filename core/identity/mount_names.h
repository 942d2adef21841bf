#pragma once

#include "core/mount/router.h"

#include <unordered_map>

namespace core::identity {

/// The auth mounts of this cluster by accessor, as they are now.
class MountNames {
public:
    explicit MountNames(const mount::Router& router);
    /// Null: there is no such auth mount.
    const mount::MountEntry* find(std::string_view accessor) const;

private:
    std::vector<mount::RoutePointer> m_routes; // keep the entries alive
    std::unordered_map<std::string_view, const mount::MountEntry*> m_byAccessor;
};

} // namespace core::identity
