#include "core/sys/replication/wipe_guard_handlers.h"

#include "core/sys/replication/operation_guards.h"

#include <boost/json/array.hpp>

namespace core::sys {
namespace {

namespace json = boost::json;
using mount::Response;
using replication::Type;
using Shared = std::shared_ptr<const WipeGuardServices>;

Response failed(const Error& error)
{
    switch (error.code) {
    case ErrorCode::NotFound: return Response::error(404, error.detail);
    case ErrorCode::InvalidArgument:
    case ErrorCode::Corrupt:
    case ErrorCode::TooLarge: return Response::badRequest(error.detail);
    default: return Response::error(500, error.detail);
    }
}

/// A DR secondary needs a DR operation token in the body. Elsewhere the route needs sudo.
void add(RouteTable& routes, const Shared& services, Verb verbs, std::string pattern, Handler work, const char* help)
{
    routes.add({.verbs = verbs,
                .pattern = std::move(pattern),
                .handle = guarded(onEveryCluster(services->replication), std::move(work)),
                .needsSudo = true,
                .isOnDrSecondary = true,
                .isSlow = true,
                .help = help});
}

Result<Response> inventory(const WipeGuardServices& services)
{
    const auto found = services.inventory();
    if (!found) return found.error();
    json::object data = found->toJson();
    data["is_worth_keeping"] = found->isWorthKeeping();
    json::array secondaries;
    for (const Type type : {Type::Performance, Type::Dr}) {
        const auto role = services.replication.manager->roles().role(type);
        data[std::string{toString(type)} + "_mode"] = replication::toString(role->mode);
        for (const auto& secondary : role->secondaries) {
            secondaries.push_back(json::object{{"type", toString(type)}, {"id", secondary.id}, {"created_at", toRfc3339(secondary.createdAt)}});
        }
    }
    data["secondaries"] = std::move(secondaries);
    return Response::ofData(std::move(data));
}

Result<Response> list(const WipeGuardServices& services)
{
    auto all = services.safetySnapshots->list();
    if (!all) return failed(all.error());
    if (all->empty()) return Response::error(404, {});
    json::array keys;
    json::object info;
    for (auto& each : *all) {
        keys.push_back(each.at("name"));
        const std::string name{each.at("name").as_string()};
        info[name] = std::move(each);
    }
    return Response::ofData({{"keys", std::move(keys)}, {"key_info", std::move(info)}});
}

Result<Response> restore(const WipeGuardServices& services, Call& call)
{
    const auto name = call.fields.textOr("name", {});
    if (call.fields.refusal()) return *call.fields.refusal();
    if (name.empty()) return Response::badRequest("missing the name of the safety snapshot");
    if (auto restored = services.restore(name); !restored) return failed(restored.error());
    Response response;
    response.status = 200;
    response.warnings.emplace_back("The contents of the safety snapshot are in place, and this cluster follows no primary any more. Where "
                                   "they were sealed by other keys than the present ones, this cluster is sealed now: unseal it with the "
                                   "keys that it had when the snapshot was taken.");
    return response;
}

} // namespace

void addWipeGuardRoutes(RouteTable& routes, WipeGuardServices given)
{
    const auto services = std::make_shared<const WipeGuardServices>(std::move(given));
    const std::string folder = "replication/safety-snapshot";
    add(
        routes, services, Verb::Read | Verb::Write, "replication/inventory", [services](Call&) { return inventory(*services); },
        "Shows the contents of this cluster, which an activation as a secondary would wipe.");
    add(
        routes, services, Verb::Read | Verb::List | Verb::Write, folder, [services](Call&) { return list(*services); },
        "Lists the safety snapshots of this cluster.");
    add(
        routes, services, Verb::Write, folder + "/restore", [services](Call& call) { return restore(*services, call); },
        "Restores a safety snapshot and leaves every replication set.");
    add(
        routes, services, Verb::Write, folder + "/delete",
        [services](Call& call) -> Result<Response> {
            if (auto removed = services->safetySnapshots->remove(call.fields.textOr("name", {})); !removed) return failed(removed.error());
            return Response{};
        },
        "Deletes a safety snapshot.");
}

} // namespace core::sys
