#include "core/identity/answers.h"
#include "core/identity/routes.h"

namespace core::identity {
namespace {

namespace json = boost::json;
using mount::Response;
using route::Call;
using route::FieldList;
using route::FieldType;
using route::Verb;

struct Wanted {
    std::string name;
    std::string mountAccessor;
    std::string canonicalId;
};

std::string inQuotes(std::string_view text)
{
    return "\"" + std::string{text} + "\"";
}

/// Checks name and mount of a new or changed alias, which no other group must have. Returns a refusal, or an empty optional.
Result<std::optional<Response>> refusalOf(const Call& call, const GroupRows& groups, const Wanted& wanted, std::string_view ownId)
{
    const auto refused = [](std::string text) { return std::optional{Response::badRequest(std::move(text))}; };
    if (wanted.name.empty()) return refused("missing alias name");
    if (wanted.mountAccessor.empty()) return refused("missing mount_accessor");
    const auto mounts = mountsOf(call);
    const auto* mount = mounts.find(wanted.mountAccessor);
    if (!mount) return refused("invalid mount accessor " + inQuotes(wanted.mountAccessor));
    if (mount->isLocal) return refused("mount accessor " + inQuotes(wanted.mountAccessor) + " is a local mount");
    auto other = groups.findByAlias(wanted.mountAccessor, wanted.name);
    if (!other) return std::move(other).error();
    if (*other && (*other)->alias->id != ownId) return refused("combination of mount and group alias name is already in use");
    return std::optional<Response>{};
}

Response changedAnswer(const Alias& alias)
{
    return Response::ofData({{"id", alias.id}, {"canonical_id", alias.canonicalId}});
}

/// The group that gets the alias: a stored one, or a new external one. Returns a refusal in the second part.
Result<std::optional<Group>> targetOf(const GroupRows& groups, const std::string& id, std::optional<Response>& refused)
{
    auto group = groups.find(id);
    if (!group) return group;
    if (!*group) refused = Response::badRequest("invalid group ID given in 'canonical_id'");
    else if (!(*group)->isExternal) refused = Response::badRequest("alias can't be set on an internal group");
    return group;
}

Result<Response> create(Call& call, GroupRows& groups, const Wanted& wanted)
{
    if (auto fault = nameFault("the name of an alias", {}, wanted.name); !fault.empty()) return Response::badRequest(std::move(fault));
    std::optional<Group> before;
    Group after;
    if (wanted.canonicalId.empty()) {
        after.id = call.context.random.uuid();
        after.name = randomName("group_", call.context.random);
        after.isExternal = true;
        after.createdAt = call.now();
    } else {
        std::optional<Response> refused;
        auto found = targetOf(groups, wanted.canonicalId, refused);
        if (!found) return std::move(found).error();
        if (refused) return *refused;
        before = std::move(*found);
        after = *before;
    }
    Alias alias;
    alias.id = call.context.random.uuid();
    alias.canonicalId = after.id;
    alias.mountAccessor = wanted.mountAccessor;
    alias.name = wanted.name;
    alias.createdAt = alias.updatedAt = call.now();
    after.alias = alias; // replaces an earlier one
    after.updatedAt = call.now();
    if (auto stored = groups.store(before, std::move(after)); !stored) return std::move(stored).error();
    return changedAnswer(alias);
}

Result<Response> change(Call& call, GroupRows& groups, const Group& group, const Wanted& wanted)
{
    auto alias = *group.alias;
    const bool isMoved = !wanted.canonicalId.empty() && wanted.canonicalId != group.id;
    if (!isMoved && alias.name == wanted.name && alias.mountAccessor == wanted.mountAccessor) return Response{};
    if (auto fault = nameFault("the name of an alias", alias.name, wanted.name); !fault.empty()) return Response::badRequest(std::move(fault));
    alias.name = wanted.name;
    alias.mountAccessor = wanted.mountAccessor;
    alias.updatedAt = call.now();
    std::optional<Group> before = group;
    if (isMoved) {
        std::optional<Response> refused;
        auto target = targetOf(groups, wanted.canonicalId, refused);
        if (!target) return std::move(target).error();
        if (refused) return *refused;
        auto left = group;
        left.alias.reset();
        left.updatedAt = call.now();
        if (auto stored = groups.store(group, std::move(left)); !stored) return std::move(stored).error();
        before = std::move(*target);
    }
    auto after = *before;
    alias.canonicalId = after.id;
    after.alias = alias;
    after.updatedAt = call.now();
    if (auto stored = groups.store(before, std::move(after)); !stored) return std::move(stored).error();
    return changedAnswer(alias);
}

Result<Response> write(Call& call)
{
    const auto id = partOrField(call, "id");
    Wanted wanted{call.fields.textOr("name", {}), call.fields.textOr("mount_accessor", {}), call.fields.textOr("canonical_id", {})};
    if (call.fields.refusal()) return *call.fields.refusal();
    GroupRows groups{call.scope()};
    std::optional<Group> owner;
    if (!id.empty()) {
        auto found = groups.findByAliasId(id);
        if (!found) return std::move(found).error();
        if (!*found) return Response::badRequest("invalid group alias ID");
        owner = std::move(*found);
        if (wanted.name.empty()) wanted.name = owner->alias->name;
        if (wanted.mountAccessor.empty()) wanted.mountAccessor = owner->alias->mountAccessor;
    }
    auto refused = refusalOf(call, groups, wanted, owner ? owner->alias->id : std::string{});
    if (!refused) return std::move(refused).error();
    if (*refused) return **refused;
    return owner ? change(call, groups, *owner, wanted) : create(call, groups, wanted);
}

Result<Response> read(Call& call)
{
    auto group = GroupRows{call.scope()}.findByAliasId(std::string{call.part("id")});
    if (!group) return std::move(group).error();
    if (!*group) return Response{};
    return Response::ofData(describeAlone(*(*group)->alias, mountsOf(call)));
}

Result<Response> erase(Call& call)
{
    GroupRows groups{call.scope()};
    auto group = groups.findByAliasId(std::string{call.part("id")});
    if (!group) return std::move(group).error();
    if (!*group) return Response{};
    auto after = **group;
    after.alias.reset();
    after.updatedAt = call.now();
    if (auto stored = groups.store(*group, std::move(after)); !stored) return std::move(stored).error();
    return Response{};
}

Result<Response> list(Call& call)
{
    const auto mounts = mountsOf(call);
    json::array keys;
    json::object info;
    auto visited = GroupRows{call.scope()}.forEach([&](const Group& group) {
        if (!group.alias) return true;
        keys.emplace_back(group.alias->id);
        info[group.alias->id] = aliasInfo(*group.alias, mounts);
        return true;
    });
    if (!visited) return std::move(visited).error();
    return listAnswer(std::move(keys), std::move(info));
}

const FieldList kAliasFields{{"id", FieldType::Text, "The id of the alias that is changed."},
                             {"name", FieldType::Text, "The name of the group at the auth mount."},
                             {"mount_accessor", FieldType::Text, "The accessor of the auth mount, as `sys/auth` shows it."},
                             {"canonical_id", FieldType::Text, "The external group; a new one without it."}};

} // namespace

void addGroupAliasRoutes(route::RouteTable& routes)
{
    routes.add({.verbs = Verb::Write,
                .pattern = "group-alias",
                .handle = write,
                .fields = kAliasFields,
                .help = "Creates the alias of an external group, or changes the one with this `id`. A group has one alias at most."});
    addObjectPaths(routes, {.listPattern = "group-alias/id",
                            .pattern = "group-alias/id/:id",
                            .list = list,
                            .write = write,
                            .read = read,
                            .erase = erase,
                            .fields = kAliasFields,
                            .help = "Reads, changes or deletes the alias with this id. With `canonical_id` it moves to another group.",
                            .listHelp = "Lists the ids of all aliases of groups."});
}

} // namespace core::identity
