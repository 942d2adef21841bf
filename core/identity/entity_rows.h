#pragma once

#include "core/barrier/scope.h"
#include "core/identity/entity.h"

#include <functional>

namespace core::identity {

/// Folders below `s/` (entities, groups) and `l/` (aliases of local mounts).
inline constexpr std::string_view kIdentityFolder = "sys/identity/";

/// The stored entities with their aliases, and the index rows by which they are found (README.md). Works in the caller's transaction, so that two
/// requests which take the same name or alias conflict. Not thread-safe. Errors of all functions: those of the views, Corrupt.
class EntityRows {
public:
    explicit EntityRows(const barrier::Scope& scope);

    /// The entity with this id, or the one that it was merged into.
    Result<std::optional<Entity>> find(const std::string& id) const;
    Result<std::optional<Entity>> findByName(std::string_view name) const;
    Result<std::optional<Entity>> findByAlias(std::string_view mountAccessor, std::string_view name) const;
    Result<std::optional<Entity>> findByAliasId(const std::string& aliasId) const;
    /// The id of the entity that this one was merged into; empty: none.
    Result<std::optional<std::string>> mergedInto(const std::string& id) const;

    /// Stores a new entity, or a changed one whose stored form is `before`. The caller has made sure that name and aliases are free.
    Result<> store(const std::optional<Entity>& before, const Entity& after);
    Result<> erase(const Entity& entity);

    /// Visits all entities until `visit` returns false.
    Result<> forEach(const std::function<bool(const Entity&)>& visit) const;

private:
    Result<std::optional<Entity>> load(const std::string& id) const;
    Result<std::optional<Entity>> loadIndexed(const barrier::View& view, const std::string& key) const;
    Result<> addLocalAliases(Entity& entity) const;
    Result<> storeAlias(const Alias* before, const Alias& after);
    Result<> eraseAliasIndex(const Alias& alias);
    Result<> eraseLocalRow(const Entity& entity, const Alias& alias);

    barrier::View m_shared;
    barrier::View m_local;
    bool m_isLocalWritable;
};

/// The alias at this mount; null: none. By name, or by mount alone.
const Alias* aliasAt(const Entity& entity, std::string_view mountAccessor);
const Alias* aliasWithId(const Entity& entity, std::string_view aliasId);

} // namespace core::identity
