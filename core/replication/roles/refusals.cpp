#include "core/replication/roles/refusals.h"

#include "core/base/logging.h"
#include "core/mount/retry.h"
#include "core/replication/roles/role_keeper.h"

namespace core::replication {

using mount::Response;

Response notPrimary(Type type)
{
    return Response::badRequest("this cluster is not a " + std::string{toString(type)} + " replication primary");
}

Response notSecondary(Type type)
{
    if (type == Type::Dr) return Response::badRequest("Not a DR secondary");
    return Response::badRequest("this cluster is not a performance replication secondary");
}

Response notRelay()
{
    return Response::badRequest("this cluster does not relay: it is not a performance secondary with secondaries of its own");
}

std::optional<Response> unsettled(const RoleKeeper& roles, Type type)
{
    for (const Type of : {type, Type::Dr}) {
        const auto role = roles.role(of);
        if (role->mode == Mode::Primary && role->handover) return mount::retryLater(settlingText(of, *role->handover));
    }
    return std::nullopt;
}

Response storageFailure(const Error& error)
{
    logging::error("replication", "role change failed", {{"error", core::toString(error)}});
    return Response::error(error.code == ErrorCode::Sealed ? 503 : 500, "storing the replication role: " + error.detail);
}

Response warningOnly(std::string text)
{
    Response response;
    response.status = 200;
    response.warnings.push_back(std::move(text));
    return response;
}

} // namespace core::replication
