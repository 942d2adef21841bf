#include "core/sys/replication/guarded_handlers.h"

#include <algorithm>

namespace core::sys {
namespace {

using mount::Response;

/// A name in `enable_unauthenticated_access`, and the paths that it opens.
struct Family {
    const char* name;
    std::vector<const char*> patterns;
};

const Family kFamilies[] = {
    {"generate-root", {"generate-root/attempt", "generate-root/update"}},
    {"rekey", {"rekey/init", "rekey/update", "rekey/verify", "rekey-recovery-key/init", "rekey-recovery-key/update", "rekey-recovery-key/verify"}},
    {"generate-operation-token",
     {"replication/dr/secondary/generate-operation-token/attempt", "replication/dr/secondary/generate-operation-token/update"}}};

/// On a DR secondary the call needs a DR operation token, because no other token exists there. On other clusters the pipeline has checked the token,
/// and the handler answers that this is no DR secondary.
Result<Response> onDrSecondary(const GuardedServices& services, Call& call)
{
    if (!services.replication.manager->isDrSecondary()) return services.answer(call.request);
    const auto given = call.fields.textOr("dr_operation_token", {});
    auto isAllowed = mayOperate(services.replication, call, given.empty() ? call.request.clientToken : given);
    if (!isAllowed) return std::move(isAllowed).error();
    return *isAllowed ? services.answer(call.request) : Response::error(403, "permission denied");
}

} // namespace

void addGuardedRoutes(RouteTable& routes, GuardedServices given)
{
    const auto services = std::make_shared<const GuardedServices>(std::move(given));
    for (const auto& family : kFamilies) {
        const bool isDr = std::string_view{family.name} == "generate-operation-token";
        for (const auto* pattern : family.patterns) {
            routes.add({.verbs = Verb::Read | Verb::Write | Verb::Delete,
                        .pattern = pattern,
                        .handle = [services, isDr](Call& call) -> Result<Response> {
                            if (isDr) return onDrSecondary(*services, call);
                            if (call.request.operation != policy::Operation::Read && services->needsSudo() && !call.request.hasSudo) {
                                return Response::error(403, "permission denied");
                            }
                            return services->answer(call.request);
                        },
                        .isOnDrSecondary = isDr,
                        .isSlow = true});
        }
    }
}

} // namespace core::sys
