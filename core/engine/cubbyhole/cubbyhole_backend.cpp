#include "core/engine/cubbyhole/cubbyhole_backend.h"

#include "core/engine/kv/kv_v1_backend.h"
#include "core/mount/fields.h"

namespace core::engine {
namespace {

using mount::Response;
using policy::Operation;

barrier::View folderOf(const barrier::Scope& scope, const token::TokenEntry& token)
{
    return scope.local("sys/cubbyhole/" + token.cubbyholeId + "/");
}

bool hasCubbyhole(const mount::Request& request)
{
    return request.token && request.token->type == token::TokenType::Service && !request.token->cubbyholeId.empty();
}

} // namespace

Result<Response> CubbyholeBackend::handle(const mount::Request& request, mount::Context& context)
{
    if (!hasCubbyhole(request)) return Response::badRequest("cubbyhole operations are only supported by service tokens");
    CORE_ASSERT(context.system != nullptr);
    auto folder = folderOf(*context.system, *request.token);
    const auto& path = request.relativePath;
    switch (request.operation) {
    case Operation::Read: {
        auto value = folder.get(path);
        if (!value) return value.error();
        Response response;
        if (*value) response.wholeDataText = std::move(**value);
        return response;
    }
    case Operation::Create:
    case Operation::Update:
        if (path.empty()) return Response::badRequest("missing path");
        if (path.ends_with('/')) return Response::badRequest("cannot write to a path ending in '/'");
        if (request.data.empty()) return Response::badRequest("missing data fields");
        if (auto stored = folder.put(path, objectTextOf(request)); !stored) return stored.error();
        return Response{};
    case Operation::Delete:
        if (path.empty()) return mount::unsupportedOperation();
        if (auto erased = folder.erase(path); !erased) return erased.error();
        return Response{};
    case Operation::List: {
        auto below = path;
        if (!below.empty() && !below.ends_with('/')) below.push_back('/');
        auto keys = folder.list(below);
        if (!keys) return keys.error();
        return mount::keysAnswer(*keys);
    }
    default: return mount::unsupportedOperation();
    }
}

Result<std::optional<bool>> CubbyholeBackend::exists(const mount::Request& request, mount::Context& context)
{
    if (!hasCubbyhole(request)) return std::optional<bool>{false};
    CORE_ASSERT(context.system != nullptr);
    auto found = folderOf(*context.system, *request.token).exists(request.relativePath);
    if (!found) return found.error();
    return std::optional<bool>{*found};
}

std::string CubbyholeBackend::help(std::string_view) const
{
    return "Stores secrets that only the calling token can read.\n\n"
           "Every service token has a cubbyhole of its own; it ends with the token. Batch tokens have none.\n";
}

Result<> eraseCubbyhole(const barrier::Scope& scope, const token::TokenEntry& token)
{
    if (token.cubbyholeId.empty()) return {};
    return folderOf(scope, token).eraseAll();
}

} // namespace core::engine
