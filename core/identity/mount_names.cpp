#include "core/identity/mount_names.h"

namespace core::identity {

MountNames::MountNames(const mount::Router& router) : m_routes{router.routes()}
{
    for (const auto& route : m_routes) {
        if (route->kind == mount::TableKind::Auth) m_byAccessor.emplace(route->entry.accessor, &route->entry);
    }
}

const mount::MountEntry* MountNames::find(std::string_view accessor) const
{
    const auto at = m_byAccessor.find(accessor);
    return at == m_byAccessor.end() ? nullptr : at->second;
}

} // namespace core::identity
