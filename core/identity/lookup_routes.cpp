#include "core/identity/answers.h"
#include "core/identity/routes.h"

#include <algorithm>

namespace core::identity {
namespace {

using mount::Response;
using route::Call;
using route::FieldList;
using route::FieldType;
using route::Verb;

struct Query {
    std::string id;
    std::string name;
    std::string aliasId;
    std::string aliasName;
    std::string aliasMountAccessor;
};

/// Fills the query. Returns a refusal unless the request has exactly one way to find something.
std::optional<Response> readQuery(Call& call, Query& query)
{
    query = {.id = call.fields.textOr("id", {}),
             .name = call.fields.textOr("name", {}),
             .aliasId = call.fields.textOr("alias_id", {}),
             .aliasName = call.fields.textOr("alias_name", {}),
             .aliasMountAccessor = call.fields.textOr("alias_mount_accessor", {})};
    if (call.fields.refusal()) return call.fields.refusal();
    const bool hasAlias = !query.aliasName.empty() || !query.aliasMountAccessor.empty();
    const int count = int{!query.id.empty()} + int{!query.name.empty()} + int{!query.aliasId.empty()} + int{hasAlias};
    if (count == 0) return Response::badRequest("query parameter not supplied");
    if (count > 1) return Response::badRequest("query parameter conflict; please supply distinct set of query parameters");
    if (hasAlias && (query.aliasName.empty() || query.aliasMountAccessor.empty())) {
        return Response::badRequest("both 'alias_name' and 'alias_mount_accessor' needs to be set");
    }
    return std::nullopt;
}

template<class Rows>
auto findBy(const Rows& rows, const Query& query)
{
    if (!query.id.empty()) return rows.find(query.id);
    if (!query.name.empty()) return rows.findByName(query.name);
    if (!query.aliasId.empty()) return rows.findByAliasId(query.aliasId);
    return rows.findByAlias(query.aliasMountAccessor, query.aliasName);
}

Result<Response> lookupEntity(Call& call)
{
    Query query;
    if (auto refused = readQuery(call, query)) return *refused;
    auto entity = findBy(EntityRows{call.scope()}, query);
    if (!entity) return std::move(entity).error();
    if (!*entity) return Response{};
    auto data = describe(**entity, GroupRows{call.scope()}, mountsOf(call));
    if (!data) return std::move(data).error();
    return Response::ofData(std::move(*data));
}

Result<Response> lookupGroup(Call& call)
{
    Query query;
    if (auto refused = readQuery(call, query)) return *refused;
    auto group = findBy(GroupRows{call.scope()}, query);
    if (!group) return std::move(group).error();
    if (!*group) return Response{};
    return Response::ofData(describe(**group, mountsOf(call)));
}

} // namespace

void addLookupRoutes(route::RouteTable& routes)
{
    const FieldList fields{{"id", FieldType::Text, "The id."},
                           {"name", FieldType::Text, "The name."},
                           {"alias_id", FieldType::Text, "The id of an alias."},
                           {"alias_name", FieldType::Text, "The name of an alias, with `alias_mount_accessor`."},
                           {"alias_mount_accessor", FieldType::Text, "The accessor of the alias's auth mount."}};
    routes.add({.verbs = Verb::Write, .pattern = "lookup/entity", .handle = lookupEntity, .fields = fields, .help = "Finds an entity."});
    routes.add({.verbs = Verb::Write, .pattern = "lookup/group", .handle = lookupGroup, .fields = fields, .help = "Finds a group."});
}

} // namespace core::identity
