#include "core/mount/mounted_rows.h"

namespace core::mount {

Result<bool> MountedRows::isMounted(const barrier::Scope& scope, TableKind kind, const MountEntry& entry)
{
    auto stored = scope.transaction().get((entry.isLocal ? "l/" : "s/") + std::string{tableFolder(kind)} + entry.uuid);
    if (!stored) return std::move(stored).error();
    if (*stored) {
        MutexLock lock{m_mutex};
        const auto known = m_mounted.find(entry.uuid);
        if (known != m_mounted.end() && known->second == **stored) return true;
    }
    auto isThere = mount::isMounted(scope, kind, entry);
    if (!isThere) return isThere;
    MutexLock lock{m_mutex};
    if (*isThere) m_mounted[entry.uuid] = std::move(**stored);
    else m_mounted.erase(entry.uuid);
    return isThere;
}

void MountedRows::clear()
{
    MutexLock lock{m_mutex};
    m_mounted.clear();
}

} // namespace core::mount
