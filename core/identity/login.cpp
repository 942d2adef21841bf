#include "core/identity/login.h"

#include "core/base/name.h"
#include "core/identity/entity_rows.h"
#include "core/identity/group_rows.h"
#include "core/identity/routes.h"

#include <algorithm>

namespace core::identity {
namespace {

using mount::Response;

Result<Entity> makeEntity(EntityRows& rows, const mount::MountEntry& mount, Random& random, WallTime now, const mount::Auth& auth)
{
    Entity entity;
    entity.id = random.uuid();
    entity.name = randomName("entity_", random);
    entity.createdAt = entity.updatedAt = now;
    Alias alias;
    alias.id = random.uuid();
    alias.canonicalId = entity.id;
    alias.mountAccessor = mount.accessor;
    alias.name = auth.aliasName;
    if (!auth.aliasMetadata.empty()) alias.metadata = auth.aliasMetadata;
    alias.createdAt = alias.updatedAt = now;
    alias.isLocal = mount.isLocal;
    entity.aliases.push_back(std::move(alias));
    if (auto stored = rows.store(std::nullopt, entity); !stored) return std::move(stored).error();
    return entity;
}

/// Stores the metadata of the alias that this login brings, if it differs.
Result<> updateMetadata(EntityRows& rows, const Entity& entity, std::string_view mountAccessor, const TextMap& metadata, WallTime now)
{
    auto after = entity;
    const auto at = std::ranges::find(after.aliases, mountAccessor, &Alias::mountAccessor);
    if (at == after.aliases.end() || at->metadata.value_or(TextMap{}) == metadata) return {};
    at->metadata = metadata;
    at->updatedAt = now;
    if (!at->isLocal) after.updatedAt = now;
    return rows.store(entity, after);
}

} // namespace

Result<std::optional<Response>> setEntity(const barrier::Scope& scope, const mount::MountEntry& mount, Random& random, WallTime now,
                                          mount::Auth& auth)
{
    if (auth.aliasName.empty()) return std::optional<Response>{};
    EntityRows rows{scope};
    auto entity = rows.findByAlias(mount.accessor, auth.aliasName);
    if (!entity) return std::move(entity).error();
    if (*entity && (*entity)->isDisabled) return std::optional{Response::error(403, "permission denied")};
    if (*entity) {
        if (auto done = updateMetadata(rows, **entity, mount.accessor, auth.aliasMetadata, now); !done) return std::move(done).error();
    } else {
        if (auto why = nameRefusal("the alias of this login", auth.aliasName); !why.empty())
            return std::optional{Response::badRequest(std::move(why))};
        auto made = makeEntity(rows, mount, random, now, auth);
        if (!made) return std::move(made).error();
        *entity = std::move(*made);
        auth.isEntityNew = true;
    }
    auth.entityId = (*entity)->id;
    if (auto joined = joinExternalGroups(scope, mount.accessor, auth.groupNames, auth.entityId, now); !joined) return std::move(joined).error();
    return std::optional<Response>{};
}

Result<> joinExternalGroups(const barrier::Scope& scope, std::string_view mountAccessor, const std::vector<std::string>& names,
                            const std::string& entityId, WallTime now)
{
    GroupRows groups{scope};
    const auto change = [&](const Group& group, bool isMember) {
        auto after = group;
        auto members = after.memberEntityIds.value_or(std::vector<std::string>{});
        if (isMember) members.push_back(entityId);
        else std::erase(members, entityId);
        after.memberEntityIds = sortedOnce(std::move(members));
        after.updatedAt = now;
        return groups.store(group, std::move(after));
    };
    std::vector<std::string> wanted;
    for (const auto& name : names) {
        auto group = groups.findByAlias(mountAccessor, name);
        if (!group) return std::move(group).error();
        if (*group) wanted.push_back((*group)->id);
    }
    wanted = sortedOnce(std::move(wanted));
    auto present = groups.groupsOf(entityId);
    if (!present) return std::move(present).error();
    for (const auto& id : *present) {
        if (contains(wanted, id)) continue;
        auto group = groups.find(id);
        if (!group) return std::move(group).error();
        if (!*group || !(*group)->alias || (*group)->alias->mountAccessor != mountAccessor) continue;
        if (auto changed = change(**group, false); !changed) return changed;
    }
    for (const auto& id : wanted) {
        if (contains(*present, id)) continue;
        auto group = groups.find(id);
        if (!group) return std::move(group).error();
        if (auto changed = change(**group, true); !changed) return changed;
    }
    return {};
}

} // namespace core::identity
