#include "core/identity/entity_changes.h"

#include <algorithm>

namespace core::identity {
namespace {

/// Takes `from` out of its groups, and puts `to` in its place unless it is empty.
Result<> replaceMember(GroupRows& groups, const std::string& from, const std::string& to, WallTime now)
{
    auto ids = groups.groupsOf(from);
    if (!ids) return std::move(ids).error();
    for (const auto& id : *ids) {
        auto group = groups.find(id);
        if (!group) return std::move(group).error();
        if (!*group) continue;
        auto changed = **group;
        auto members = changed.memberEntityIds.value_or(std::vector<std::string>{});
        std::erase(members, from);
        if (!to.empty()) members.push_back(to);
        changed.memberEntityIds = sortedOnce(std::move(members));
        changed.updatedAt = now;
        if (auto stored = groups.store(*group, std::move(changed)); !stored) return stored;
    }
    return {};
}

} // namespace

Result<> eraseEntity(const barrier::Scope& scope, const Entity& entity, WallTime now)
{
    GroupRows groups{scope};
    if (auto left = replaceMember(groups, entity.id, {}, now); !left) return left;
    return EntityRows{scope}.erase(entity);
}

Result<> mergeEntity(const barrier::Scope& scope, const Entity& from, Entity& to, WallTime now)
{
    GroupRows groups{scope};
    if (auto moved = replaceMember(groups, from.id, to.id, now); !moved) return moved;
    EntityRows rows{scope};
    // Local aliases stay where they are: they are found below the old id, on every cluster.
    auto erased = from;
    std::erase_if(erased.aliases, [](const Alias& alias) { return alias.isLocal; });
    if (auto done = rows.erase(erased); !done) return done;

    const auto before = to;
    for (auto alias : erased.aliases) {
        alias.canonicalId = to.id;
        alias.mergedFrom.push_back(from.id);
        alias.updatedAt = now;
        to.aliases.push_back(std::move(alias));
    }
    for (const auto& id : from.mergedIds) to.mergedIds.push_back(id);
    to.mergedIds.push_back(from.id);
    to.updatedAt = now;
    if (auto stored = rows.store(before, to); !stored) return stored;
    auto present = rows.find(to.id); // with the local aliases of `from`
    if (!present) return std::move(present).error();
    to = std::move(**present);
    return {};
}

} // namespace core::identity
