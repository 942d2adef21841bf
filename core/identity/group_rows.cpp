#include "core/identity/group_rows.h"

#include "core/base/ascii.h"
#include "core/crypto/digest.h"
#include "core/identity/entity_codec.h"
#include "core/identity/entity_rows.h"

#include <algorithm>
#include <deque>
#include <set>

namespace core::identity {
namespace {

constexpr std::string_view kGroup = "group/";
constexpr std::string_view kName = "group-name/";
constexpr std::string_view kAlias = "group-alias/";          // by id
constexpr std::string_view kAliasName = "group-alias-name/"; // by mount and name
constexpr std::string_view kMember = "member/";              // by entity, then by group

const std::vector<std::string> kNone;

std::string pathOf(std::string_view folder, std::string_view name)
{
    return std::string{folder}.append(name);
}

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

std::string memberPath(std::string_view entityId, std::string_view groupId)
{
    return pathOf(kMember, entityId).append("/").append(groupId);
}

} // namespace

GroupRows::GroupRows(const barrier::Scope& scope) : m_rows{scope.shared(std::string{kIdentityFolder})} {}

Result<std::optional<Group>> GroupRows::find(const std::string& id) const
{
    if (id.empty()) return std::optional<Group>{};
    auto row = m_rows.get(pathOf(kGroup, id));
    if (!row) return std::move(row).error();
    if (!*row) return std::optional<Group>{};
    auto group = decodeGroup(**row);
    if (!group) return std::move(group).error();
    return std::optional{std::move(*group)};
}

Result<std::optional<Group>> GroupRows::loadIndexed(const std::string& key) const
{
    auto id = m_rows.get(key);
    if (!id) return std::move(id).error();
    return *id ? find(**id) : Result<std::optional<Group>>{std::optional<Group>{}};
}

Result<std::optional<Group>> GroupRows::findByName(std::string_view name) const
{
    return loadIndexed(namePath(name));
}

Result<std::optional<Group>> GroupRows::findByAlias(std::string_view mountAccessor, std::string_view name) const
{
    return loadIndexed(aliasNamePath(mountAccessor, name));
}

Result<std::optional<Group>> GroupRows::findByAliasId(const std::string& aliasId) const
{
    if (aliasId.empty()) return std::optional<Group>{};
    return loadIndexed(pathOf(kAlias, aliasId));
}

Result<> GroupRows::storeAlias(const std::optional<Alias>& before, const std::optional<Alias>& after)
{
    if (before == after) return {};
    if (before) {
        if (auto erased = m_rows.erase(pathOf(kAlias, before->id)); !erased) return erased;
        if (auto erased = m_rows.erase(aliasNamePath(before->mountAccessor, before->name)); !erased) return erased;
    }
    if (!after) return {};
    if (auto put = m_rows.put(pathOf(kAlias, after->id), after->canonicalId); !put) return put;
    return m_rows.put(aliasNamePath(after->mountAccessor, after->name), after->canonicalId);
}

Result<> GroupRows::storeMembers(const Group& group, const std::vector<std::string>& before, const std::vector<std::string>& after)
{
    for (const auto& id : before) {
        if (contains(after, id)) continue;
        if (auto erased = m_rows.erase(memberPath(id, group.id)); !erased) return erased;
    }
    for (const auto& id : after) {
        if (contains(before, id)) continue;
        if (auto put = m_rows.put(memberPath(id, group.id), "1"); !put) return put;
    }
    return {};
}

Result<> GroupRows::store(const std::optional<Group>& before, Group after)
{
    const bool isRenamed = before && lowerCased(before->name) != lowerCased(after.name);
    if (isRenamed) {
        if (auto erased = m_rows.erase(namePath(before->name)); !erased) return erased;
    }
    if (!before || isRenamed) {
        if (auto put = m_rows.put(namePath(after.name), after.id); !put) return put;
    }
    if (auto stored = storeAlias(before ? before->alias : std::nullopt, after.alias); !stored) return stored;
    const auto former = before ? before->memberEntityIds : std::nullopt;
    if (auto stored = storeMembers(after, former ? *former : kNone, after.memberEntityIds ? *after.memberEntityIds : kNone); !stored) {
        return stored;
    }
    ++after.modifyIndex;
    return m_rows.put(pathOf(kGroup, after.id), encodeGroup(after));
}

Result<> GroupRows::erase(const Group& group)
{
    if (auto erased = m_rows.erase(pathOf(kGroup, group.id)); !erased) return erased;
    if (auto erased = m_rows.erase(namePath(group.name)); !erased) return erased;
    if (auto erased = storeAlias(group.alias, std::nullopt); !erased) return erased;
    return storeMembers(group, group.memberEntityIds ? *group.memberEntityIds : kNone, kNone);
}

Result<> GroupRows::forEach(const std::function<bool(const Group&)>& visit) const
{
    std::optional<Error> fault;
    auto visited = m_rows.forEach(kGroup, [&](std::string_view, std::string_view value) {
        auto group = decodeGroup(value);
        if (!group) return fault = std::move(group).error(), false;
        return visit(*group);
    });
    if (!visited) return visited;
    return fault ? Result<>{std::move(*fault)} : Result<>{};
}

Result<std::vector<std::string>> GroupRows::groupsOf(const std::string& entityId) const
{
    return m_rows.list(pathOf(kMember, entityId));
}

namespace {

/// Visits the groups above `start`, each once, until `visit` returns false.
Result<> walkUp(const GroupRows& groups, const std::vector<std::string>& start, const std::function<bool(Group)>& visit)
{
    std::deque<std::string> waiting{start.begin(), start.end()};
    std::set<std::string> seen{start.begin(), start.end()};
    for (std::size_t count = 0; !waiting.empty() && count < kGroupsReadMax; ++count) {
        auto group = groups.find(waiting.front());
        waiting.pop_front();
        if (!group) return std::move(group).error();
        if (!*group) continue; // deleted; the groups below it keep its id
        for (const auto& parent : (*group)->parentGroupIds.value_or(std::vector<std::string>{})) {
            if (seen.insert(parent).second) waiting.push_back(parent);
        }
        if (!visit(std::move(**group))) return {};
    }
    return {};
}

} // namespace

Result<Membership> membershipOf(const GroupRows& groups, const std::string& entityId)
{
    auto direct = groups.groupsOf(entityId);
    if (!direct) return std::move(direct).error();
    Membership membership;
    auto walked = walkUp(groups, *direct, [&](Group group) {
        (contains(*direct, group.id) ? membership.direct : membership.inherited).push_back(std::move(group));
        return true;
    });
    if (!walked) return std::move(walked).error();
    return membership;
}

Result<bool> isAbove(const GroupRows& groups, const std::string& groupId, const std::string& candidate)
{
    bool isFound = false;
    auto walked = walkUp(groups, {groupId}, [&](const Group& group) { return isFound = group.id == candidate, !isFound; });
    if (!walked) return std::move(walked).error();
    return isFound;
}

} // namespace core::identity
