#include "core/base/encoding.h"
#include "core/base/go_text.h"
#include "core/base/name.h"
#include "core/identity/tokens/claims_template.h"
#include "core/identity/tokens/routes.h"

namespace core::identity {
namespace {

using mount::Response;
using route::Call;
using route::FieldType;
using route::Verb;

constexpr std::size_t kClientIdCharacters = 26;

Result<bool> isThere(Call& call)
{
    auto role = tokenRowsOf(call).role(call.part("name"));
    if (!role) return std::move(role).error();
    return role->has_value();
}

/// The template as it is, or out of base64.
std::string decodedTemplate(std::string text)
{
    auto bytes = fromBase64(text);
    return bytes ? std::move(*bytes) : std::move(text);
}

/// Sets what the request names. Returns a refusal, or an empty optional.
std::optional<Response> readFields(Call& call, TokenRole& role)
{
    role.key = call.fields.textOr("key", role.key);
    role.ttl = call.fields.wholeSeconds("ttl").value_or(role.ttl);
    role.clientId = call.fields.textOr("client_id", role.clientId);
    if (auto text = call.fields.text("template")) role.claimsText = decodedTemplate(std::move(*text));
    if (call.fields.refusal()) return call.fields.refusal();
    if (role.key.empty()) return Response::badRequest("the key parameter is required");
    // An entity without any value shows whether the template can become JSON.
    if (auto claims = claimsFrom(role.claimsText, Profile{{}, {}}, call.now()); !claims) return Response::badRequest(claims.error().detail);
    return std::nullopt;
}

Result<Response> writeRole(Call& call)
{
    auto rows = tokenRowsOf(call);
    auto before = rows.role(call.part("name"));
    if (!before) return std::move(before).error();
    auto role = before->value_or(TokenRole{});
    role.name = call.part("name");
    if (auto fault = nameRefusal("the name of a role", role.name); !*before && !fault.empty()) return Response::badRequest(std::move(fault));
    if (auto refused = readFields(call, role)) return std::move(*refused);
    auto key = findKey(call, role.key);
    if (!key) return std::move(key).error();
    if (!*key) return Response::badRequest("cannot find key " + goQuoted(role.key));
    if (role.ttl > (*key)->verificationTtl) {
        return Response::badRequest("a role's token ttl cannot be longer than the verification_ttl of the key it references");
    }
    if (role.clientId.empty()) role.clientId = call.context.random.base62(kClientIdCharacters);
    if (auto put = rows.putRole(*before, role); !put) return std::move(put).error();
    return Response{};
}

Result<Response> readRole(Call& call)
{
    auto role = tokenRowsOf(call).role(call.part("name"));
    if (!role) return std::move(role).error();
    if (!*role) return Response{};
    return Response::ofData(
        {{"client_id", (*role)->clientId}, {"key", (*role)->key}, {"template", (*role)->claimsText}, {"ttl", (*role)->ttl.count()}});
}

Result<Response> listRoles(Call& call)
{
    auto names = tokenRowsOf(call).roleNames();
    if (!names) return std::move(names).error();
    return mount::keysAnswer(*names);
}

Result<Response> eraseRole(Call& call)
{
    auto rows = tokenRowsOf(call);
    auto role = rows.role(call.part("name"));
    if (!role) return std::move(role).error();
    if (!*role) return Response{};
    if (auto erased = rows.eraseRole(**role); !erased) return std::move(erased).error();
    return Response{};
}

} // namespace

void addTokenRoleRoutes(route::RouteTable& routes)
{
    const route::FieldList fields{
        {"key", FieldType::Text, "The key that signs. It must allow the role's client id."},
        {"template", FieldType::Text, "Further claims: JSON with values of the entity in double braces, as text or base64."},
        {"ttl", FieldType::Duration, "How long a token is valid.", "86400"},
        {"client_id", FieldType::Text, "The audience of the tokens. Without it a random one is made."}};
    routes.add({.verbs = Verb::List, .pattern = "oidc/role", .handle = listRoles, .fields = route::kNoFields, .help = "The roles."});
    routes.add({.verbs = Verb::Write,
                .pattern = "oidc/role/:name",
                .handle = writeRole,
                .isSlow = true, // the key `default` may have to be made
                .exists = isThere,
                .fields = fields,
                .help = "What the tokens of a client look like."});
    routes.add({.verbs = Verb::Read, .pattern = "oidc/role/:name", .handle = readRole, .fields = route::kNoFields});
    routes.add({.verbs = Verb::Delete, .pattern = "oidc/role/:name", .handle = eraseRole});
}

} // namespace core::identity
