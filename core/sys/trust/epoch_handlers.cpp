#include "core/sys/trust/epoch_handlers.h"

#include "core/replication/scope/forward_bounds.h"
#include "core/sys/replication/operation_guards.h"
#include "core/token/token_entry.h"

namespace core::sys {

namespace json = boost::json;

using mount::Response;
using replication::ReplicationManager;
using replication::Type;

namespace {

/// A policy can have come over a link. So it must not give the right to give rights.
bool isRoot(const Call& call)
{
    return call.request.token && call.request.token->isRoot();
}

/// True if the caller can have the signed statement. It names clusters and their addresses, which strangers do not need.
Result<bool> maySeeStatement(const ReplicationServices& services, Call& call)
{
    if (services.manager->isDrSecondary()) { // no token is checked there; the header can hold an operation token
        const auto& id = call.request.clientToken;
        return id.empty() ? Result<bool>{false} : mayOperate(services, call, id);
    }
    if (!call.request.token) return false;
    auto acl = services.policies->acl(call.scope(), call.request.token->policies);
    if (!acl) return std::move(acl).error();
    auto bound = replication::boundOfMaker(call.scope(), *services.policies, *call.request.token);
    if (!bound) return std::move(bound).error();
    const policy::AclRequest asked{.path = call.request.path, .operation = policy::Operation::Read, .data = &call.request.data, .wrappingTtl = {}};
    return (*acl)->allow(asked).isAllowed && (!*bound || (*bound)->allow(asked).isAllowed);
}

/// A stranger gets only what it needs to recognise the right one of two primaries.
Result<Response> epoch(const ReplicationServices& services, Type type, Call& call)
{
    auto answer = services.manager->epochs().statement(type);
    if (answer.isError || !answer.data) return answer;
    auto isKnown = maySeeStatement(services, call);
    if (!isKnown) return std::move(isKnown).error();
    if (*isKnown) return answer;
    return Response::ofData({{"epoch", answer.data->at("epoch")}, {"is_replaced", answer.data->at("is_replaced")}});
}

void addSuccessionRoutes(RouteTable& routes, ReplicationManager& manager, Type type)
{
    const std::string pattern = "replication/" + std::string{toString(type)} + "/primary/succession/:id";
    routes.add({.verbs = Verb::Read,
                .pattern = pattern,
                .handle = [&manager, type](Call& call) -> Result<Response> { return manager.seats().succession(type, std::string{call.part("id")}); },
                .help = "Shows whether the secondary has the right to succeed this primary without a switchover."});
    routes.add({.verbs = Verb::Write,
                .pattern = pattern,
                .handle = [&manager, type](Call& call) -> Result<Response> {
                    const bool may = call.fields.booleanOr("may_succeed", false);
                    if (call.fields.refusal()) return *call.fields.refusal();
                    if (!isRoot(call)) return Response::error(403, "who may succeed this primary is decided with a root token");
                    return manager.seats().setSuccession(type, std::string{call.part("id")}, may);
                },
                .needsSudo = true,
                .isSlow = true,
                .fields = FieldList{"may_succeed"},
                .help = "Grants or removes the right to succeed this primary."});
}

} // namespace

void addEpochRoutes(RouteTable& routes, ReplicationServices services)
{
    ReplicationManager& manager = *services.manager;
    for (const Type type : {Type::Performance, Type::Dr}) {
        const std::string pattern = "replication/" + std::string{toString(type)} + "/epoch";
        routes.add({.verbs = Verb::Read,
                    .pattern = pattern,
                    .handle = [services, type](Call& call) { return epoch(services, type, call); },
                    .openVerbs = Verb::Read,
                    .isOnDrSecondary = true,
                    .help = "The epoch of the replication set, and whether this cluster was replaced; with a token that may read the path "
                            "the signed statement of who leads."});
        routes.add({.verbs = Verb::Write,
                    .pattern = pattern,
                    .handle = guarded(onEveryCluster(services),
                                      [&manager, type](Call& call) -> Result<Response> {
                                          const auto statement = call.fields.textOr("statement", {});
                                          if (call.fields.refusal()) return *call.fields.refusal();
                                          return manager.epochs().show(type, statement, call.request.remoteAddress);
                                      }),
                    .needsSudo = true,
                    .isOnDrSecondary = true,
                    .isSlow = true,
                    .fields = FieldList{"statement", "dr_operation_token"},
                    .help = "Gives a statement to this cluster. A primary that was replaced stops writing."});
        addSuccessionRoutes(routes, manager, type);
    }
}

} // namespace core::sys
