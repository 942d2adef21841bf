#include "core/identity/profile.h"

#include "core/identity/entity_rows.h"
#include "core/identity/group_rows.h"

#include <algorithm>

namespace core::identity {
namespace {

using Value = std::optional<std::string>;

std::vector<std::string> policiesOf(const Entity& entity, const std::vector<Group>& groups)
{
    auto names = entity.policies;
    for (const auto& group : groups) {
        if (group.policies) names.insert(names.end(), group.policies->begin(), group.policies->end());
    }
    return sortedOnce(std::move(names));
}

/// Removes `prefix`. False: the text does not begin with it.
bool take(std::string_view& text, std::string_view prefix)
{
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    return true;
}

/// Removes the text up to the next dot, and the dot.
std::string_view takePart(std::string_view& text)
{
    const auto dot = text.find('.');
    const auto part = text.substr(0, dot);
    text.remove_prefix(dot == std::string_view::npos ? text.size() : dot + 1);
    return part;
}

/// A key can contain dots.
Value valueIn(const std::optional<TextMap>& map, std::string_view key)
{
    if (!map) return std::nullopt;
    const auto at = map->find(std::string{key});
    return at == map->end() ? std::nullopt : Value{at->second};
}

Value valueOfAlias(const Alias& alias, std::string_view rest)
{
    if (rest == "id") return alias.id;
    if (rest == "name") return alias.name;
    if (take(rest, "metadata.")) return valueIn(alias.metadata, rest);
    if (take(rest, "custom_metadata.")) return valueIn(alias.customMetadata, rest);
    return std::nullopt;
}

Value valueOfGroup(const Group& group, std::string_view rest)
{
    if (rest == "id") return group.id;
    if (rest == "name") return group.name;
    if (take(rest, "metadata.")) return valueIn(group.metadata, rest);
    return std::nullopt;
}

Value valueOfEntity(const Entity& entity, std::string_view rest)
{
    if (rest == "id") return entity.id;
    if (rest == "name") return entity.name;
    if (take(rest, "metadata.")) return valueIn(entity.metadata, rest);
    if (!take(rest, "aliases.")) return std::nullopt;
    const auto* alias = aliasAt(entity, takePart(rest));
    return alias ? valueOfAlias(*alias, rest) : std::nullopt;
}

} // namespace

Profile::Profile(Entity entity, std::vector<Group> groups)
    : m_entity{std::move(entity)}
    , m_groups{std::move(groups)}
    , m_policies{policiesOf(m_entity, m_groups)}
{}

Result<ProfilePointer> Profile::load(const barrier::Scope& scope, const std::string& entityId)
{
    auto entity = EntityRows{scope}.find(entityId);
    if (!entity) return std::move(entity).error();
    if (!*entity) return ProfilePointer{};
    auto membership = membershipOf(GroupRows{scope}, (*entity)->id);
    if (!membership) return std::move(membership).error();
    auto groups = std::move(membership->direct);
    std::ranges::move(membership->inherited, std::back_inserter(groups));
    for (auto& group : groups) { // they can be long, and no request needs them
        group.memberEntityIds.reset();
        group.memberGroupIds.reset();
    }
    return std::make_shared<const Profile>(std::move(**entity), std::move(groups));
}

std::optional<std::string> Profile::valueOf(std::string_view expression) const
{
    auto rest = expression;
    if (take(rest, "identity.entity.")) return valueOfEntity(m_entity, rest);
    if (!take(rest, "identity.groups.")) return std::nullopt;
    const auto by = takePart(rest);
    if (by != "ids" && by != "names") return std::nullopt;
    const auto key = takePart(rest);
    const auto at = std::ranges::find(m_groups, key, by == "ids" ? &Group::id : &Group::name);
    return at == m_groups.end() ? std::nullopt : valueOfGroup(*at, rest);
}

std::shared_ptr<const policy::Acl> Profile::filled(const std::shared_ptr<const policy::Acl>& acl) const
{
    if (!acl->hasTemplates()) return acl;
    {
        MutexLock lock{m_mutex};
        const auto at = std::ranges::find(m_lists, acl, &Filled::from);
        if (at != m_lists.end()) return at->acl;
    }
    auto made = acl->filled([this](std::string_view expression) { return valueOf(expression); });
    MutexLock lock{m_mutex};
    if (m_lists.size() >= kListsMax) m_lists.erase(m_lists.begin());
    m_lists.push_back({acl, made});
    return made;
}

} // namespace core::identity
