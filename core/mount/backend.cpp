#include "core/mount/backend.h"

#include "core/mount/plain_json.h"

#include <algorithm>

namespace core::mount {

Result<std::optional<bool>> Backend::exists(const Request&, Context&)
{
    return std::optional<bool>{};
}

std::string Backend::help(std::string_view) const
{
    return {};
}

boost::json::object Backend::openApiPaths(std::string_view) const
{
    return {};
}

std::vector<std::string> allPolicies(std::vector<std::string> own, const std::vector<std::string>& added)
{
    if (added.empty()) return own;
    own.insert(own.end(), added.begin(), added.end());
    std::ranges::sort(own);
    own.erase(std::unique(own.begin(), own.end()), own.end());
    return own;
}

Response Response::raw(int status, const boost::json::object& body)
{
    Response response;
    response.status = status;
    response.isRaw = true;
    response.rawBody = serializePlain(body) + "\n";
    return response;
}

} // namespace core::mount
