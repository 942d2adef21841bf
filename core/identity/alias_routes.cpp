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

struct Wanted {
    std::string id;
    std::string name;
    std::string mountAccessor;
    std::string canonicalId;
    std::optional<TextMap> customMetadata; // empty: stays as it is
};

Response changedAnswer(const Alias& alias)
{
    return Response::ofData({{"id", alias.id}, {"canonical_id", alias.canonicalId}});
}

/// Fills `wanted`. Returns a refusal, or an empty optional.
std::optional<Response> readFields(Call& call, Wanted& wanted)
{
    wanted.id = partOrField(call, "id");
    wanted.name = call.fields.textOr("name", {});
    wanted.mountAccessor = call.fields.textOr("mount_accessor", {});
    wanted.canonicalId = call.fields.textOr("canonical_id", {});
    if (wanted.canonicalId.empty()) wanted.canonicalId = call.fields.textOr("entity_id", {});
    wanted.customMetadata = call.fields.map("custom_metadata");
    if (call.fields.refusal()) return call.fields.refusal();
    if (wanted.customMetadata) {
        if (auto fault = customMetadataFault(*wanted.customMetadata); !fault.empty()) return Response::badRequest(std::move(fault));
    }
    return std::nullopt;
}

Response invalidAccessor(std::string_view accessor)
{
    return Response::badRequest("invalid mount accessor \"" + std::string{accessor} + "\"");
}

Alias newAlias(Call& call, const Wanted& wanted, bool isLocal)
{
    Alias alias;
    alias.id = call.context.random.uuid();
    alias.mountAccessor = wanted.mountAccessor;
    alias.name = wanted.name;
    alias.customMetadata = wanted.customMetadata;
    alias.createdAt = alias.updatedAt = call.now();
    alias.isLocal = isLocal;
    return alias;
}

Result<Response> create(Call& call, EntityRows& rows, const Wanted& wanted, const mount::MountEntry& mount)
{
    if (auto fault = nameFault("the name of an alias", {}, wanted.name); !fault.empty()) return Response::badRequest(std::move(fault));
    std::optional<Entity> before;
    Entity after;
    if (wanted.canonicalId.empty()) {
        after.id = call.context.random.uuid();
        after.name = randomName("entity_", call.context.random);
        after.createdAt = call.now();
    } else {
        auto found = rows.find(wanted.canonicalId);
        if (!found) return std::move(found).error();
        if (!*found) return Response::badRequest("invalid canonical ID");
        if (aliasAt(**found, wanted.mountAccessor)) return Response::badRequest("Alias already exists for requested entity and mount accessor");
        before = std::move(*found);
        after = *before;
    }
    auto alias = newAlias(call, wanted, mount.isLocal);
    alias.canonicalId = after.id;
    after.aliases.push_back(alias);
    if (!alias.isLocal || !before) after.updatedAt = call.now(); // the entity's own row is the primary's
    if (auto stored = rows.store(before, after); !stored) return std::move(stored).error();
    return changedAnswer(alias);
}

/// Moves the alias from `from` to the entity with the wanted id.
Result<Response> move(Call& call, EntityRows& rows, const Entity& from, Alias alias, const std::string& toId)
{
    auto to = rows.find(toId);
    if (!to) return std::move(to).error();
    if (!*to) return Response::badRequest("given 'canonical_id' is not associated with an entity");
    if (alias.isLocal) return Response::badRequest("local aliases can't be moved between entities");
    if (aliasAt(**to, alias.mountAccessor)) {
        return Response::badRequest("Alias cannot be updated as the given entity already has an alias for this mount ");
    }
    auto left = from;
    std::erase_if(left.aliases, [&](const Alias& each) { return each.id == alias.id; });
    left.updatedAt = call.now();
    if (auto stored = rows.store(from, left); !stored) return std::move(stored).error();
    auto after = **to;
    alias.canonicalId = after.id;
    after.aliases.push_back(alias);
    after.updatedAt = call.now();
    if (auto stored = rows.store(*to, after); !stored) return std::move(stored).error();
    return changedAnswer(alias);
}

Result<Response> change(Call& call, EntityRows& rows, const Entity& entity, const Alias& before, const Wanted& wanted)
{
    Alias after = before;
    after.name = wanted.name.empty() ? before.name : wanted.name;
    after.mountAccessor = wanted.mountAccessor.empty() ? before.mountAccessor : wanted.mountAccessor;
    if (wanted.customMetadata) after.customMetadata = wanted.customMetadata;
    const bool isMoved = !wanted.canonicalId.empty() && wanted.canonicalId != entity.id;
    if (after == before && !isMoved) return Response{};
    if (auto fault = nameFault("the name of an alias", before.name, after.name); !fault.empty()) return Response::badRequest(std::move(fault));
    after.updatedAt = call.now();
    if (after.mountAccessor != before.mountAccessor || lowerCased(after.name) != lowerCased(before.name)) {
        const auto mounts = mountsOf(call);
        const auto* mount = mounts.find(after.mountAccessor);
        if (!mount || mount->isLocal != before.isLocal) return invalidAccessor(after.mountAccessor);
        auto other = rows.findByAlias(after.mountAccessor, after.name);
        if (!other) return std::move(other).error();
        if (*other) return Response::badRequest("alias with combination of mount accessor and name already exists");
        if (after.mountAccessor != before.mountAccessor && aliasAt(entity, after.mountAccessor)) {
            return Response::badRequest("Alias cannot be updated as the entity already has an alias for the given 'mount_accessor' ");
        }
    }
    if (isMoved) return move(call, rows, entity, std::move(after), wanted.canonicalId);
    auto changed = entity;
    std::ranges::replace_if(
        changed.aliases, [&](const Alias& each) { return each.id == after.id; }, after);
    if (!after.isLocal) changed.updatedAt = call.now();
    if (auto stored = rows.store(entity, changed); !stored) return std::move(stored).error();
    return changedAnswer(after);
}

