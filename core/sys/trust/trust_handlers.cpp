#include "core/sys/trust/trust_handlers.h"

#include "core/sys/replication/operation_guards.h"
#include "core/sys/trust/quorum_routes.h"
#include "core/token/token_entry.h"

namespace core::sys {

using mount::Response;
using replication::ReplicationManager;
using replication::Type;

void addTrustRoutes(RouteTable& routes, ReplicationServices services, const ShareQuorum::Services& quorum)
{
    ReplicationManager& manager = *services.manager;
    for (const Type type : {Type::Performance, Type::Dr}) {
        const std::string pattern = "replication/" + std::string{toString(type)} + "/trust";
        routes.add({.verbs = Verb::Read | Verb::Write,
                    .pattern = pattern,
                    .handle = guarded(onEveryCluster(services), [&manager, type](Call&) { return manager.trust().describe(type); }),
                    .isOnDrSecondary = true,
                    .fields = FieldList{"dr_operation_token"},
                    .help = "Shows the members of the replication set from its trust log, the leader, and contested entries."});
        routes.add(
            {.verbs = Verb::Write,
             .pattern = pattern + "/choose",
             .handle = guarded(onEveryCluster(services),
                               [&manager, type](Call& call) -> Result<Response> {
                                   const auto hash = call.fields.textOr("hash", {});
                                   if (call.fields.refusal()) return *call.fields.refusal();
                                   const bool isRoot = call.request.token && call.request.token->isRoot(); // a policy can have come over a link
                                   if (!manager.isDrSecondary() && !isRoot) {
                                       return Response::error(
                                           403, "a contest of the trust log is ended with a root token, or with key shares (choose/attempt)");
                                   }
                                   return manager.trust().choose(type, hash);
                               }),
             .needsSudo = true,
             .isOnDrSecondary = true,
             .isSlow = true,
             .fields = FieldList{"hash", "dr_operation_token"},
             .help = "Ends a contest for this cluster: the entry with this hash becomes the last one of its trust log; with the hash of the last "
                     "one this cluster stays with it."});
        addQuorumRoutes(routes,
                        {.folder = pattern + "/choose/",
                         .logText = "ending a contest by key shares",
                         .logType = std::string{toString(type)},
                         .subject = "hash",
                         .refusal = [&manager, type](const std::string& hash) { return manager.trust().choiceRefusal(type, hash); },
                         .decide = [&manager, type](const std::string& hash) { return manager.trust().choose(type, hash); },
                         .helpBegin = "Begins to collect key shares; afterwards the entry with this hash becomes the last one of the trust log here.",
                         .helpUpdate = "Gives one key share; with the last one the contest ends."},
                        quorum);
    }
}

} // namespace core::sys
