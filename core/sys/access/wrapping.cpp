#include "core/sys/routes/handlers.h"

#include "core/mount/codec.h"

namespace core::sys {
namespace {

using mount::Response;
using token::WrappedEntry;
using token::Wrapping;

Response invalidToken()
{
    return Response::badRequest(std::string{token::kInvalidWrappingToken});
}

Result<Response> wrap(const Call& call)
{
    if (!call.request.wrapTtl) return Response::badRequest("endpoint requires response wrapping to be used");
    Response response;
    if (call.request.body.empty()) response.data = call.request.data;
    else response.wholeDataText = call.request.body; // unchanged, so that numbers keep their digits
    return response;
}

/// The wrapping token of a call: the field, or else the caller's own token. For a JWT it is the token that the JWT names.
/// Empty: a JWT that this cluster has not signed.
Result<std::optional<std::string>> wrappingToken(Call& call, Wrapping& wrapping)
{
    auto text = call.fields.textOr("token", {});
    if (text.empty()) text = call.request.clientToken;
    return wrapping.tokenBehind(call.scope(), text);
}

Result<Response> lookup(Call& call, Wrapping& wrapping)
{
    auto token = wrappingToken(call, wrapping);
    if (!token) return token.error();
    if (call.fields.refusal()) return *call.fields.refusal();
    if (*token && (*token)->empty()) return Response::badRequest("missing \"token\" value in input");
    if (!*token) return invalidToken();
    auto entry = wrapping.lookup(call.scope(), **token, call.now());
    if (!entry) return entry.error();
    if (!*entry) return invalidToken();
    return Response::ofData(
        {{"creation_path", (*entry)->creationPath}, {"creation_time", toRfc3339((*entry)->createdAt)}, {"creation_ttl", (*entry)->ttl.count()}});
}

/// The content of the wrapping token, which is then used up. Empty: not valid.
Result<std::optional<WrappedEntry>> take(Call& call, Wrapping& wrapping)
{
    auto token = wrappingToken(call, wrapping);
    if (!token) return token.error();
    if (!*token || (*token)->empty()) return std::optional<WrappedEntry>{};
    return wrapping.unwrap(call.scope(), **token, call.now());
}

Result<Response> unwrap(Call& call, Wrapping& wrapping)
{
    auto entry = take(call, wrapping);
    if (!entry) return entry.error();
    if (!*entry) return invalidToken();
    return mount::decodeResponse((*entry)->content);
}

Result<Response> rewrap(Call& call, Wrapping& wrapping)
{
    auto taken = take(call, wrapping);
    if (!taken) return taken.error();
    if (!*taken) return invalidToken();
    auto entry = std::move(**taken);
    entry.createdAt = call.now();
    auto made = wrapping.wrap(call.scope(), entry, call.request.path);
    if (!made) return made.error();
    Response response;
    response.wrap = mount::WrapInfo{.token = made->token,
                                    .accessor = made->accessor,
                                    .ttl = entry.ttl,
                                    .creationTime = toRfc3339(entry.createdAt),
                                    .creationPath = entry.creationPath,
                                    .wrappedAccessor = entry.wrappedAccessor};
    return response;
}

Result<Response> publicKey(const Call& call, Wrapping& wrapping)
{
    auto point = wrapping.publicPoint(call.scope());
    if (!point) return point.error();
    return Response::ofData({{"jwt_curve", "p521"}, {"jwt_x", point->x}, {"jwt_y", point->y}});
}

} // namespace

namespace {

const Field kToken{"token", FieldType::Text, "A wrapping token; without it the calling token is the one."};

} // namespace

void addWrappingRoutes(RouteTable& routes, Wrapping& wrapping)
{
    routes.add({.verbs = Verb::Write,
                .pattern = "wrapping/wrap",
                .handle = wrap,
                .isInjected = true,
                .help = "Wraps the given data. Needs X-Vault-Wrap-TTL."});
    routes.add({.verbs = Verb::Write | Verb::Read,
                .pattern = "wrapping/lookup",
                .handle = [&wrapping](Call& call) { return lookup(call, wrapping); },
                .openVerbs = Verb::Write | Verb::Read,
                .fields = FieldList{kToken},
                .help = "Shows when and by which path a wrapping `token` was made. The token stays valid."});
    routes.add({.verbs = Verb::Write,
                .pattern = "wrapping/unwrap",
                .handle = [&wrapping](Call& call) { return unwrap(call, wrapping); },
                .fields = FieldList{kToken},
                .isWithoutWarnings = true,
                .help = "Returns the answer behind a wrapping `token`, once."});
    routes.add({.verbs = Verb::Write,
                .pattern = "wrapping/rewrap",
                .handle = [&wrapping](Call& call) { return rewrap(call, wrapping); },
                .fields = FieldList{kToken},
                .help = "Moves the answer behind a wrapping `token` to a new token."});
    routes.add({.verbs = Verb::Read,
                .pattern = "wrapping/pubkey",
                .handle = [&wrapping](Call& call) { return publicKey(call, wrapping); },
                .openVerbs = Verb::Read,
                .isForwardable = true, // the first call makes the key
                .fields = kNoFields,
                .help = "Shows the public key for the signature of wrapping tokens in JWT form."});
}

} // namespace core::sys
