#pragma once

#include "core/base/mutex.h"
#include "core/log/changed_keys.h"
#include "core/mount/backend_registry.h"
#include "core/mount/path_set.h"

#include <memory>
#include <string_view>
#include <unordered_map>

namespace core::mount {

/// A mount that answers. Immutable. Running requests keep it alive.
struct MountRoute {
    MountEntry entry;
    TableKind kind = TableKind::Secrets;
    std::shared_ptr<Backend> backend;
    PathSet sudo;
    std::chrono::seconds defaultLeaseTtl{0}; // effective
    std::chrono::seconds maxLeaseTtl{0};
};
using RoutePointer = std::shared_ptr<const MountRoute>;

/// The context of a mount's backend for one request. Owns what the context points to.
class RouteContext {
public:
    RouteContext(const MountRoute& route, const barrier::Scope& scope, const Clock& clock, Random& random);
    RouteContext(const RouteContext&) = delete;
    RouteContext& operator=(const RouteContext&) = delete;
    Context& context() { return m_context; }

private:
    const barrier::Scope m_scope;
    Context m_context;
};

/// Finds the mount that owns a path: the longest prefix wins. Readers take one immutable snapshot, which set() replaces. A backend lives as long as
/// its mount is in the table. Thread-safe.
class Router {
public:
    struct Options {
        std::chrono::seconds defaultLeaseTtl{768 * 3600}; // the system's
        std::chrono::seconds maxLeaseTtl{768 * 3600};
    };
    Router(const BackendRegistry& registry, Options options);

    /// Sets both tables. Tainted mounts and unknown types serve nothing.
    void set(const std::vector<MountEntry>& secrets, const std::vector<MountEntry>& auth);

    /// The mount of a logical path. The '/' at its end can be missing. Null: none.
    RoutePointer find(std::string_view path) const;
    RoutePointer findByAccessor(std::string_view accessor) const;
    std::vector<RoutePointer> routes() const; // by path

    /// Subscriber of the store: tells the backends that own these keys (`s/logical/<uuid>/…`, `s/sys/…`) that a commit has changed them.
    void changed(const log::ChangedKeys& keys) const;
    /// The same for all keys.
    void invalidateAll() const;

    const Options& options() const { return m_options; }

private:
    struct Snapshot {
        std::map<std::string, RoutePointer, std::less<>> byPath;
        std::map<std::string, RoutePointer, std::less<>> byUuid;
    };
    std::shared_ptr<const Snapshot> snapshot() const;
    static void invalidate(const Snapshot& current, std::string_view physicalKey);
    RoutePointer makeRoute(const Snapshot* before, TableKind kind, const MountEntry& entry) const;

    const BackendRegistry& m_registry;
    const Options m_options;
    Mutex m_setMutex;            // one set() at a time; taken before m_mutex
    mutable SharedMutex m_mutex; // leaf lock
    std::shared_ptr<const Snapshot> m_snapshot CORE_GUARDED_BY(m_mutex);
};

} // namespace core::mount
