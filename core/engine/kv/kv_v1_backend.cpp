#include "core/engine/kv/kv_v1_backend.h"

#include "core/base/duration.h"
#include "core/engine/kv/json_text.h"
#include "core/mount/fields.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace core::engine {
namespace {

using mount::Request;
using mount::Response;
using route::Call;
using route::RouteTable;
using route::Verb;

/// The informational lease of a value: its member "ttl", else "lease", where that is a duration. A member "ttl" counts also when
/// it is empty (no time) or no duration (the mount's default), even if there is a "lease".
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

barrier::View valuesOf(const Call& call)
{
    return call.context.storage.subView(KvV1Backend::kValuesFolder);
}

Result<Response> read(Call& call)
{
    auto value = valuesOf(call).get(call.request.relativePath);
    if (!value) return value.error();
    if (!*value) return Response{};
    Response response;
    response.lease = mount::SecretLease{.id = {}, .duration = leaseOf(**value, call.context.defaultLeaseTtl), .isRenewable = false};
    response.wholeDataText = std::move(**value);
    return response;
}

Result<Response> write(Call& call)
{
    const auto& request = call.request;
    if (request.relativePath.empty()) return Response::badRequest("missing path");
    if (request.relativePath.ends_with('/')) return Response::badRequest("cannot write to a path ending in '/'");
    if (request.data.empty()) return Response::badRequest("missing data fields");
    if (auto stored = valuesOf(call).put(request.relativePath, objectTextOf(request)); !stored) return stored.error();
    return Response{};
}

Result<Response> erase(Call& call)
{
    if (call.request.relativePath.empty()) return Response{}; // the folder itself has no value
    if (auto erased = valuesOf(call).erase(call.request.relativePath); !erased) return erased.error();
    return Response{};
}

Result<Response> list(Call& call)
{
    auto folder = call.request.relativePath;
    if (!folder.empty() && !folder.ends_with('/')) folder.push_back('/');
    auto keys = valuesOf(call).list(folder);
    if (!keys) return keys.error();
    return mount::keysAnswer(*keys);
}

Result<bool> exists(Call& call)
{
    return valuesOf(call).exists(call.request.relativePath);
}

const RouteTable& routes()
{
    static const RouteTable table = [] {
        RouteTable made;
        for (const char* pattern : {"/", "*path"}) {
            made.add({.verbs = Verb::Read, .pattern = pattern, .handle = read, .fields = route::kNoFields, .help = "Reads a value."});
            made.add({.verbs = Verb::Write, .pattern = pattern, .handle = write, .exists = exists, .help = "Replaces the whole value."});
            made.add({.verbs = Verb::Delete, .pattern = pattern, .handle = erase, .help = "Deletes a value."});
            made.add({.verbs = Verb::List, .pattern = pattern, .handle = list, .help = "Lists the names below a folder."});
        }
        return made;
    }();
    return table;
}

} // namespace

std::string objectTextOf(const Request& request)
{
    if (isJsonObjectText(request.body)) return std::string{trimJsonText(request.body)};
    return boost::json::serialize(request.data);
}

KvV1Backend::KvV1Backend()
    : RoutedBackend{routes(), "Stores secrets by path, one value each.\n\n"
                              "A value is any JSON object. Writing replaces the whole value; listing gives the names below a folder.\n"
                              "A member \"ttl\" or \"lease\" of the value is shown as the lease duration, for information only.\n"}
{}

} // namespace core::engine
