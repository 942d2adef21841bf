#include "core/engine/kv/kv_v1_backend.h"

#include "core/base/duration.h"
#include "core/engine/kv/json_text.h"
#include "core/mount/fields.h"
#include "core/mount/ignored_fields.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace core::engine {
namespace {

using mount::Context;
using mount::Request;
using mount::Response;
using policy::Operation;

/// The informational lease of a value: its member "ttl", else "lease", where that is a duration. A member "ttl" counts also when
/// it is empty (no time) or no duration (the mount's default), whatever "lease" says.
std::chrono::seconds leaseOf(std::string_view value, std::chrono::seconds fallback)
{
    for (const std::string_view name : {"ttl", "lease"}) {
        if (value.find(name) == std::string_view::npos) continue;
        const auto member = jsonMemberText(value, name);
        if (!member || !*member) continue;
        boost::json::error_code failed;
        const auto parsed = boost::json::parse(boost::json::string_view{(*member)->data(), (*member)->size()}, failed);
        if (failed) return fallback;
        if (parsed.is_null()) return std::chrono::seconds{0};
        const boost::json::object fields{{"ttl", parsed}};
        const auto duration = mount::Fields{fields}.duration("ttl");
        return duration ? std::chrono::duration_cast<std::chrono::seconds>(*duration) : fallback;
    }
    return fallback;
}

Result<Response> read(barrier::View values, const Request& request, const Context& context)
{
    auto value = values.get(request.relativePath);
    if (!value) return value.error();
    if (!*value) return Response{};
    Response response;
    response.lease = mount::SecretLease{.id = {}, .duration = leaseOf(**value, context.defaultLeaseTtl), .isRenewable = false};
    response.wholeDataText = std::move(**value);
    mount::warnOfFields(response, request.data, std::initializer_list<std::string_view>{}, {"path"});
    return response;
}

Result<Response> write(barrier::View values, const Request& request)
{
    if (request.relativePath.empty()) return Response::badRequest("missing path");
    if (request.relativePath.ends_with('/')) return Response::badRequest("cannot write to a path ending in '/'");
    if (request.data.empty()) return Response::badRequest("missing data fields");
    if (auto stored = values.put(request.relativePath, objectTextOf(request)); !stored) return stored.error();
    return Response{};
}

} // namespace

std::string objectTextOf(const Request& request)
{
    if (isJsonObjectText(request.body)) return std::string{trimJsonText(request.body)};
    return boost::json::serialize(request.data);
}

Result<Response> KvV1Backend::handle(const Request& request, Context& context)
{
    auto values = context.storage.subView(kValuesFolder);
    switch (request.operation) {
    case Operation::Read:
        return read(values, request, context);
    case Operation::Create:
    case Operation::Update:
        return write(values, request);
    case Operation::Delete:
        if (request.relativePath.empty()) return Response{}; // the folder itself is no value
        if (auto erased = values.erase(request.relativePath); !erased) return erased.error();
        return Response{};
    case Operation::List: {
        auto folder = request.relativePath;
        if (!folder.empty() && !folder.ends_with('/')) folder.push_back('/');
        auto keys = values.list(folder);
        if (!keys) return keys.error();
        return mount::keysAnswer(*keys);
    }
    default:
        return mount::unsupportedOperation();
    }
}

Result<std::optional<bool>> KvV1Backend::exists(const Request& request, Context& context)
{
    auto found = context.storage.subView(kValuesFolder).exists(request.relativePath);
    if (!found) return found.error();
    return std::optional<bool>{*found};
}

std::string KvV1Backend::help(std::string_view) const
{
    return "Stores secrets by path, one value each.\n\n"
           "A value is any JSON object. Writing replaces the whole value; listing gives the names below a folder.\n"
           "A member \"ttl\" or \"lease\" of the value is shown as the lease duration, for information only.\n";
}

} // namespace core::engine
