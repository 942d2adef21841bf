#include "core/sys/sys_backend.h"

#include "core/mount/ignored_fields.h"

namespace core::sys {

Result<mount::Response> SysBackend::handle(const mount::Request& request, mount::Context& context)
{
    CORE_ASSERT(context.system != nullptr);
    auto match = m_routes.find(request.operation, request.relativePath);
    if (!match.route) return match.isPathKnown ? mount::unsupportedOperation() : mount::unsupportedPath();
    if (!request.replicationCluster.empty() && !match.route->isForwardable) {
        return Error{ErrorCode::PermissionDenied, "not for another cluster to ask for"};
    }
    std::vector<std::string_view> captured;
    for (const auto& [name, part] : match.captured) captured.push_back(name);
    Call call{request, context, *context.system, mount::Fields{request.data}, match.captured};
    auto response = match.route->handle(call);
    if (!response) return response;
    if (!response->isError && call.fields.refusal()) return *call.fields.refusal();
    if (match.route->isInjected) response->isInjected = true;
    const bool isWrite = request.operation == policy::Operation::Create || request.operation == policy::Operation::Update;
    if (match.route->fields && (isWrite || response->hasContent())) {
        mount::warnOfFields(*response, request.data, *match.route->fields, captured);
    }
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
