#pragma once

#include "core/mount/backend.h"
#include "core/mount/mount_storage.h"

#include <functional>
#include <map>
#include <memory>

namespace core::mount {

/// The types of mounts in this build, and how to make their backends. Filled at the start, then read by any thread.
class BackendRegistry {
public:
    using Factory = std::function<std::shared_ptr<Backend>(const MountEntry& entry)>;

    struct Type {
        Factory make;
        bool isMountable = true;  // by sys/mounts and sys/auth; other types are built-in mounts
        bool hasVersions = false; // accepts options.version
    };

    void add(TableKind kind, std::string type, Type description);
    /// Null: no such type.
    const Type* find(TableKind kind, std::string_view type) const;
    /// Sorted.
    std::vector<std::string> mountableTypes(TableKind kind) const;

private:
    std::map<std::pair<TableKind, std::string>, Type> m_types;
};

/// Resolves the aliases of sys/mounts: kv-v1, kv-v2 and generic become kv with options.version.
void resolveTypeAlias(MountEntry& entry);

} // namespace core::mount
