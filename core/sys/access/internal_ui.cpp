#include "core/sys/routes/handlers.h"

namespace core::sys {

Result<std::shared_ptr<const policy::Acl>> aclOfCaller(const Call& call, const identity::Rights& rights)
{
    if (!call.request.token) return std::shared_ptr<const policy::Acl>{};
    auto held = rights.of(call.scope(), *call.request.token);
    if (!held) return held.error();
    return held->isRefused ? std::shared_ptr<const policy::Acl>{} : std::move(held->acl);
}

bool isVisibleTo(const policy::Acl* acl, const mount::MountEntry& entry)
{
    return acl && (acl->isRoot() || acl->hasAccessBelow(entry.path));
}

namespace {

namespace json = boost::json;
using mount::Response;
using mount::TableKind;
using identity::Rights;

Result<Response> mounts(const Call& call, const Rights& rights, const mount::Router& router)
{
    auto acl = aclOfCaller(call, rights);
    if (!acl) return acl.error();
    json::object secrets;
    json::object auths;
    for (const auto& route : router.routes()) {
        const auto& entry = route->entry;
        json::object info;
        if (isVisibleTo(acl->get(), entry)) {
            info = mountAnswer(entry);
        } else if (entry.listingVisibility == "unauth") {
            const auto whole = mountAnswer(entry);
            for (const std::string_view name : {"description", "options", "type"}) info[name] = whole.at(name);
        } else {
            continue;
        }
        if (route->kind == TableKind::Auth) auths.emplace(entry.path.substr(5), std::move(info));
        else secrets.emplace(entry.path, std::move(info));
    }
    return Response::ofData({{"auth", std::move(auths)}, {"secret", std::move(secrets)}});
}

/// Clients use this to find the mount of a path, and its version.
Result<Response> mountOf(const Call& call, const Rights& rights, const mount::Router& router)
{
    auto acl = aclOfCaller(call, rights);
    if (!acl) return acl.error();
    const auto path = call.part("path");
    const auto route = router.find(path);
    if (!route || !isVisibleTo(acl->get(), route->entry)) {
        return Response::error(403, "preflight capability check returned 403, please ensure client's policies grant access to path \"" +
                                        mount::normalMountPath(path) + "\"");
    }
    auto data = mountAnswer(route->entry);
    data["path"] = route->entry.path;
    return Response::ofData(std::move(data));
}

Result<Response> resultantAcl(const Call& call, const Rights& rights)
{
    auto acl = aclOfCaller(call, rights);
    if (!acl) return acl.error();
    Response response;
    if (!*acl) {
        response.status = 204;
        return response;
    }
    json::object exact;
    json::object globs;
    for (const auto& rule : (*acl)->rules()) {
        std::string_view path = rule.path;
        if (rule.isGlob && path.ends_with('*')) path.remove_suffix(1);
        (rule.isGlob ? globs : exact)[path] = json::object{{"capabilities", textArray(policy::capabilityNames(rule.capabilities))}};
    }
    return Response::ofData({{"exact_paths", std::move(exact)}, {"glob_paths", std::move(globs)}, {"root", (*acl)->isRoot()}});
}

} // namespace

void addInternalUiRoutes(RouteTable& routes, const Rights& rights, const mount::Router& router)
{
    routes.add({.verbs = Verb::Read,
                .pattern = "internal/ui/mounts",
                .handle = [&](Call& call) { return mounts(call, rights, router); },
                .openVerbs = Verb::Read,
                .fields = kNoFields,
                .help = "Lists the mounts that the caller can see."});
    routes.add({.verbs = Verb::Read,
                .pattern = "internal/ui/mounts/*path",
                .handle = [&](Call& call) { return mountOf(call, rights, router); },
                .openVerbs = Verb::Read,
                .fields = kNoFields,
                .help = "Shows the mount that a path belongs to."});
    routes.add({.verbs = Verb::Read,
                .pattern = "internal/ui/resultant-acl",
                .handle = [&](Call& call) { return resultantAcl(call, rights); },
                .openVerbs = Verb::Read,
                .fields = kNoFields,
                .help = "Shows what all policies of the calling token together allow."});
    routes.add({.verbs = Verb::Read,
                .pattern = "internal/ui/feature-flags",
                .handle = [](Call&) -> Result<Response> {
                    return Response::raw(200, {{"feature_flags", json::array{}}});
                },
                .openVerbs = Verb::Read,
                .isOnDrSecondary = true,
                .help = "Lists the feature flags of the user interface: there are none."});
    routes.add({.verbs = Verb::Read,
                .pattern = "internal/ui/namespaces",
                .handle = [](Call&) -> Result<Response> {
                    return Response::ofData({{"keys", json::array{}}});
                },
                .openVerbs = Verb::Read,
                .fields = kNoFields,
                .help = "Lists the namespaces below: there are none."});
}

} // namespace core::sys
