#include "core/sys/replication_epoch_handlers.h"

#include "core/token/token_entry.h"

namespace core::sys {

using mount::Response;
using replication::ReplicationManager;
using replication::Type;

namespace {

/// A policy may have come over a link, so it gives nobody the right to give rights.
bool isRoot(const Call& call)
{
    return call.request.token && call.request.token->isRoot();
}

void addSuccessionRoutes(RouteTable& routes, ReplicationManager& manager, Type type)
{
    const std::string pattern = "replication/" + std::string{toString(type)} + "/primary/succession/:id";
    routes.add({.verbs = Verb::Read,
                .pattern = pattern,
                .handle = [&manager, type](Call& call) -> Result<Response> { return manager.succession(type, std::string{call.part("id")}); },
                .help = "Whether the secondary may take this primary's place though nobody hands the role over to it."});
    routes.add({.verbs = Verb::Write,
                .pattern = pattern,
                .handle = [&manager, type](Call& call) -> Result<Response> {
                    const bool may = call.fields.booleanOr("may_succeed", false);
                    if (call.fields.refusal()) return *call.fields.refusal();
                    if (!isRoot(call)) return Response::error(403, "who may succeed this primary is decided with a root token");
                    return manager.setSuccession(type, std::string{call.part("id")}, may);
                },
                .needsSudo = true,
                .isSlow = true,
                .fields = std::vector<std::string_view>{"may_succeed"},
                .help = "Gives or takes the right to succeed this primary."});
}

} // namespace

void addEpochRoutes(RouteTable& routes, ReplicationServices services)
{
    ReplicationManager& manager = *services.manager;
    for (const Type type : {Type::Performance, Type::Dr}) {
        const std::string pattern = "replication/" + std::string{toString(type)} + "/epoch";
        routes.add({.verbs = Verb::Read,
                    .pattern = pattern,
                    .handle = [&manager, type](Call&) -> Result<Response> { return manager.epochStatement(type); },
                    .isOnDrSecondary = true,
                    .help = "The signed statement of who leads the replication set."});
        routes.add({.verbs = Verb::Write,
                    .pattern = pattern,
                    .handle = [services, &manager, type](Call& call) -> Result<Response> {
                        if (manager.isDrSecondary()) {
                            auto refusal = drRefusal(services, call);
                            if (!refusal) return std::move(refusal).error();
                            if (*refusal) return std::move(**refusal);
                        }
                        const auto statement = call.fields.textOr("statement", {});
                        if (call.fields.refusal()) return *call.fields.refusal();
                        return manager.showStatement(type, statement, call.request.remoteAddress);
                    },
                    .needsSudo = true,
                    .isOnDrSecondary = true,
                    .isSlow = true,
                    .fields = std::vector<std::string_view>{"statement", "dr_operation_token"},
                    .help = "Shows this cluster a statement; a primary that has been replaced stops writing."});
        addSuccessionRoutes(routes, manager, type);
    }
}

} // namespace core::sys
