#include "core/engine/cubbyhole/cubbyhole_backend.h"

#include "core/base/go_text.h"
#include "core/engine/cubbyhole/cubbyhole_usage.h"
#include "core/engine/kv/kv_v1_backend.h"
#include "core/mount/codec.h"
#include "core/mount/fields.h"
#include "core/mount/ignored_fields.h"

namespace core::engine {
namespace {

using mount::Response;
using policy::Operation;

constexpr std::string_view kWrappedPath = "response";
constexpr const char* kDeprecated = "Reading from 'cubbyhole/response' is deprecated. Please use sys/wrapping/unwrap to unwrap "
                                    "responses, as it provides additional security checks and other benefits.";

barrier::View folderOf(const barrier::Scope& scope, const token::TokenEntry& token)
{
    return scope.local("sys/cubbyhole/" + token.cubbyholeId + "/");
}

bool hasCubbyhole(const mount::Request& request)
{
    return request.token && request.token->type == token::TokenType::Service && !request.token->cubbyholeId.empty();
}

Result<Response> write(barrier::View& folder, const mount::Request& request, const barrier::Scope& scope)
{
    const auto text = objectTextOf(request);
    auto hasRoom = CubbyholeUsage{scope, *request.token}.change(request.relativePath, text);
    if (!hasRoom) return hasRoom.error();
    if (!*hasRoom) {
        return Response::error(413, "the cubbyhole of this token is full; it holds at most " + std::to_string(kCubbyholeEntriesMax) +
                                        " entries and " + std::to_string(kCubbyholeBytesMax) + " bytes");
    }
    if (auto stored = folder.put(request.relativePath, text); !stored) return stored.error();
    return Response{};
}

} // namespace

Result<Response> CubbyholeBackend::readWrapped(const mount::Request& request, const mount::Context& context)
{
    auto wrapped = m_wrapping.lookup(*context.system, request.clientToken, context.clock.now());
    if (!wrapped) return wrapped.error();
    if (!*wrapped) return Response{};
    auto content = mount::decodeResponse((*wrapped)->content);
    if (!content) return content.error();
    mount::Request origin;
    origin.id = context.random.uuid();
    auto response = Response::ofData({{"response", m_envelope(origin, *content)}});
    response.warnings.emplace_back(kDeprecated);
    return response;
}

Result<Response> CubbyholeBackend::handle(const mount::Request& request, mount::Context& context)
{
    if (!hasCubbyhole(request)) return Response::badRequest("cubbyhole operations are only supported by 'service' type tokens");
    CORE_ASSERT(context.system != nullptr);
    auto folder = folderOf(*context.system, *request.token);
    const auto& path = request.relativePath;
    switch (request.operation) {
    case Operation::Read: {
        if (path == kWrappedPath && token::isWrappingToken(*request.token)) return readWrapped(request, context);
        auto value = folder.get(path);
        if (!value) return value.error();
        Response response;
        if (!*value) return response;
        response.wholeDataText = std::move(**value);
        mount::warnOfFields(response, request.data, std::initializer_list<std::string_view>{}, {"path"});
        return response;
    }
    case Operation::Create:
    case Operation::Update:
        if (path.empty()) return Response::badRequest("missing path");
        if (path.ends_with('/')) return Response::badRequest("cannot write to a path ending in '/'");
        if (request.data.empty()) return Response::error(500, joinedErrors(std::initializer_list<std::string_view>{"missing data fields"}));
        return write(folder, request, *context.system);
    case Operation::Delete:
        if (path.empty()) return Response{};
        if (auto counted = CubbyholeUsage{*context.system, *request.token}.change(path, std::nullopt); !counted) return counted.error();
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
    if (auto erased = CubbyholeUsage{scope, token}.erase(); !erased) return erased;
    return folderOf(scope, token).eraseAll();
}

} // namespace core::engine
