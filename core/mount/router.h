#pragma once

#include "core/base/mutex.h"
#include "core/mount/backend_registry.h"
#include "core/mount/path_set.h"

#include <memory>
#include <string_view>
#include <unordered_map>

namespace core::mount {

/// One mount that answers. Immutable; requests keep it alive while they run.
struct Route {
    MountEntry entry;
    TableKind kind = TableKind::Secrets;
    std::shared_ptr<Backend> backend;
    PathSet sudo;
    std::chrono::seconds defaultLeaseTtl{0}; // effective
    std::chrono::seconds maxLeaseTtl{0};
};
using RoutePointer = std::shared_ptr<const Route>;

/// What a mount's backend works with in one request; owns what the context points to.
class RouteContext {
public:
    RouteContext(const Route& route, const barrier::Scope& scope, const Clock& clock, Random& random);
    RouteContext(const RouteContext&) = delete;
    RouteContext& operator=(const RouteContext&) = delete;
    Context& context() { return m_context; }

private:
    const barrier::Scope m_scope;
    Context m_context;
};

/// From a path to the mount that owns it: the longest prefix wins. Readers take one immutable snapshot, which set() exchanges;
/// a backend lives on as long as its mount stays in the table. Thread-safe.
class Router {
public:
    struct Options {
        std::chrono::seconds defaultLeaseTtl{768 * 3600}; // the system's
        std::chrono::seconds maxLeaseTtl{768 * 3600};
    };
    Router(const BackendRegistry& registry, Options options);

    /// Both tables as they are now; tainted mounts and unknown types serve nothing.
    void set(const std::vector<MountEntry>& secrets, const std::vector<MountEntry>& auth);

    /// The mount of a logical path, which may lack the '/' at its end. Null: none.
    RoutePointer find(std::string_view path) const;
    RoutePointer findByAccessor(std::string_view accessor) const;
    std::vector<RoutePointer> routes() const; // by path

    /// Tells the backend that owns this physical key (`s/logical/<uuid>/…`, `s/sys/…`) that it changed underneath.
    void invalidate(std::string_view physicalKey) const;
    /// The same for everything.
    void invalidateAll() const;

    const Options& options() const { return m_options; }

private:
    struct Snapshot {
        std::map<std::string, RoutePointer, std::less<>> byPath;
        std::map<std::string, RoutePointer, std::less<>> byUuid;
    };
    std::shared_ptr<const Snapshot> snapshot() const;
    RoutePointer makeRoute(const Snapshot* before, TableKind kind, const MountEntry& entry) const;

    const BackendRegistry& m_registry;
    const Options m_options;
    Mutex m_setMutex;            // one set() at a time; taken before m_mutex
    mutable SharedMutex m_mutex; // leaf lock
    std::shared_ptr<const Snapshot> m_snapshot CORE_GUARDED_BY(m_mutex);
};

} // namespace core::mount
