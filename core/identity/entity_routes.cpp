#include "core/identity/answers.h"
#include "core/identity/entity_changes.h"
#include "core/identity/metadata_rules.h"
#include "core/identity/routes.h"

namespace core::identity {
namespace {

namespace json = boost::json;
using mount::Response;
using route::Call;
using route::FieldList;
using route::FieldType;
using route::Verb;

/// Reads the fields of a write into `entity`. Returns a refusal, or an empty optional.
std::optional<Response> applyFields(Call& call, Entity& entity)
{
    auto metadata = call.fields.map("metadata");
    if (call.fields.refusal()) return Response::badRequest("failed to parse metadata: " + call.fields.refusal()->errors.front());
    auto policies = call.fields.list("policies");
    const auto isDisabled = call.fields.boolean("disabled");
    if (call.fields.refusal()) return call.fields.refusal();
    if (policies && hasRootPolicy(*policies)) return Response::badRequest("policies cannot contain root");
    if (metadata) {
        if (auto fault = metadataFault(*metadata); !fault.empty()) return Response::badRequest(std::move(fault));
        entity.metadata = std::move(*metadata);
    }
    if (policies) entity.policies = sortedOnce(std::move(*policies));
    if (isDisabled) entity.isDisabled = *isDisabled;
    return std::nullopt;
}

Result<Response> write(Call& call)
{
    EntityRows rows{call.scope()};
    const auto id = partOrField(call, "id");
    const auto name = partOrField(call, "name");
    if (call.fields.refusal()) return *call.fields.refusal();

    std::optional<Entity> before;
    if (!id.empty()) {
        auto found = rows.find(id);
        if (!found) return std::move(found).error();
        if (!*found) return Response::badRequest("entity not found from id");
        before = std::move(*found);
    }
    if (!name.empty()) {
        auto named = rows.findByName(name);
        if (!named) return std::move(named).error();
        if (before && *named && (*named)->id != before->id) return Response::badRequest("entity name is already in use");
        if (!before) before = std::move(*named);
    }
    const bool isNew = !before;
    Entity after = before.value_or(Entity{});
    if (isNew) {
        after.id = call.context.random.uuid();
        after.createdAt = call.now();
    }
    after.name = !name.empty() ? name : isNew ? randomName("entity_", call.context.random) : after.name;
    if (auto fault = nameFault("the name of an entity", before ? before->name : std::string{}, after.name); !fault.empty()) {
        return Response::badRequest(std::move(fault));
    }
    if (auto refused = applyFields(call, after)) return *refused;
    after.updatedAt = call.now();
    if (auto stored = rows.store(before, after); !stored) return std::move(stored).error();
    if (!isNew) return Response{};
    return Response::ofData({{"id", after.id}, {"name", after.name}, {"aliases", nullptr}});
}

Result<std::optional<Entity>> wanted(const Call& call, const EntityRows& rows)
{
    const auto name = call.part("name");
    return name.empty() ? rows.find(std::string{call.part("id")}) : rows.findByName(name);
}

Result<Response> read(Call& call)
{
    auto entity = wanted(call, EntityRows{call.scope()});
    if (!entity) return std::move(entity).error();
    if (!*entity) return Response{};
    auto data = describe(**entity, GroupRows{call.scope()}, mountsOf(call));
    if (!data) return std::move(data).error();
    return Response::ofData(std::move(*data));
}

Result<Response> erase(Call& call)
{
    auto entity = wanted(call, EntityRows{call.scope()});
    if (!entity) return std::move(entity).error();
    if (!*entity) return Response{};
    if (auto erased = eraseEntity(call.scope(), **entity, call.now()); !erased) return std::move(erased).error();
    return Response{};
}

template<bool isByName>
Result<Response> list(Call& call)
{
    const auto mounts = mountsOf(call);
    json::array keys;
    json::object info;
    auto visited = EntityRows{call.scope()}.forEach([&](const Entity& entity) {
        keys.emplace_back(isByName ? entity.name : entity.id);
        info[entity.id] = entityInfo(entity, mounts);
        return true;
    });
    if (!visited) return std::move(visited).error();
    return listAnswer(std::move(keys), std::move(info));
}

Result<Response> batchDelete(Call& call)
{
    const auto ids = call.fields.list("entity_ids");
    if (call.fields.refusal()) return *call.fields.refusal();
    if (!ids || ids->empty()) return Response::badRequest("missing entity ids to delete");
    EntityRows rows{call.scope()};
    for (const auto& id : *ids) {
        auto entity = rows.find(id);
        if (!entity) return std::move(entity).error();
        if (!*entity) continue;
        if (auto erased = eraseEntity(call.scope(), **entity, call.now()); !erased) return std::move(erased).error();
    }
    return Response{};
}

const FieldList kEntityFields{{"id", FieldType::Text, "The id of the entity that is changed."},
                              {"name", FieldType::Text, "The name; a random one without it."},
                              {"metadata", FieldType::TextMap, "Texts that templates of policies can use. Replaces all earlier ones."},
                              {"policies", FieldType::TextList, "Policies that count for all tokens of the entity. Replaces all earlier ones."},
                              {"disabled", FieldType::Boolean, "The tokens of the entity are refused, and its logins too.", "false"}};

} // namespace

void addEntityRoutes(route::RouteTable& routes)
{
    routes.add({.verbs = Verb::Write,
                .pattern = "entity",
                .handle = write,
                .fields = kEntityFields,
                .help = "Creates an entity, or changes the one with this `id` or `name`."});
    routes.add({.verbs = Verb::Write,
                .pattern = "entity/batch-delete",
                .handle = batchDelete,
                .fields = FieldList{{"entity_ids", FieldType::TextList, "The ids of the entities."}},
                .help = "Deletes several entities. Unknown ids are skipped."});
    addObjectPaths(routes, {.listPattern = "entity/id",
                            .pattern = "entity/id/:id",
                            .list = list<false>,
                            .write = write,
                            .read = read,
                            .erase = erase,
                            .fields = kEntityFields,
                            .help = "Reads, changes or deletes the entity with this id.",
                            .listHelp = "Lists the ids of all entities."});
    addObjectPaths(routes, {.listPattern = "entity/name",
                            .pattern = "entity/name/*name",
                            .list = list<true>,
                            .write = write,
                            .read = read,
                            .erase = erase,
                            .fields = kEntityFields,
                            .help = "Reads, creates, changes or deletes the entity with this name.",
                            .listHelp = "Lists the names of all entities."});
}

} // namespace core::identity
