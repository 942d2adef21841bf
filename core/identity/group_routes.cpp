#include "core/identity/answers.h"
#include "core/base/ascii.h"
#include "core/identity/metadata_rules.h"
#include "core/identity/routes.h"

#include <algorithm>

namespace core::identity {
namespace {

namespace json = boost::json;
using mount::Response;
using route::Call;
using route::FieldList;
using route::FieldType;
using route::Verb;
using Texts = std::vector<std::string>;
/// A refusal, or nothing.
using Refusal = Result<std::optional<Response>>;

Refusal refused(std::string text)
{
    return std::optional{Response::badRequest(std::move(text))};
}

/// Fills policies, metadata and the type. Returns a refusal, or an empty optional.
std::optional<Response> applyFields(Call& call, bool isNew, Group& group)
{
    auto metadata = call.fields.map("metadata");
    if (call.fields.refusal()) return Response::badRequest("failed to parse metadata: " + call.fields.refusal()->errors.front());
    auto policies = call.fields.list("policies");
    const auto type = call.fields.textOr("type", {});
    if (call.fields.refusal()) return call.fields.refusal();
    if (!type.empty() && type != "internal" && type != "external") return Response::badRequest("invalid group type \"" + type + "\"");
    if (isNew) group.isExternal = type == "external";
    if (!type.empty() && group.isExternal != (type == "external")) return Response::badRequest("group type cannot be changed");
    if (policies && hasRootPolicy(*policies)) return Response::badRequest("policies cannot contain root");
    if (metadata) {
        if (auto fault = metadataFault(*metadata); !fault.empty()) return Response::badRequest(std::move(fault));
        group.metadata = std::move(*metadata);
    }
    if (policies) {
        for (auto& name : *policies) name = lowerCased(name);
        group.policies = sortedOnce(std::move(*policies));
    }
    return std::nullopt;
}

Refusal applyMemberEntities(Call& call, Group& group)
{
    auto ids = call.fields.list("member_entity_ids");
    if (call.fields.refusal()) return call.fields.refusal();
    if (!ids) return std::optional<Response>{};
    if (group.isExternal) return refused("member entities can't be set manually for external groups");
    const EntityRows entities{call.scope()};
    group.memberEntityIds = sortedOnce(std::move(*ids));
    for (auto& id : *group.memberEntityIds) {
        auto entity = entities.find(id);
        if (!entity) return std::move(entity).error();
        if (!*entity) return refused("invalid entity ID \"" + id + "\"");
        id = (*entity)->id;
    }
    group.memberEntityIds = sortedOnce(std::move(*group.memberEntityIds)); // the id of a merged entity has become another one
    return std::optional<Response>{};
}

/// Adds `groupId` to the parents of the group, or removes it.
Result<> changeParent(GroupRows& groups, const std::string& memberId, const std::string& groupId, bool isAdded, WallTime now)
{
    auto member = groups.find(memberId);
    if (!member) return std::move(member).error();
    if (!*member) return {};
    auto after = **member;
    auto parents = after.parentGroupIds.value_or(Texts{});
    if (isAdded) parents.push_back(groupId);
    else std::erase(parents, groupId);
    after.parentGroupIds = sortedOnce(std::move(parents));
    after.updatedAt = now;
    return groups.store(*member, std::move(after));
}

Refusal applyMemberGroups(Call& call, GroupRows& groups, Group& group)
{
    auto ids = call.fields.list("member_group_ids");
    if (call.fields.refusal()) return call.fields.refusal();
    if (!ids) return std::optional<Response>{};
    if (group.isExternal) return refused("member groups can't be set for external groups");
    const auto before = group.memberGroupIds.value_or(Texts{});
    group.memberGroupIds = sortedOnce(std::move(*ids));
    for (const auto& id : *group.memberGroupIds) {
        if (id == group.id) return refused("member group ID \"" + id + "\" is same as the ID of the group");
        auto member = groups.find(id);
        if (!member) return std::move(member).error();
        if (!*member) return refused("invalid member group ID \"" + id + "\"");
        auto isCycle = isAbove(groups, group.id, id);
        if (!isCycle) return std::move(isCycle).error();
        if (*isCycle) return refused("cyclic relationship detected for member group ID \"" + id + "\"");
    }
    for (const auto& id : before) {
        if (contains(*group.memberGroupIds, id)) continue;
        if (auto changed = changeParent(groups, id, group.id, false, call.now()); !changed) return std::move(changed).error();
    }
    for (const auto& id : *group.memberGroupIds) {
        if (contains(before, id)) continue;
        if (auto changed = changeParent(groups, id, group.id, true, call.now()); !changed) return std::move(changed).error();
    }
    return std::optional<Response>{};
}

Result<Response> write(Call& call)
{
    GroupRows groups{call.scope()};
    const auto id = partOrField(call, "id");
    const auto name = partOrField(call, "name");
    if (call.fields.refusal()) return *call.fields.refusal();
    std::optional<Group> before;
    if (!id.empty()) {
        auto found = groups.find(id);
        if (!found) return std::move(found).error();
        if (!*found) return Response::badRequest("invalid group ID");
        before = std::move(*found);
    }
    if (!name.empty()) {
        auto named = groups.findByName(name);
        if (!named) return std::move(named).error();
        if (before && *named && (*named)->id != before->id) return Response::badRequest("group name is already in use");
        if (!before) before = std::move(*named);
    }
    const bool isNew = !before;
    Group after = before.value_or(Group{});
    if (isNew) {
        after.id = call.context.random.uuid();
        after.createdAt = call.now();
    }
    after.name = !name.empty() ? name : isNew ? randomName("group_", call.context.random) : after.name;
    if (auto fault = nameFault("the name of a group", before ? before->name : std::string{}, after.name); !fault.empty()) {
        return Response::badRequest(std::move(fault));
    }
    if (auto refusal = applyFields(call, isNew, after)) return *refusal;
    auto refusal = applyMemberEntities(call, after);
    if (refusal && !*refusal) refusal = applyMemberGroups(call, groups, after);
    if (!refusal) return std::move(refusal).error();
    if (*refusal) return **refusal;
    after.updatedAt = call.now();
    if (auto stored = groups.store(before, after); !stored) return std::move(stored).error();
    if (!isNew) return Response{};
    return Response::ofData({{"id", after.id}, {"name", after.name}});
}

Result<std::optional<Group>> wanted(const Call& call, const GroupRows& groups)
{
    const auto name = call.part("name");
    return name.empty() ? groups.find(std::string{call.part("id")}) : groups.findByName(name);
}

Result<Response> read(Call& call)
{
    auto group = wanted(call, GroupRows{call.scope()});
    if (!group) return std::move(group).error();
    if (!*group) return Response{};
    return Response::ofData(describe(**group, mountsOf(call)));
}

Result<Response> erase(Call& call)
{
    GroupRows groups{call.scope()};
    auto group = wanted(call, groups);
    if (!group) return std::move(group).error();
    if (!*group) return Response{};
    if (auto erased = groups.erase(**group); !erased) return std::move(erased).error();
    return Response{};
}

template<bool isByName>
Result<Response> list(Call& call)
{
    const auto mounts = mountsOf(call);
    json::array keys;
    json::object info;
    auto visited = GroupRows{call.scope()}.forEach([&](const Group& group) {
        keys.emplace_back(isByName ? group.name : group.id);
        info[group.id] = groupInfo(group, mounts);
        return true;
    });
    if (!visited) return std::move(visited).error();
    return listAnswer(std::move(keys), std::move(info));
}

const FieldList kGroupFields{{"id", FieldType::Text, "The id of the group that is changed."},
                             {"name", FieldType::Text, "The name; a random one without it."},
                             {"type", FieldType::Text, "`internal`, or `external` if logins decide about the members.", "\"internal\""},
                             {"metadata", FieldType::TextMap, "Texts that templates of policies can use. Replaces all earlier ones."},
                             {"policies", FieldType::TextList, "Policies that count for all tokens of the members. Replaces all earlier ones."},
                             {"member_entity_ids", FieldType::TextList, "The entities in the group. Replaces all earlier ones."},
                             {"member_group_ids", FieldType::TextList, "The groups in the group. Replaces all earlier ones."}};

} // namespace

void addGroupRoutes(route::RouteTable& routes)
{
    routes.add({.verbs = Verb::Write,
                .pattern = "group",
                .handle = write,
                .fields = kGroupFields,
                .help = "Creates a group, or changes the one with this `id` or `name`."});
    addObjectPaths(routes, {.listPattern = "group/id",
                            .pattern = "group/id/:id",
                            .list = list<false>,
                            .write = write,
                            .read = read,
                            .erase = erase,
                            .fields = kGroupFields,
                            .help = "Reads, changes or deletes the group with this id.",
                            .listHelp = "Lists the ids of all groups."});
    addObjectPaths(routes, {.listPattern = "group/name",
                            .pattern = "group/name/*name",
                            .list = list<true>,
                            .write = write,
                            .read = read,
                            .erase = erase,
                            .fields = kGroupFields,
                            .help = "Reads, creates, changes or deletes the group with this name.",
                            .listHelp = "Lists the names of all groups."});
}

} // namespace core::identity
