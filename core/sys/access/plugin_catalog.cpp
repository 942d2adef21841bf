// sys/plugins/catalog, as clients read it (spec: quotas-namespaces-misc.md §10): the engines and auth methods of this program. Nothing can be added.
#include "core/mount/backend_registry.h"
#include "core/sys/routes/handlers.h"

#include <algorithm>
#include <array>

namespace core::sys {
namespace {

namespace json = boost::json;
using mount::Response;
using mount::TableKind;

constexpr const char* kVersion = "v" HOLDFAST_VERSION "+builtin.holdfast";
constexpr std::array<std::string_view, 3> kTypes = {"auth", "database", "secret"};

bool isType(std::string_view type)
{
    return std::ranges::find(kTypes, type) != kTypes.end();
}

/// Sorted. There is no database plugin.
std::vector<std::string> namesOf(const mount::BackendRegistry& registry, std::string_view type)
{
    if (type == "auth") return registry.mountableTypes(TableKind::Auth);
    if (type == "secret") return registry.mountableTypes(TableKind::Secrets);
    return {};
}

Response catalog(const mount::BackendRegistry& registry)
{
    json::object data;
    json::array detailed;
    for (const auto type : kTypes) {
        const auto names = namesOf(registry, type);
        data[type] = textArray(names);
        for (const auto& name : names) {
            detailed.push_back(
                json::object{{"builtin", true}, {"deprecation_status", "supported"}, {"name", name}, {"type", type}, {"version", kVersion}});
        }
    }
    data["detailed"] = std::move(detailed);
    return Response::ofData(std::move(data));
}

Response plugin(const mount::BackendRegistry& registry, const Call& call)
{
    const auto names = namesOf(registry, call.part("type"));
    const std::string name{call.part("name")};
    const bool isKnown = isType(call.part("type")) && std::ranges::find(names, name) != names.end();
    if (!isKnown) return Response::error(404, {});
    return Response::ofData({{"args", nullptr},
                             {"builtin", true},
                             {"command", ""},
                             {"deprecation_status", "supported"},
                             {"name", name},
                             {"sha256", ""},
                             {"version", kVersion}});
}

} // namespace

void addPluginCatalogRoutes(RouteTable& routes, const mount::BackendRegistry& registry)
{
    routes.add({.verbs = Verb::Read,
                .pattern = "plugins/catalog",
                .handle = [&registry](Call&) -> Result<Response> { return catalog(registry); },
                .fields = kNoFields,
                .help = "Lists the auth methods and secrets engines of this program."});
    routes.add({.verbs = Verb::List,
                .pattern = "plugins/catalog/:type",
                .handle = [&registry](Call& call) -> Result<Response> {
                    return isType(call.part("type")) ? mount::keysAnswer(namesOf(registry, call.part("type"))) : mount::unsupportedPath();
                },
                .needsSudo = true,
                .help = "Lists the plugins of one type: auth, database or secret."});
    routes.add({.verbs = Verb::Read,
                .pattern = "plugins/catalog/:type/:name",
                .handle = [&registry](Call& call) -> Result<Response> { return plugin(registry, call); },
                .needsSudo = true,
                .fields = FieldList{"version"},
                .help = "Shows one plugin."});
    routes.add({.verbs = Verb::Write,
                .pattern = "plugins/catalog/:type/:name",
                .handle = [](Call&) -> Result<Response> { return Response::badRequest("could not set plugin, plugin directory is not configured"); },
                .needsSudo = true,
                .help = "Refused, because this program runs no other plugins."});
}

} // namespace core::sys
