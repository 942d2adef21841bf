#include "core/mount/backend.h"

#include "core/mount/plain_json.h"

namespace core::mount {

Result<std::optional<bool>> Backend::exists(const Request&, Context&)
{
    return std::optional<bool>{};
}

std::string Backend::help(std::string_view) const
{
    return {};
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
