#include "core/route/routed_backend.h"

#include "core/mount/ignored_fields.h"
#include "core/route/openapi.h"

#include <algorithm>

namespace core::route {

void warnOfFields(mount::Response& response, const mount::Request& request, const FieldList& fields, const Captures& captured)
{
    const auto isKnown = [&](const auto& member) { return std::ranges::find(fields, std::string_view{member.key()}, &Field::name) != fields.end(); };
    bool hasPart = false;
    for (std::size_t index = 0; index < captured.count(); ++index) hasPart = hasPart || request.data.contains(captured.nameAt(index));
    if (!hasPart && std::ranges::all_of(request.data, isKnown)) return; // nearly every request: nothing is collected
    std::vector<std::string_view> known;
    for (const auto& field : fields) known.push_back(field.name);
    std::vector<std::string_view> parts;
    for (std::size_t index = 0; index < captured.count(); ++index) parts.push_back(captured.nameAt(index));
    mount::warnOfFields(response, request.data, known, parts);
}

RoutedBackend::RoutedBackend(const RouteTable& routes, std::string help)
    : m_routes{routes}
    , m_help{std::move(help)}
    , m_hasExists{routes.hasRoute([](const Route& route) { return bool{route.exists}; })}
    , m_hasSlow{routes.hasRoute([](const Route& route) { return route.isSlow; })}
    , m_hasHashes{routes.hasRoute([](const Route& route) { return route.hashesPassword; })}
    , m_hasLogins{routes.hasRoute([](const Route& route) { return bool{route.loginAlias}; })}
    , m_hasLoginRoles{routes.hasRoute([](const Route& route) { return bool{route.loginRole}; })}
{}

Result<mount::Response> RoutedBackend::handle(const mount::Request& request, mount::Context& context)
{
    const auto match = m_routes.find(request.operation, request.relativePath);
    if (!match.route) return match.isPathKnown ? mount::unsupportedOperation() : unknownPath(request);
    Call call{request, context, mount::Fields{request.data}, match.captured, this};
    auto response = match.route->handle(call);
    if (!response) return response;
    if (!response->isError && call.fields.refusal()) return *call.fields.refusal();
    if (match.route->isInjected) response->isInjected = true;
    // An answer with a status of its own is sent as it is.
    const bool isPlain = response->status == 0 && (response->hasContent() || !response->warnings.empty());
    if (match.fields && isPlain) warnOfFields(*response, request, *match.fields, match.captured);
    return response;
}

Result<std::optional<bool>> RoutedBackend::exists(const mount::Request& request, mount::Context& context)
{
    if (!m_hasExists) return std::optional<bool>{};
    const auto match = m_routes.find(request.operation, request.relativePath);
    if (!match.route || !match.route->exists) return std::optional<bool>{};
    Call call{request, context, mount::Fields{request.data}, match.captured, this};
    auto isThere = match.route->exists(call);
    if (!isThere) return isThere.error();
    return std::optional<bool>{*isThere};
}

bool RoutedBackend::isOnDrSecondary(policy::Operation operation, std::string_view path) const
{
    return m_routes.isOnDrSecondary(operation, path);
}

bool RoutedBackend::isSlow(const mount::Request& request) const
{
    if (!m_hasSlow) return false;
    const auto match = m_routes.find(request.operation, request.relativePath);
    return match.route && match.route->isSlow;
}

bool RoutedBackend::hashesPassword(const mount::Request& request) const
{
    if (!m_hasHashes) return false;
    const auto match = m_routes.find(request.operation, request.relativePath);
    return match.route && match.route->hashesPassword;
}

std::string RoutedBackend::loginAlias(const mount::Request& request) const
{
    if (!m_hasLogins) return {};
    const auto match = m_routes.find(request.operation, request.relativePath);
    return match.route && match.route->loginAlias ? match.route->loginAlias(request, match.captured) : std::string{};
}

Result<std::string> RoutedBackend::loginRole(const mount::Request& request, mount::Context& context)
{
    if (!m_hasLoginRoles) return std::string{};
    const auto match = m_routes.find(request.operation, request.relativePath);
    if (!match.route || !match.route->loginRole) return std::string{};
    Call call{request, context, mount::Fields{request.data}, match.captured, this};
    return match.route->loginRole(call);
}

mount::Response RoutedBackend::unknownPath(const mount::Request&) const
{
    return mount::unsupportedPath();
}

std::string RoutedBackend::help(std::string_view relativePath) const
{
    const auto text = m_routes.help(relativePath);
    if (relativePath.empty()) return m_help + "\n" + text;
    return text.empty() ? m_help : text;
}

boost::json::object RoutedBackend::openApiPaths(std::string_view relativePath) const
{
    return route::openApiPaths(m_routes, relativePath);
}

} // namespace core::route
