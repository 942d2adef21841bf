#include "core/mount/backend_registry.h"

#include "core/base/assert.h"

namespace core::mount {

void BackendRegistry::add(TableKind kind, std::string type, Type description)
{
    const bool isNew = m_types.emplace(std::make_pair(kind, std::move(type)), std::move(description)).second;
    CORE_ASSERT(isNew);
}

const BackendRegistry::Type* BackendRegistry::find(TableKind kind, std::string_view type) const
{
    const auto at = m_types.find({kind, std::string{type}});
    return at == m_types.end() ? nullptr : &at->second;
}

std::vector<std::string> BackendRegistry::mountableTypes(TableKind kind) const
{
    std::vector<std::string> names;
    for (const auto& [key, type] : m_types) {
        if (key.first == kind && type.isMountable) names.push_back(key.second);
    }
    return names;
}

void resolveTypeAlias(MountEntry& entry)
{
    if (entry.type == "kv-v2") {
        entry.type = "kv";
        entry.options["version"] = "2";
    } else if (entry.type == "kv-v1" || entry.type == "generic") {
        entry.type = "kv";
        entry.options["version"] = "1";
    }
}

} // namespace core::mount
