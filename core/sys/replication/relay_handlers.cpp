#include "core/sys/replication/relay_handlers.h"

#include "core/sys/replication/handlers.h"

#include "core/sys/replication/filters_handlers.h"

namespace core::sys {
namespace {

using mount::Response;
using replication::SecondarySeats;
using replication::Type;

constexpr std::chrono::minutes kTokenTtl{30};
constexpr const char* kFolder = "replication/performance/secondary/relay";

} // namespace

void addReplicationRelayRoutes(RouteTable& routes, const RelayServices& services)
{
    const std::string folder = kFolder;
    const auto add = [&](const char* name, FieldList fields, auto work, const char* help, bool needsSudo = false) {
        routes.add({.verbs = Verb::Write,
                    .pattern = folder + "/" + name,
                    .handle = [work](Call& call) -> Result<Response> {
                        auto response = work(call);
                        return call.fields.refusal() ? *call.fields.refusal() : std::move(response);
                    },
                    .needsSudo = needsSudo,
                    .isSlow = true,
                    .fields = std::move(fields),
                    .help = help});
    };
    add(
        "enable", {"cluster_addr"},
        [services](Call& call) {
            const auto address = call.fields.textOr("cluster_addr", {});
            if (call.fields.refusal()) return Response{};
            if (auto refusal = clusterAddressRefusal("cluster_addr", address)) return *refusal;
            return services.relay.enable(address);
        },
        "Makes this performance secondary a relay with secondaries of its own: `cluster_addr`.");
    add(
        "disable", {}, [services](Call&) { return services.relay.disable(); }, "Ends the relay. The secondaries below can no longer connect.");
    add(
        "secondary-token", {"id", "ttl", "secondary_public_key"},
        [services](Call& call) {
            const auto id = call.fields.textOr("id", {});
            const auto ttl = call.fields.duration("ttl").value_or(kTokenTtl);
            const auto publicKey = call.fields.textOr("secondary_public_key", {});
            if (call.fields.refusal()) return Response{};
            if (ttl <= std::chrono::nanoseconds{0}) return Response::badRequest("ttl must be positive");
            return services.seats.secondaryToken(Type::Performance, id, ttl, call.request.id, publicKey, SecondarySeats::Side::Relay);
        },
        "Makes an activation token for a secondary below this one: `id`, `ttl`, `secondary_public_key`.", true);
    add(
        "revoke-secondary", {"id"},
        [services](Call& call) {
            const auto id = call.fields.textOr("id", {});
            if (call.fields.refusal()) return Response{};
            return services.seats.revokeSecondary(Type::Performance, id, SecondarySeats::Side::Relay);
        },
        "Permanently revokes a secondary below this one: `id`.");
    routes.add({.verbs = Verb::Read,
                .pattern = folder + "/status",
                .handle = [services](Call&) -> Result<Response> { return Response::ofData(services.reports.relay()); },
                .help = "Shows the secondaries below this relay, and the chain of clusters above it."});
    addPathsFilterRoutes(routes, services.roles, services.relay, folder, FilterOwner::Relay);
}

} // namespace core::sys
