#include "core/base/origin.h"
#include "core/crypto/jwk.h"
#include "core/identity/identity_backend.h"
#include "core/identity/tokens/key_changes.h"
#include "core/identity/tokens/routes.h"
#include "core/identity/tokens/signing_algorithm.h"

#include <algorithm>

namespace core::identity {
namespace {

namespace json = boost::json;
using mount::Response;
using route::Call;
using route::FieldType;
using route::Verb;

constexpr const char* kIssuerWarning =
    "If \"issuer\" is set explicitly, all tokens must be validated against that address, including those issued by secondary clusters. Setting "
    "issuer to \"\" will restore the default behavior of using the cluster's api_addr as the issuer.";

Response cached(Response response, std::int64_t seconds)
{
    response.headers.emplace_back("Cache-Control", "max-age=" + std::to_string(seconds));
    return response;
}

Result<Response> readConfig(Call& call)
{
    auto issuer = tokenRowsOf(call).issuer();
    if (!issuer) return std::move(issuer).error();
    return Response::ofData({{"issuer", *issuer}});
}

Result<Response> writeConfig(Call& call)
{
    const auto issuer = call.fields.text("issuer");
    if (call.fields.refusal()) return *call.fields.refusal();
    if (!issuer) return Response{};
    if (!issuer->empty() && !parseOrigin(*issuer)) {
        return Response::badRequest("invalid issuer, which must include only a scheme, host, and optional port (e.g. https://example.com:8200)");
    }
    if (auto put = tokenRowsOf(call).putIssuer(*issuer); !put) return std::move(put).error();
    Response response;
    if (!issuer->empty()) response.warnings.emplace_back(kIssuerWarning);
    return response;
}

Result<Response> describeProvider(Call& call)
{
    auto issuer = issuerOf(call);
    if (!issuer) return std::move(issuer).error();
    json::array algorithms;
    for (const auto& each : signingAlgorithms()) algorithms.emplace_back(each.name);
    return cached(Response::raw(200, {{"issuer", *issuer},
                                      {"jwks_uri", *issuer + "/.well-known/keys"},
                                      {"response_types_supported", {"id_token"}},
                                      {"subject_types_supported", {"public"}},
                                      {"id_token_signing_alg_values_supported", std::move(algorithms)}}),
                  3600);
}

Result<json::object> describe(const VerificationKey& key)
{
    const auto publicHalf = crypto::AsymmetricKey::fromPublicDer(key.publicDer);
    if (!publicHalf) return Error{ErrorCode::Corrupt, "a stored key of identity tokens is not a key"};
    json::object object{{"use", "sig"}, {"kid", key.id}, {"alg", key.algorithm}};
    for (auto& [name, value] : crypto::publicJwk(*publicHalf)) object[name] = std::move(value);
    return object;
}

/// The keys that at least one role uses.
Result<Response> describeKeys(Call& call)
{
    const auto rows = tokenRowsOf(call);
    const auto renewal = rows.renewal();
    if (!renewal) return renewal.error();
    json::array keys;
    std::optional<Error> fault;
    auto changesAt = WallTime::max(); // the list, at the earliest
    auto visited = rows.forEachKey([&](const NamedKey& key) {
        const auto roles = rows.rolesOf(key.name, 1);
        if (!roles) return fault = roles.error(), false;
        if (roles->empty() || key.renewal < *renewal) return true; // pairs that a former member knows verify nothing
        changesAt = std::min(changesAt, key.nextRotation);
        for (const auto& each : key.keys) {
            if (each.validUntil && *each.validUntil <= call.now()) continue;
            auto object = describe(each);
            if (!object) return fault = std::move(object).error(), false;
            keys.emplace_back(std::move(*object));
        }
        return true;
    });
    if (!visited) return std::move(visited).error();
    if (fault) return std::move(*fault);
    const bool isEmpty = keys.empty();
    auto response = Response::raw(200, {{"keys", std::move(keys)}});
    if (isEmpty) return response;
    return cached(std::move(response), std::max<std::int64_t>(0, toUnixSeconds(changesAt) - toUnixSeconds(call.now())));
}

} // namespace

TokenRows tokenRowsOf(const Call& call)
{
    return TokenRows{call.scope()};
}

Result<std::optional<NamedKey>> findKey(const Call& call, std::string_view name)
{
    auto rows = tokenRowsOf(call);
    if (name != NamedKey::kDefaultName) return rows.key(name);
    auto key = ensureDefaultKey(rows, call.context.random, call.now());
    if (!key) return std::move(key).error();
    return std::optional{std::move(*key)};
}

Result<std::string> issuerOf(const Call& call)
{
    auto origin = tokenRowsOf(call).issuer();
    if (!origin) return origin;
    if (origin->empty()) *origin = static_cast<const IdentityBackend*>(call.backend)->apiAddress();
    return *origin + "/v1/identity/oidc";
}

void addDiscoveryRoutes(route::RouteTable& routes)
{
    const route::FieldList fields{{"issuer", FieldType::Text, "Scheme, host and port in the tokens; empty: those of the cluster that signs."}};
    routes.add(
        {.verbs = Verb::Read, .pattern = "oidc/config", .handle = readConfig, .fields = route::kNoFields, .help = "The issuer of identity tokens."});
    routes.add({.verbs = Verb::Write, .pattern = "oidc/config", .handle = writeConfig, .fields = fields});
    routes.add({.verbs = Verb::Read,
                .pattern = "oidc/.well-known/openid-configuration",
                .handle = describeProvider,
                .openVerbs = Verb::Read,
                .fields = route::kNoFields,
                .help = "Where verifiers find the keys (OpenID Connect Discovery)."});
    routes.add({.verbs = Verb::Read,
                .pattern = "oidc/.well-known/keys",
                .handle = describeKeys,
                .openVerbs = Verb::Read,
                .isSlow = true, // reads every key
                .fields = route::kNoFields,
                .help = "The public keys that verify identity tokens, as a JSON web key set."});
}

} // namespace core::identity
