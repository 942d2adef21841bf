#include "core/sys/replication_epoch_handlers.h"

namespace core::sys {

using mount::Response;
using replication::Type;

void addEpochRoutes(RouteTable& routes, replication::ReplicationManager& manager)
{
    for (const Type type : {Type::Performance, Type::Dr}) {
        const std::string pattern = "replication/" + std::string{toString(type)} + "/epoch";
        routes.add({.verbs = Verb::Read,
                    .pattern = pattern,
                    .handle = [&manager, type](Call&) -> Result<Response> { return manager.epochStatement(type); },
                    .isUnauthenticated = true,
                    .isOnDrSecondary = true,
                    .help = "The signed statement of who leads the replication set."});
        routes.add({.verbs = Verb::Write,
                    .pattern = pattern,
                    .handle = [&manager, type](Call& call) -> Result<Response> {
                        const auto statement = call.fields.textOr("statement", {});
                        if (call.fields.refusal()) return *call.fields.refusal();
                        return manager.showStatement(type, statement);
                    },
                    .isUnauthenticated = true,
                    .isOnDrSecondary = true,
                    .isSlow = true,
                    .fields = std::vector<std::string_view>{"statement"},
                    .help = "Shows this cluster a statement; a primary that has been replaced stops writing."});
    }
}

} // namespace core::sys
