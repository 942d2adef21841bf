#include "core/mount/mount_maintenance.h"

#include "core/base/logging.h"
#include "core/mount/mount_storage.h"

namespace core::mount {

MountMaintenance::MountMaintenance(const Router& router, const Clock& clock, Random& random, Commit commit)
    : m_router{router}
    , m_clock{clock}
    , m_random{random}
    , m_commit{std::move(commit)}
    , m_dueAt{clock.steadyNow() + kInterval}
{}

void MountMaintenance::tick()
{
    const bool isRoundDue = m_clock.steadyNow() >= m_dueAt;
    if (isRoundDue) m_dueAt = m_clock.steadyNow() + kInterval;
    if (!isRoundDue && m_unfinished.empty()) return;
    const auto unfinished = std::exchange(m_unfinished, {});
    for (const auto& route : m_router.routes()) {
        if (isRoundDue || unfinished.contains(route->entry.uuid)) maintain(*route);
    }
}

void MountMaintenance::maintain(const MountRoute& route)
{
    bool hasMore = false;
    const auto done = m_commit([&](const barrier::Scope& scope) -> Result<> {
        // Reads the row, so that an unmount at the same time is a conflict, and nothing is written behind the cleaner.
        const auto mounted = isMounted(scope, route.kind, route.entry);
        if (!mounted) return mounted.error();
        if (!*mounted) return {};
        RouteContext context{route, scope, m_clock, m_random};
        auto maintained = route.backend->maintain(context.context());
        if (!maintained) return maintained.error();
        hasMore = *maintained;
        return {};
    });
    if (done && hasMore) m_unfinished.insert(route.entry.uuid);
    // ReadOnly: the data is shared, and the primary maintains it.
    if (done || done.error().code == ErrorCode::ReadOnly) return;
    logging::warn("mount", "the periodic work of a mount failed; it is tried again", {{"path", route.entry.path}, {"error", toString(done.error())}});
}

} // namespace core::mount
