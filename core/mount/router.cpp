#include "core/mount/router.h"

#include "core/base/logging.h"

#include <algorithm>

namespace core::mount {
namespace {

constexpr std::string_view kSystemFolder = "sys/";

/// Built-in mounts see every folder.
bool isBuiltInMount(const MountEntry& entry)
{
    return entry.type == "system" || entry.type == "token" || entry.type == "cubbyhole" || entry.type == "identity";
}

bool isSameForBackend(const MountEntry& a, const MountEntry& b)
{
    return a.type == b.type && a.options == b.options && a.isLocal == b.isLocal;
}

} // namespace

RouteContext::RouteContext(const MountRoute& route, const barrier::Scope& scope, const Clock& clock, Random& random)
    : m_scope{scope}
    , m_context{
          .storage = route.entry.isLocal ? m_scope.local(dataFolder(route.kind, route.entry)) : m_scope.shared(dataFolder(route.kind, route.entry)),
          .localStorage = m_scope.local(dataFolder(route.kind, route.entry)),
          .mount = route.entry,
          .clock = clock,
          .random = random,
          .defaultLeaseTtl = route.defaultLeaseTtl,
          .maxLeaseTtl = route.maxLeaseTtl,
          .system = isBuiltInMount(route.entry) ? &m_scope : nullptr,
      }
{}

Router::Router(const BackendRegistry& registry, Options options)
    : m_registry{registry}
    , m_options{options}
    , m_snapshot{std::make_shared<const Snapshot>()}
{}

std::shared_ptr<const Router::Snapshot> Router::snapshot() const
{
    ReadLock lock{m_mutex};
    return m_snapshot;
}

RoutePointer Router::makeRoute(const Snapshot* before, TableKind kind, const MountEntry& entry) const
{
    const auto* type = m_registry.find(kind, entry.type);
    if (!type) {
        logging::error("mount", "no backend of this type in this build", {{"path", entry.path}, {"type", entry.type}});
        return nullptr;
    }
    auto route = std::make_shared<MountRoute>();
    route->entry = entry;
    route->kind = kind;
    if (const auto known = before->byUuid.find(entry.uuid); known != before->byUuid.end() && isSameForBackend(known->second->entry, entry)) {
        route->backend = known->second->backend;
    } else {
        route->backend = type->make(entry);
    }
    if (!route->backend) return nullptr;
    route->sudo = PathSet{route->backend->sudoPaths()};
    const std::chrono::seconds zero{0};
    route->maxLeaseTtl = entry.maxLeaseTtl > zero ? entry.maxLeaseTtl : m_options.maxLeaseTtl;
    route->defaultLeaseTtl = entry.defaultLeaseTtl > zero ? entry.defaultLeaseTtl : m_options.defaultLeaseTtl;
    route->defaultLeaseTtl = std::min(route->defaultLeaseTtl, route->maxLeaseTtl);
    return route;
}

void Router::set(const std::vector<MountEntry>& secrets, const std::vector<MountEntry>& auth)
{
    MutexLock setLock{m_setMutex};
    const auto before = snapshot();
    auto next = std::make_shared<Snapshot>();
    for (const auto kind : {TableKind::Secrets, TableKind::Auth}) {
        for (const auto& entry : kind == TableKind::Secrets ? secrets : auth) {
            if (entry.isTainted) continue;
            auto route = makeRoute(before.get(), kind, entry);
            if (!route) continue;
            next->byUuid[entry.uuid] = route;
            next->byPath[entry.path] = std::move(route);
        }
    }
    WriteLock lock{m_mutex};
    m_snapshot = std::move(next);
}

RoutePointer Router::find(std::string_view path) const
{
    const auto current = snapshot();
    std::string_view candidate = path;
    if (!candidate.ends_with('/')) {
        std::string folder{candidate};
        folder += '/';
        if (const auto at = current->byPath.find(folder); at != current->byPath.end()) return at->second;
    }
    while (true) {
        const auto slash = candidate.find_last_of('/');
        if (slash == std::string_view::npos) return nullptr;
        candidate = candidate.substr(0, slash + 1);
        if (const auto at = current->byPath.find(candidate); at != current->byPath.end()) return at->second;
        candidate.remove_suffix(1);
    }
}

RoutePointer Router::findByAccessor(std::string_view accessor) const
{
    const auto current = snapshot();
    for (const auto& [path, route] : current->byPath) {
        if (route->entry.accessor == accessor) return route;
    }
    return nullptr;
}

std::vector<RoutePointer> Router::routes() const
{
    std::vector<RoutePointer> found;
    const auto current = snapshot();
    for (const auto& [path, route] : current->byPath) found.push_back(route);
    return found;
}

void Router::changed(const log::ChangedKeys& keys) const
{
    const auto current = snapshot();
    keys.forEach([&current](std::string_view key) { invalidate(*current, key); });
}

void Router::invalidate(const Snapshot& current, std::string_view physicalKey)
{
    if (physicalKey.size() < 2 || physicalKey[1] != '/' || (physicalKey[0] != 's' && physicalKey[0] != 'l')) return;
    const auto path = physicalKey.substr(2);
    for (const std::string_view folder : {"logical/", "auth/"}) {
        if (!path.starts_with(folder)) continue;
        const auto slash = path.find('/', folder.size());
        if (slash == std::string_view::npos) return;
        const auto at = current.byUuid.find(path.substr(folder.size(), slash - folder.size()));
        if (at != current.byUuid.end()) at->second->backend->invalidate(path.substr(slash + 1));
        return;
    }
    if (!path.starts_with(kSystemFolder)) return;
    for (const auto& [uuid, route] : current.byUuid) {
        const auto folder = dataFolder(route->kind, route->entry);
        if (folder.starts_with(kSystemFolder) && path.starts_with(folder)) {
            route->backend->invalidate(path.substr(folder.size()));
        }
    }
}

void Router::invalidateAll() const
{
    const auto current = snapshot();
    for (const auto& [uuid, route] : current->byUuid) route->backend->invalidate({});
}

} // namespace core::mount
