#include "core/sys/trust/refusal_handlers.h"

#include "core/sys/trust/quorum_routes.h"

namespace core::sys {

using replication::RoleOperations;
using replication::Type;

void addRefusalRoutes(RouteTable& routes, RoleOperations& operations, const ShareQuorum::Services& services)
{
    for (const Type type : {Type::Performance, Type::Dr}) {
        const std::string name{toString(type)};
        addQuorumRoutes(routes,
                        {.folder = "replication/" + name + "/primary/refuse-successor/",
                         .logText = "refusing a successor",
                         .logType = name,
                         .refusal = [&operations, type](const std::string&) { return operations.refuseSuccessorRefusal(type); },
                         .decide = [&operations, type](const std::string&) { return operations.refuseSuccessor(type); },
                         .helpBegin = "Begins to collect key shares; afterwards this primary goes on and the successor is refused.",
                         .helpUpdate = "Gives one key share; with the last one the successor is refused."},
                        services);
        addQuorumRoutes(
            routes,
            {.folder = "replication/" + name + "/primary/resume/",
             .logText = "resuming a primary whose storage is older than what members hold",
             .logType = name,
             .refusal = [&operations, type](const std::string&) { return operations.resumeRefusal(type); },
             .decide = [&operations, type](const std::string&) { return operations.resumePrimary(type); },
             .helpBegin = "Begins to collect key shares; afterwards this primary goes on with its storage, and what only members have is lost.",
             .helpUpdate = "Gives one key share; with the last one this primary takes writes again."},
            services);
    }
}

} // namespace core::sys
