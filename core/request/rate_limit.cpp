#include "core/request/rate_limit.h"

#include "core/mount/request.h"

namespace core::request {

quota::RateLimits::Asked askedOf(const mount::Request& request, const mount::MountRoute* route, std::string_view role)
{
    quota::RateLimits::Asked asked{.path = request.path, .mountPath = {}, .relativePath = {}, .role = role, .address = request.remoteAddress};
    if (!route) return asked;
    asked.mountPath = route->entry.path;
    if (asked.path.size() > asked.mountPath.size()) asked.relativePath = asked.path.substr(asked.mountPath.size());
    return asked;
}

mount::Response rateRefusal(const mount::Request& request, const quota::RateLimits::Verdict& verdict)
{
    auto response = mount::Response::error(429, "request path \"" + request.path + "\": rate limit quota exceeded");
    response.headers = verdict.headers;
    return response;
}

} // namespace core::request
