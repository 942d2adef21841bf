#include "core/sys/sys_backend.h"

#include "core/base/logging.h"
#include "core/route/routed_backend.h"
#include "core/sys/node/key_shares.h"
#include "core/token/token_entry.h"

#include <algorithm>

namespace core::sys {
namespace {

/// Calls that change rights or the role of this cluster. They are logged with the remote address on every role, because a DR secondary
/// checks no tokens and can have no audit device.
bool isNoted(const mount::Request& request)
{
    if (request.operation == policy::Operation::Read || request.operation == policy::Operation::List) return false;
    const std::string_view path = request.relativePath;
    for (const std::string_view exact : {"seal", "step-down", "rotate", "rotate/keyring"}) {
        if (path == exact) return true;
    }
    if (!path.starts_with("replication/")) return false;
    for (const std::string_view asking : {"/preview", "preflight", "/readiness", "/survey", "/inventory", "/operation-token/status"}) {
        if (path.ends_with(asking)) return false;
    }
    return true;
}

void note(const mount::Request& request, const Result<mount::Response>& answer)
{
    const bool isDone = answer && !answer->isError;
    const std::string why = !answer ? answer.error().detail : answer->errors.empty() ? std::string{} : answer->errors.front();
    logging::write(isDone ? logging::Level::Info : logging::Level::Warn, "sys", isDone ? "operation" : "an operation was refused",
                   {{"path", request.path},
                    {"remote_address", remoteOf(request)},
                    {"by", request.token ? request.token->displayName : std::string{"no token of this cluster"}},
                    {"why", why}});
}

} // namespace

Result<mount::Response> SysBackend::handle(const mount::Request& request, mount::Context& context)
{
    CORE_ASSERT(context.system != nullptr);
    auto match = m_routes.find(request.operation, request.relativePath);
    if (!match.route) return match.isPathKnown ? mount::unsupportedOperation() : mount::unsupportedPath();
    if (!request.replicationCluster.empty() && !match.route->isForwardable) {
        return Error{ErrorCode::PermissionDenied, "not for another cluster to ask for"};
    }
    Call call{request, context, mount::Fields{request.data}, match.captured};
    auto response = match.route->handle(call);
    if (isNoted(request) && (response || (response.error().code != ErrorCode::Conflict && response.error().code != ErrorCode::ReadOnly))) {
        note(request, response); // the other two run again, here or at the primary
    }
    if (!response) return response;
    if (!response->isError && call.fields.refusal()) return *call.fields.refusal();
    if (match.route->isInjected) response->isInjected = true;
    const bool isWrite = request.operation == policy::Operation::Create || request.operation == policy::Operation::Update;
    if (match.fields && (isWrite || response->hasContent())) route::warnOfFields(*response, request, *match.fields, match.captured);
    return response;
}

bool SysBackend::isSlow(const mount::Request& request) const
{
    const auto match = m_routes.find(request.operation, request.relativePath);
    return match.route && match.route->isSlow;
}

std::string SysBackend::help(std::string_view relativePath) const
{
    auto text = m_routes.help(relativePath);
    return text.empty() ? "The system API: mounts, auth methods, policies, audit devices, leases, wrapping, replication.\n" : text;
}

} // namespace core::sys