Result<Response> write(Call& call)
{
    Wanted wanted;
    if (auto refused = readFields(call, wanted)) return *refused;
    EntityRows rows{call.scope()};
    if (!wanted.id.empty()) {
        auto entity = rows.findByAliasId(wanted.id);
        if (!entity) return std::move(entity).error();
        const auto* alias = *entity ? aliasWithId(**entity, wanted.id) : nullptr;
        if (!alias) return Response::badRequest("invalid alias ID provided");
        return change(call, rows, **entity, *alias, wanted);
    }
    if (wanted.name.empty() || wanted.mountAccessor.empty()) {
        return Response::badRequest("'id' or 'mount_accessor' and 'name' must be provided");
    }
    const auto mounts = mountsOf(call);
    const auto* mount = mounts.find(wanted.mountAccessor);
    if (!mount) return invalidAccessor(wanted.mountAccessor);
    if (!wanted.customMetadata) wanted.customMetadata.emplace(); // without an id the call says everything
    auto entity = rows.findByAlias(wanted.mountAccessor, wanted.name);
    if (!entity) return std::move(entity).error();
    if (const auto* alias = *entity ? aliasAt(**entity, wanted.mountAccessor) : nullptr) return change(call, rows, **entity, *alias, wanted);
    return create(call, rows, wanted, *mount);
}

Result<Response> read(Call& call)
{
    const std::string id{call.part("id")};
    auto entity = EntityRows{call.scope()}.findByAliasId(id);
    if (!entity) return std::move(entity).error();
    const auto* alias = *entity ? aliasWithId(**entity, id) : nullptr;
    if (!alias) return Response{};
    return Response::ofData(describeAlone(*alias, mountsOf(call)));
}

Result<Response> erase(Call& call)
{
    const std::string id{call.part("id")};
    EntityRows rows{call.scope()};
    auto entity = rows.findByAliasId(id);
    if (!entity) return std::move(entity).error();
    const auto* alias = *entity ? aliasWithId(**entity, id) : nullptr;
    if (!alias) return Response{};
    auto after = **entity;
    if (!alias->isLocal) after.updatedAt = call.now();
    std::erase_if(after.aliases, [&](const Alias& each) { return each.id == id; });
    if (auto stored = rows.store(*entity, after); !stored) return std::move(stored).error();
    return Response{};
}

Result<Response> list(Call& call)
{
    const auto mounts = mountsOf(call);
    json::array keys;
    json::object info;
    auto visited = EntityRows{call.scope()}.forEach([&](const Entity& entity) {
        for (const auto& alias : entity.aliases) {
            keys.emplace_back(alias.id);
            info[alias.id] = aliasInfo(alias, mounts);
        }
        return true;
    });
    if (!visited) return std::move(visited).error();
    return listAnswer(std::move(keys), std::move(info));
}

const FieldList kAliasFields{{"id", FieldType::Text, "The id of the alias that is changed."},
                             {"name", FieldType::Text, "The name at the auth mount: a user name, for example."},
                             {"mount_accessor", FieldType::Text, "The accessor of the auth mount, as `sys/auth` shows it."},
                             {"canonical_id", FieldType::Text, "The entity; a new one without it."},
                             {"entity_id", FieldType::Text, "The older name of `canonical_id`."},
                             {"custom_metadata", FieldType::TextMap, "Texts that templates of policies can use. Replaces all earlier ones."}};

} // namespace

void addEntityAliasRoutes(route::RouteTable& routes)
{
    routes.add({.verbs = Verb::Write,
                .pattern = "entity-alias",
                .handle = write,
                .fields = kAliasFields,
                .help = "Creates an alias, or changes the one with this `id`, or with this `name` at this `mount_accessor`."});
    addObjectPaths(routes, {.listPattern = "entity-alias/id",
                            .pattern = "entity-alias/id/:id",
                            .list = list,
                            .write = write,
                            .read = read,
                            .erase = erase,
                            .fields = kAliasFields,
                            .help = "Reads, changes or deletes the alias with this id. With `canonical_id` it moves to another entity.",
                            .listHelp = "Lists the ids of all aliases of entities."});
}

} // namespace core::identity
