#include "core/identity/identity_backend.h"

#include "core/base/ascii.h"
#include "core/base/encoding.h"
#include "core/base/name.h"
#include "core/identity/routes.h"
#include "core/identity/tokens/key_changes.h"
#include "core/identity/tokens/routes.h"

#include <algorithm>

namespace core::identity {
namespace {

const route::RouteTable& routes()
{
    static const route::RouteTable table = [] {
        route::RouteTable made{"identity/"};
        addEntityRoutes(made);
        addMergeRoutes(made);
        addEntityAliasRoutes(made);
        addGroupRoutes(made);
        addGroupAliasRoutes(made);
        addLookupRoutes(made);
        addTokenKeyRoutes(made);
        addTokenRoleRoutes(made);
        addTokenRoutes(made);
        addDiscoveryRoutes(made);
        return made;
    }();
    return table;
}

} // namespace

IdentityBackend::IdentityBackend(const mount::Router& router, std::string apiAddress)
    : RoutedBackend{routes(), "Knows persons and programs across auth methods.\n\n"
                              "An entity is one person or program. Its aliases are its names at the auth mounts. Groups contain entities and\n"
                              "other groups. The policies of an entity and of its groups count for all its tokens.\n"}
    , m_router{router}
    , m_apiAddress{std::move(apiAddress)}
{}

Result<bool> IdentityBackend::maintain(mount::Context& context)
{
    if (!context.system || !context.system->access().shared) return false;
    TokenRows rows{*context.system};
    return maintainKeys(rows, context.random, context.clock.now());
}

void addObjectPaths(route::RouteTable& routes, const ObjectPaths& paths)
{
    using route::Verb;
    routes.add({.verbs = Verb::List, .pattern = paths.listPattern, .handle = paths.list, .fields = route::kNoFields, .help = paths.listHelp});
    routes.add({.verbs = Verb::Write, .pattern = paths.pattern, .handle = paths.write, .fields = paths.fields, .help = paths.help});
    routes.add({.verbs = Verb::Read, .pattern = paths.pattern, .handle = paths.read, .fields = route::kNoFields});
    routes.add({.verbs = Verb::Delete, .pattern = paths.pattern, .handle = paths.erase});
}

MountNames mountsOf(const route::Call& call)
{
    return MountNames{static_cast<const IdentityBackend*>(call.backend)->router()};
}

std::string partOrField(route::Call& call, std::string_view name)
{
    const auto part = call.part(name);
    return part.empty() ? call.fields.textOr(name, {}) : std::string{part};
}

bool hasRootPolicy(const std::vector<std::string>& policies)
{
    return std::ranges::any_of(policies, [](const std::string& name) { return lowerCased(name) == "root"; });
}

std::string nameFault(std::string_view what, std::string_view before, std::string_view after)
{
    return before == after ? std::string{} : nameRefusal(what, after);
}

std::string randomName(std::string_view prefix, Random& random)
{
    return std::string{prefix} + toHex(random.bytes(4));
}

mount::Response listAnswer(boost::json::array keys, boost::json::object keyInfo)
{
    if (keys.empty()) return {};
    return mount::Response::ofData({{"keys", std::move(keys)}, {"key_info", std::move(keyInfo)}});
}

} // namespace core::identity
