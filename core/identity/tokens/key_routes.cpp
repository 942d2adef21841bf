#include "core/base/go_text.h"
#include "core/base/name.h"
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
using std::chrono::seconds;

std::string joined(const std::vector<std::string>& names)
{
    std::string text;
    for (const auto& name : names) text.append(text.empty() ? "" : ", ").append(name);
    return text;
}

Result<bool> isThere(Call& call)
{
    auto key = tokenRowsOf(call).key(call.part("name"));
    if (!key) return std::move(key).error();
    return key->has_value();
}

/// Sets what the request names. Returns a refusal, or an empty optional.
std::optional<Response> readFields(Call& call, NamedKey& key)
{
    key.rotationPeriod = call.fields.wholeSeconds("rotation_period").value_or(key.rotationPeriod);
    key.verificationTtl = call.fields.wholeSeconds("verification_ttl").value_or(key.verificationTtl);
    key.allowedClientIds = call.fields.list("allowed_client_ids").value_or(key.allowedClientIds);
    key.algorithm = call.fields.textOr("algorithm", key.algorithm);
    if (call.fields.refusal()) return call.fields.refusal();
    if (key.rotationPeriod < std::chrono::minutes{1}) return Response::badRequest("rotation_period must be at least one minute");
    if (key.verificationTtl / 10 > key.rotationPeriod || key.verificationTtl > 10 * key.rotationPeriod) {
        return Response::badRequest("verification_ttl cannot be longer than 10x rotation_period");
    }
    if (!signingAlgorithmNamed(key.algorithm)) return Response::badRequest("unknown signing algorithm " + goQuoted(key.algorithm));
    return std::nullopt;
}

/// A refusal if a role's tokens live longer than the key would verify.
Result<std::optional<Response>> roleFault(const TokenRows& rows, const NamedKey& key)
{
    auto names = rows.rolesOf(key.name);
    if (!names) return std::move(names).error();
    for (const auto& name : *names) {
        auto role = rows.role(name);
        if (!role) return std::move(role).error();
        if (!*role || (*role)->ttl <= key.verificationTtl) continue;
        return std::optional{Response::badRequest("unable to update key " + goQuoted(key.name) +
                                                  " because it is currently referenced by one or more roles with a token ttl greater than " +
                                                  std::to_string(key.verificationTtl.count()) + " seconds")};
    }
    return std::optional<Response>{};
}

Result<Response> writeKey(Call& call)
{
    auto rows = tokenRowsOf(call);
    auto before = rows.key(call.part("name"));
    if (!before) return std::move(before).error();
    auto key = before->value_or(NamedKey{});
    key.name = call.part("name");
    if (auto refused = readFields(call, key)) return std::move(*refused);
    if (!*before || (*before)->algorithm != key.algorithm) {
        if (auto fault = nameRefusal("the name of a key", key.name); !*before && !fault.empty()) return Response::badRequest(std::move(fault));
        if (auto made = makePairs(rows, key, call.context.random, call.now()); !made) return std::move(made).error();
        return Response{};
    }
    auto refused = roleFault(rows, key);
    if (!refused) return std::move(refused).error();
    if (*refused) return std::move(**refused);
    key.nextRotation = std::min(key.nextRotation, laterBy(call.now(), key.rotationPeriod));
    if (auto put = rows.putKey(key); !put) return std::move(put).error();
    return Response{};
}

Result<Response> readKey(Call& call)
{
    auto key = findKey(call, call.part("name"));
    if (!key) return std::move(key).error();
    if (!*key) return Response{};
    return Response::ofData({{"rotation_period", (*key)->rotationPeriod.count()},
                             {"verification_ttl", (*key)->verificationTtl.count()},
                             {"algorithm", (*key)->algorithm},
                             {"allowed_client_ids", json::array((*key)->allowedClientIds.begin(), (*key)->allowedClientIds.end())}});
}

Result<Response> listKeys(Call& call)
{
    if (auto made = findKey(call, NamedKey::kDefaultName); !made) return std::move(made).error();
    auto names = tokenRowsOf(call).keyNames();
    if (!names) return std::move(names).error();
    return mount::keysAnswer(*names);
}

Result<Response> eraseKey(Call& call)
{
    constexpr std::size_t kNamedMax = 100; // roles in the refusal
    auto rows = tokenRowsOf(call);
    const auto name = call.part("name");
    if (name == NamedKey::kDefaultName) return Response::badRequest("deletion of key \"default\" not allowed");
    auto roles = rows.rolesOf(name, kNamedMax);
    if (!roles) return std::move(roles).error();
    if (!roles->empty()) {
        return Response::badRequest("unable to delete key " + goQuoted(name) +
                                    " because it is currently referenced by these roles: " + joined(*roles));
    }
    auto key = rows.key(name);
    if (!key) return std::move(key).error();
    if (!*key) return Response{};
    if (auto erased = rows.eraseKey(**key); !erased) return std::move(erased).error();
    return Response{};
}

Result<Response> rotateKey(Call& call)
{
    const auto wanted = call.fields.wholeSeconds("verification_ttl");
    if (call.fields.refusal()) return *call.fields.refusal();
    auto key = findKey(call, call.part("name"));
    if (!key) return std::move(key).error();
    if (!*key) return Response::badRequest("no named key found at " + goQuoted(call.part("name")));
    auto rows = tokenRowsOf(call);
    if (auto rotated = rotate(rows, **key, wanted.value_or((*key)->verificationTtl), call.context.random, call.now()); !rotated) {
        return std::move(rotated).error();
    }
    return Response{};
}

} // namespace

void addTokenKeyRoutes(route::RouteTable& routes)
{
    const route::FieldList fields{{"rotation_period", FieldType::Duration, "How often the key is rotated. At least a minute.", "86400"},
                                  {"verification_ttl", FieldType::Duration, "How long tokens can be verified after the key was rotated.", "86400"},
                                  {"algorithm", FieldType::Text, "RS256, RS384, RS512, ES256, ES384, ES512 or EdDSA.", R"("RS256")"},
                                  {"allowed_client_ids", FieldType::TextList, "Client ids of the roles that can sign with the key; * means all."}};
    routes.add({.verbs = Verb::List, .pattern = "oidc/key", .handle = listKeys, .isSlow = true, .fields = route::kNoFields, .help = "The keys."});
    routes.add({.verbs = Verb::Write,
                .pattern = "oidc/key/:name",
                .handle = writeKey,
                .isSlow = true,
                .exists = isThere,
                .fields = fields,
                .help = "A key that signs identity tokens."});
    routes.add({.verbs = Verb::Read, .pattern = "oidc/key/:name", .handle = readKey, .isSlow = true, .fields = route::kNoFields});
    routes.add({.verbs = Verb::Delete, .pattern = "oidc/key/:name", .handle = eraseKey});
    routes.add({.verbs = Verb::Write,
                .pattern = "oidc/key/:name/rotate",
                .handle = rotateKey,
                .isSlow = true,
                .fields = {{{"verification_ttl", FieldType::Duration, "How long the tokens of the present key can be verified."}}},
                .help = "Replaces the key that signs."});
}

} // namespace core::identity
