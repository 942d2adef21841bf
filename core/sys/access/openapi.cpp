// sys/internal/specs/openapi: the paths of all mounts that the caller can see, in the form of OpenAPI.
#include "core/base/reported_version.h"
#include "core/route/openapi.h"
#include "core/sys/node/node_endpoints.h"
#include "core/sys/node/node_paths.h"
#include "core/sys/routes/handlers.h"

#include <algorithm>

namespace core::sys {
namespace {

namespace json = boost::json;
using mount::Response;

bool isBuiltIn(const mount::MountEntry& entry)
{
    for (const std::string_view type : {"system", "identity", "cubbyhole", "token"}) {
        if (entry.type == type) return true;
    }
    return false;
}

std::string tagOf(const mount::MountRoute& route)
{
    if (route.kind == mount::TableKind::Auth) return "auth";
    if (route.entry.type == "system") return "system";
    return route.entry.type == "identity" ? "identity" : "secrets";
}

/// "kv_v2_mount_path": generators of clients make one group of calls for each type.
std::string parameterOf(const mount::MountEntry& entry)
{
    auto type = entry.type;
    std::ranges::replace(type, '-', '_');
    if (type == "kv") {
        const auto version = entry.options.find("version");
        type += version != entry.options.end() && version->second == "2" ? "_v2" : "_v1";
    }
    return type + "_mount_path";
}

/// sys/ without what the node answers before it, and with that instead.
json::object systemPaths(const mount::MountRoute& route, const OpenFamily& isOpen)
{
    auto paths = route.backend->openApiPaths({});
    for (auto& [path, item] : route::openApiPaths(nodePaths())) {
        const auto family = NodeEndpoints::familyOf("sys" + std::string{path});
        if (family.empty() || isOpen(family)) paths[path] = std::move(item);
    }
    return paths;
}

Result<Response> document(Call& call, const identity::Rights& rights, const mount::Router& router, const OpenFamily& isOpen)
{
    const bool isGeneric = call.fields.booleanOr("generic_mount_paths", false);
    if (call.fields.refusal()) return *call.fields.refusal();
    auto acl = aclOfCaller(call, rights);
    if (!acl) return acl.error();
    route::OpenApiDocument made{kReportedVersion};
    for (const auto& route : router.routes()) {
        const auto& entry = route->entry;
        if (!isVisibleTo(acl->get(), entry) && entry.listingVisibility != "unauth") continue;
        auto paths = entry.type == "system" ? systemPaths(*route, isOpen) : route->backend->openApiPaths({});
        made.add({.path = entry.path, .tag = tagOf(*route), .parameter = isGeneric && !isBuiltIn(entry) ? parameterOf(entry) : std::string{}},
                 std::move(paths));
    }
    return Response::raw(200, std::move(made).finish());
}

} // namespace

void addOpenApiRoutes(RouteTable& routes, const identity::Rights& rights, const mount::Router& router, OpenFamily isOpen)
{
    const FieldList fields{{"generic_mount_paths", FieldType::Boolean, "The paths of mounts that can be anywhere begin with a parameter.", "false"}};
    routes.add({.verbs = Verb::Read | Verb::Write,
                .pattern = "internal/specs/openapi",
                .handle = [&rights, &router, isOpen = std::move(isOpen)](Call& call) { return document(call, rights, router, isOpen); },
                .openVerbs = Verb::Read | Verb::Write,
                .isOnDrSecondary = true,
                .isSlow = true, // it can have a megabyte
                .fields = fields,
                .isWithoutWarnings = true,
                .help = "Describes the paths of all mounts that the caller can see, as an OpenAPI document."});
}

} // namespace core::sys
