#include "core/base/go_text.h"
#include "core/identity/tokens/identity_token.h"
#include "core/identity/tokens/key_changes.h"
#include "core/identity/tokens/routes.h"
#include "core/token/token_entry.h"

namespace core::identity {
namespace {

using mount::Response;
using route::Call;
using route::FieldType;
using route::Verb;

Result<Response> makeToken(Call& call)
{
    auto rows = tokenRowsOf(call);
    const auto name = call.part("name");
    auto role = rows.role(name);
    if (!role) return std::move(role).error();
    if (!*role) return Response::badRequest("role " + goQuoted(name) + " not found");
    auto key = rows.key((*role)->key);
    if (!key) return std::move(key).error();
    if (!*key) return Response::badRequest("key " + goQuoted((*role)->key) + " not found");
    if (!(*key)->allows((*role)->clientId)) {
        return Response::badRequest("the key " + goQuoted((*role)->key) + " does not list the client ID of the role " + goQuoted(name) +
                                    " as an allowed client ID");
    }
    if (auto renewed = renewKnownPairs(rows, **key, call.context.random, call.now()); !renewed) return std::move(renewed).error();
    const auto profile = call.request.token ? Profile::load(call.scope(), call.request.token->entityId) : Result<ProfilePointer>{ProfilePointer{}};
    if (!profile) return profile.error();
    if (!*profile) return Response::badRequest("no entity associated with the request's token");
    auto issuer = issuerOf(call);
    if (!issuer) return std::move(issuer).error();
    auto token = signClaims(rows, **key, claimsOf(**role, **key, *issuer, **profile, call.now()));
    if (!token) return std::move(token).error();
    return Response::ofData({{"token", *token}, {"client_id", (*role)->clientId}, {"ttl", lifeOf(**role, **key).count()}});
}

Response inactive(std::string_view why)
{
    return Response::raw(200, {{"active", false}, {"error", why}});
}

Result<Response> introspect(Call& call)
{
    const auto token = call.fields.textOr("token", {});
    const auto clientId = call.fields.textOr("client_id", {});
    if (call.fields.refusal()) return *call.fields.refusal();
    auto issuer = issuerOf(call);
    if (!issuer) return std::move(issuer).error();
    auto claims = verifiedClaims(tokenRowsOf(call), token, *issuer, clientId, call.now());
    if (!claims && claims.error().code == ErrorCode::InvalidArgument) return inactive(claims.error().detail);
    if (!claims) return std::move(claims).error();
    const auto* const subject = claims->if_contains("sub");
    auto profile = Profile::load(call.scope(), subject && subject->is_string() ? std::string{subject->as_string()} : std::string{});
    if (!profile) return std::move(profile).error();
    if (!*profile) return inactive("entity was not found");
    if ((*profile)->entity().isDisabled) return inactive("entity is disabled");
    return Response::raw(200, {{"active", true}});
}

} // namespace

void addTokenRoutes(route::RouteTable& routes)
{
    // Signing with RSA takes a millisecond, so both leave the I/O thread.
    routes.add({.verbs = Verb::Read,
                .pattern = "oidc/token/:name",
                .handle = makeToken,
                .isSlow = true,
                .fields = route::kNoFields,
                .help = "A signed token that says who the caller is, for other programs."});
    routes.add({.verbs = Verb::Write,
                .pattern = "oidc/introspect",
                .handle = introspect,
                .isSlow = true,
                .fields = {{{"token", FieldType::Text, "The identity token."}, {"client_id", FieldType::Text, "The audience that it must have."}}},
                .help = "Says whether an identity token is genuine and valid."});
}

} // namespace core::identity
