#include "core/identity/entity_rows.h"

#include "core/base/ascii.h"
#include "core/crypto/digest.h"
#include "core/identity/entity_codec.h"

#include <algorithm>

namespace core::identity {
namespace {

constexpr std::string_view kEntity = "entity/";
constexpr std::string_view kName = "entity-name/";
constexpr std::string_view kMerged = "merged/";
constexpr std::string_view kAlias = "alias/";          // by id
constexpr std::string_view kAliasName = "alias-name/"; // by mount and name
constexpr std::string_view kLocalAlias = "local-alias/";

std::string pathOf(std::string_view folder, std::string_view name)
{
    return std::string{folder}.append(name);
}

/// Names can be long and hold any character, so index rows have their digest.
std::string namePath(std::string_view name)
{
    return pathOf(kName, crypto::sha256Hex(lowerCased(name)));
}

std::string aliasNamePath(std::string_view mountAccessor, std::string_view name)
{
    std::string text{mountAccessor};
    text.push_back('\0');
    return pathOf(kAliasName, crypto::sha256Hex(text.append(lowerCased(name))));
}

std::string localAliasPath(std::string_view entityId, std::string_view aliasId)
{
    return pathOf(kLocalAlias, entityId).append("/").append(aliasId);
}

/// The ids in the keys of an entity's local aliases. The primary merges entities without knowing the local aliases of this cluster, so those of a merged
/// entity stay below its old id.
std::vector<std::string> homesOf(const Entity& entity)
{
    auto ids = entity.mergedIds;
    ids.push_back(entity.id);
    return ids;
}

void attach(Alias alias, Entity& entity)
{
    alias.isLocal = true;
    alias.canonicalId = entity.id;
    entity.aliases.push_back(std::move(alias));
}

} // namespace

const Alias* aliasAt(const Entity& entity, std::string_view mountAccessor)
{
    const auto at = std::ranges::find(entity.aliases, mountAccessor, &Alias::mountAccessor);
    return at == entity.aliases.end() ? nullptr : &*at;
}

const Alias* aliasWithId(const Entity& entity, std::string_view aliasId)
{
    const auto at = std::ranges::find(entity.aliases, aliasId, &Alias::id);
    return at == entity.aliases.end() ? nullptr : &*at;
}

EntityRows::EntityRows(const barrier::Scope& scope)
    : m_shared{scope.shared(std::string{kIdentityFolder})}
    , m_local{scope.local(std::string{kIdentityFolder})}
    , m_isLocalWritable{scope.access().local}
{}

Result<std::optional<Entity>> EntityRows::load(const std::string& id) const
{
    auto row = m_shared.get(pathOf(kEntity, id));
    if (!row) return std::move(row).error();
    if (!*row) return std::optional<Entity>{};
    auto entity = decodeEntity(**row);
    if (!entity) return std::move(entity).error();
    if (auto added = addLocalAliases(*entity); !added) return std::move(added).error();
    return std::optional{std::move(*entity)};
}

Result<> EntityRows::addLocalAliases(Entity& entity) const
{
    for (const auto& id : homesOf(entity)) {
        std::optional<Error> fault;
        auto visited = m_local.forEach(pathOf(kLocalAlias, id), [&](std::string_view, std::string_view value) {
            auto alias = decodeAlias(value);
            if (!alias) return fault = std::move(alias).error(), false;
            attach(std::move(*alias), entity);
            return true;
        });
        if (!visited) return visited;
        if (fault) return std::move(*fault);
    }
    return {};
}

Result<std::optional<std::string>> EntityRows::mergedInto(const std::string& id) const
{
    return m_shared.get(pathOf(kMerged, id));
}

Result<std::optional<Entity>> EntityRows::find(const std::string& id) const
{
    if (id.empty()) return std::optional<Entity>{};
    auto entity = load(id);
    if (!entity || *entity) return entity;
    auto merged = mergedInto(id);
    if (!merged) return std::move(merged).error();
    return *merged ? load(**merged) : entity;
}

Result<std::optional<Entity>> EntityRows::loadIndexed(const barrier::View& view, const std::string& key) const
{
    auto id = view.get(key);
    if (!id) return std::move(id).error();
    return *id ? find(**id) : Result<std::optional<Entity>>{std::optional<Entity>{}};
}

Result<std::optional<Entity>> EntityRows::findByName(std::string_view name) const
{
    return loadIndexed(m_shared, namePath(name));
}

Result<std::optional<Entity>> EntityRows::findByAlias(std::string_view mountAccessor, std::string_view name) const
{
    auto entity = loadIndexed(m_shared, aliasNamePath(mountAccessor, name));
    return !entity || *entity ? entity : loadIndexed(m_local, aliasNamePath(mountAccessor, name));
}

Result<std::optional<Entity>> EntityRows::findByAliasId(const std::string& aliasId) const
{
    if (aliasId.empty()) return std::optional<Entity>{};
    auto entity = loadIndexed(m_shared, pathOf(kAlias, aliasId));
    return !entity || *entity ? entity : loadIndexed(m_local, pathOf(kAlias, aliasId));
}

Result<> EntityRows::eraseAliasIndex(const Alias& alias)
{
    auto& view = alias.isLocal ? m_local : m_shared;
    if (auto erased = view.erase(pathOf(kAlias, alias.id)); !erased) return erased;
    return view.erase(aliasNamePath(alias.mountAccessor, alias.name));
}

Result<> EntityRows::eraseLocalRow(const Entity& entity, const Alias& alias)
{
    for (const auto& id : homesOf(entity)) {
        if (auto erased = m_local.erase(localAliasPath(id, alias.id)); !erased) return erased;
    }
    return {};
}

Result<> EntityRows::storeAlias(const Alias* before, const Alias& after)
{
    auto& view = after.isLocal ? m_local : m_shared;
    const bool isSameKey = before && before->canonicalId == after.canonicalId && before->mountAccessor == after.mountAccessor &&
                           lowerCased(before->name) == lowerCased(after.name);
    if (!isSameKey) {
        if (before) {
            if (auto erased = eraseAliasIndex(*before); !erased) return erased;
        }
        if (auto put = view.put(pathOf(kAlias, after.id), after.canonicalId); !put) return put;
        if (auto put = view.put(aliasNamePath(after.mountAccessor, after.name), after.canonicalId); !put) return put;
    }
    return after.isLocal ? m_local.put(localAliasPath(after.canonicalId, after.id), encodeAlias(after)) : Result<>{};
}

Result<> EntityRows::store(const std::optional<Entity>& before, const Entity& after)
{
    const bool isRenamed = before && lowerCased(before->name) != lowerCased(after.name);
    if (isRenamed) {
        if (auto erased = m_shared.erase(namePath(before->name)); !erased) return erased;
    }
    if (!before || isRenamed) {
        if (auto put = m_shared.put(namePath(after.name), after.id); !put) return put;
    }
    if (before) {
        for (const auto& alias : before->aliases) {
            if (aliasWithId(after, alias.id)) continue;
            if (auto erased = eraseAliasIndex(alias); !erased) return erased;
            if (!alias.isLocal) continue;
            if (auto erased = eraseLocalRow(*before, alias); !erased) return erased;
        }
    }
    for (const auto& alias : after.aliases) {
        const auto* known = before ? aliasWithId(*before, alias.id) : nullptr;
        if (known && *known == alias) continue;
        if (known && known->isLocal) {
            if (auto erased = eraseLocalRow(*before, *known); !erased) return erased;
        }
        if (auto stored = storeAlias(known, alias); !stored) return stored;
    }
    for (const auto& id : after.mergedIds) {
        if (before && std::ranges::find(before->mergedIds, id) != before->mergedIds.end()) continue;
        if (auto put = m_shared.put(pathOf(kMerged, id), after.id); !put) return put;
    }
    // A change of local aliases alone is no change of the shared row, which a secondary cannot write.
    auto text = encodeEntity(after);
    if (before && encodeEntity(*before) == text) return {};
    return m_shared.put(pathOf(kEntity, after.id), text);
}

Result<> EntityRows::erase(const Entity& entity)
{
    if (auto erased = m_shared.erase(pathOf(kEntity, entity.id)); !erased) return erased;
    if (auto erased = m_shared.erase(namePath(entity.name)); !erased) return erased;
    for (const auto& alias : entity.aliases) {
        // Rows of local aliases that must not be erased now lead to no entity, so they count as missing.
        if (alias.isLocal && !m_isLocalWritable) continue;
        if (auto erased = eraseAliasIndex(alias); !erased) return erased;
        if (!alias.isLocal) continue;
        if (auto erased = eraseLocalRow(entity, alias); !erased) return erased;
    }
    for (const auto& id : entity.mergedIds) {
        if (auto erased = m_shared.erase(pathOf(kMerged, id)); !erased) return erased;
    }
    return {};
}

Result<> EntityRows::forEach(const std::function<bool(const Entity&)>& visit) const
{
    // The local aliases are read first and not inside the other scan, because the storage engine can hold a lock while it scans.
    std::multimap<std::string, Alias, std::less<>> locals; // by the entity's id in the key
    std::optional<Error> fault;
    auto read = m_local.forEach(kLocalAlias, [&](std::string_view path, std::string_view value) {
        auto alias = decodeAlias(value);
        if (!alias) return fault = std::move(alias).error(), false;
        path.remove_prefix(kLocalAlias.size());
        locals.emplace(path.substr(0, path.find('/')), std::move(*alias));
        return true;
    });
    if (!read) return read;
    if (fault) return std::move(*fault);
    auto visited = m_shared.forEach(kEntity, [&](std::string_view, std::string_view value) {
        auto entity = decodeEntity(value);
        if (!entity) return fault = std::move(entity).error(), false;
        for (const auto& id : homesOf(*entity)) {
            const auto [first, last] = locals.equal_range(id);
            for (auto at = first; at != last; ++at) attach(at->second, *entity);
        }
        return visit(*entity);
    });
    if (!visited) return visited;
    return fault ? Result<>{std::move(*fault)} : Result<>{};
}

} // namespace core::identity
