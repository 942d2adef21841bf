#include "core/sys/replication/forwarding_handlers.h"

#include "core/mount/fields.h"
#include "core/policy/policy.h"
#include "core/replication/scope/forward_bounds.h"
#include "core/sys/routes/handlers.h"

#include <algorithm>

namespace core::sys {
namespace {

using mount::Response;
using replication::ForwardBounds;
using replication::RoleKeeper;
using replication::Type;

/// The refusal if this cluster cannot set bounds.
std::optional<Response> refusalOf(const RoleKeeper& roles)
{
    if (roles.isPerformanceSecondary() || roles.mode(Type::Performance) != replication::Mode::Primary) {
        return Response::badRequest("this cluster is not a performance replication primary");
    }
    return std::nullopt;
}

Result<Response> setBound(Call& call)
{
    auto policies = call.fields.list("policies");
    if (call.fields.refusal()) return *call.fields.refusal();
    if (!policies || policies->empty()) return Response::badRequest("missing policies; to forward without a bound, delete it");
    if (std::ranges::find(*policies, policy::kRootPolicyName) != policies->end()) {
        return Response::badRequest("the policy \"root\" is no bound; to forward without one, delete it");
    }
    if (auto stored = ForwardBounds{call.scope()}.put(call.part("id"), *policies); !stored) return std::move(stored).error();
    return Response{};
}

Result<Response> readBound(Call& call)
{
    auto policies = ForwardBounds{call.scope()}.find(call.part("id"));
    if (!policies) return std::move(policies).error();
    if (!*policies) return Response{};
    return Response::ofData({{"policies", textArray(**policies)}});
}

Result<Response> eraseBound(Call& call)
{
    if (auto erased = ForwardBounds{call.scope()}.erase(call.part("id")); !erased) return std::move(erased).error();
    return Response{};
}

Result<Response> listBounds(Call& call)
{
    auto ids = ForwardBounds{call.scope()}.ids();
    if (!ids) return std::move(ids).error();
    return mount::keysAnswer(*ids);
}

} // namespace

void addForwardingRoutes(RouteTable& routes, const RoleKeeper& roles)
{
    const std::string folder = "replication/performance/primary/forwarding";
    const auto onPrimary = [&roles](Result<Response> (*handle)(Call&)) {
        return [&roles, handle](Call& call) -> Result<Response> {
            if (auto refused = refusalOf(roles)) return std::move(*refused);
            return handle(call);
        };
    };
    routes.add(
        {.verbs = Verb::Write,
         .pattern = folder + "/:id",
         .handle = onPrimary(setBound),
         .needsSudo = true, // a bound holds against operators of the secondary, too
         .fields = FieldList{"policies"},
         .help = "Sets, shows or deletes the `policies` that must allow a secondary's forwarded requests, in addition to those of its clients."});
    routes.add({.verbs = Verb::Read, .pattern = folder + "/:id", .handle = onPrimary(readBound)});
    routes.add({.verbs = Verb::Delete, .pattern = folder + "/:id", .handle = onPrimary(eraseBound)});
    routes.add(
        {.verbs = Verb::List, .pattern = folder, .handle = onPrimary(listBounds), .help = "Lists the secondaries whose forwarding is bounded."});
}

} // namespace core::sys
