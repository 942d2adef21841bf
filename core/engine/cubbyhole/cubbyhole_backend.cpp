#include "core/engine/cubbyhole/cubbyhole_backend.h"

#include "core/base/go_text.h"
#include "core/engine/cubbyhole/cubbyhole_usage.h"
#include "core/engine/kv/kv_v1_backend.h"
#include "core/mount/codec.h"
#include "core/mount/fields.h"

namespace core::engine {
namespace {

using mount::Response;
using route::Call;
using route::Handler;
using route::RouteTable;
using route::Verb;

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

Response withoutCubbyhole()
{
    return Response::badRequest("cubbyhole operations are only supported by 'service' type tokens");
}

/// Runs the handler for tokens that have a cubbyhole; refuses the others.
Handler inCubbyhole(Result<Response> (*handle)(Call&))
{
    return [handle](Call& call) -> Result<Response> { return hasCubbyhole(call.request) ? handle(call) : withoutCubbyhole(); };
}

barrier::View folderOf(const Call& call)
{
    return folderOf(call.scope(), *call.request.token);
}

Result<Response> read(Call& call)
{
    const auto& path = call.request.relativePath;
    if (path == kWrappedPath && token::isWrappingToken(*call.request.token)) {
        return static_cast<const CubbyholeBackend*>(call.backend)->readWrapped(call.request, call.context);
    }
    auto value = folderOf(call).get(path);
    if (!value) return value.error();
    Response response;
    if (*value) response.wholeDataText = std::move(**value);
    return response;
}

Result<Response> write(Call& call)
{
    const auto& request = call.request;
    if (request.relativePath.empty()) return Response::badRequest("missing path");
    if (request.relativePath.ends_with('/')) return Response::badRequest("cannot write to a path ending in '/'");
    if (request.data.empty()) return Response::error(500, joinedErrors(std::initializer_list<std::string_view>{"missing data fields"}));
    const auto text = objectTextOf(request);
    auto hasRoom = CubbyholeUsage{call.scope(), *request.token}.change(request.relativePath, text);
    if (!hasRoom) return hasRoom.error();
    if (!*hasRoom) {
        return Response::error(413, "the cubbyhole of this token is full; it holds at most " + std::to_string(kCubbyholeEntriesMax) +
                                        " entries and " + std::to_string(kCubbyholeBytesMax) + " bytes");
    }
    if (auto stored = folderOf(call).put(request.relativePath, text); !stored) return stored.error();
    return Response{};
}

Result<Response> erase(Call& call)
{
    const auto& path = call.request.relativePath;
    if (path.empty()) return Response{};
    if (auto counted = CubbyholeUsage{call.scope(), *call.request.token}.change(path, std::nullopt); !counted) return counted.error();
    if (auto erased = folderOf(call).erase(path); !erased) return erased.error();
    return Response{};
}

Result<Response> list(Call& call)
{
    auto below = call.request.relativePath;
    if (!below.empty() && !below.ends_with('/')) below.push_back('/');
    auto keys = folderOf(call).list(below);
    if (!keys) return keys.error();
    return mount::keysAnswer(*keys);
}

Result<bool> exists(Call& call)
{
    if (!hasCubbyhole(call.request)) return false;
    return folderOf(call).exists(call.request.relativePath);
}

const RouteTable& routes()
{
    static const RouteTable table = [] {
        RouteTable made;
        for (const char* pattern : {"/", "*path"}) {
            made.add({.verbs = Verb::Read, .pattern = pattern, .handle = inCubbyhole(read), .fields = route::kNoFields, .help = "Reads a value."});
            made.add({.verbs = Verb::Write, .pattern = pattern, .handle = inCubbyhole(write), .exists = exists, .help = "Replaces a value."});
            made.add({.verbs = Verb::Delete, .pattern = pattern, .handle = inCubbyhole(erase), .help = "Deletes a value."});
            made.add({.verbs = Verb::List, .pattern = pattern, .handle = inCubbyhole(list), .help = "Lists the names below a folder."});
        }
        return made;
    }();
    return table;
}

} // namespace

CubbyholeBackend::CubbyholeBackend(token::Wrapping& wrapping, Envelope envelope)
    : RoutedBackend{routes(), "Stores secrets that only the calling token can read.\n\n"
                              "Every service token has a cubbyhole of its own; it ends with the token. Batch tokens have none.\n"}
    , m_wrapping{wrapping}
    , m_envelope{std::move(envelope)}
{}

Result<Response> CubbyholeBackend::readWrapped(const mount::Request& request, const mount::Context& context) const
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

Result<> eraseCubbyhole(const barrier::Scope& scope, const token::TokenEntry& token)
{
    if (token.cubbyholeId.empty()) return {};
    if (auto erased = CubbyholeUsage{scope, token}.erase(); !erased) return erased;
    return folderOf(scope, token).eraseAll();
}

} // namespace core::engine
