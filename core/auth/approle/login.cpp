#include "core/auth/approle/routes.h"
#include "core/auth/approle/secret_id.h"

#include "core/base/ascii.h"
#include "core/base/cidr.h"
#include "core/base/go_text.h"
#include "core/token/token_entry.h"

namespace core::auth::approle {
namespace {

using mount::Response;
using route::Call;
using route::FieldType;
using route::Verb;

constexpr std::string_view kBlanks = " \t\r\n\v\f";    // around ids, which programs read from files
constexpr std::string_view kRoleNameKey = "role_name"; // in the metadata of tokens

mount::Auth authOf(const Role& role)
{
    mount::Auth auth;
    role.token.fill(auth);
    auth.metadata[std::string{kRoleNameKey}] = role.name;
    auth.aliasName = role.roleId;
    auth.isCredentialLocal = role.hasLocalSecretIds && role.isSecretIdBound;
    return auth;
}

/// Checks the secret id and takes one of its uses. `auth` gets its metadata and its networks. A refusal, or nothing.
Result<std::optional<Response>> checkSecretId(Call& call, const Role& role, mount::Auth& auth)
{
    const auto secretId = std::string{trimmed(call.fields.textOr("secret_id", {}), kBlanks)};
    if (call.fields.refusal()) return call.fields.refusal();
    if (secretId.empty()) return std::optional{Response::badRequest("missing secret_id")};
    auto ids = SecretIds::of(call.context, role);
    if (!ids) return ids.error();
    auto found = ids->find(secretId);
    if (!found) return found.error();
    if (!*found || (*found)->record.isExpiredAt(call.now())) {
        auto refused = Response::badRequest("invalid role or secret ID");
        refused.isWrongCredential = true;
        return std::optional{std::move(refused)};
    }
    auto& record = (*found)->record;
    const auto& address = call.request.remoteAddress;
    if (!record.cidrs.empty() && !isInAnyCidr(address, record.cidrs)) {
        const auto text = "source address " + goQuoted(address) + " unauthorized " + (record.usesLeft == 0 ? "through" : "by") +
                          " CIDR restrictions on the secret ID";
        return std::optional{Response::badRequest(text)};
    }
    for (const auto& [key, value] : record.metadata) auth.metadata.try_emplace(key, value); // the role's name stays
    if (!record.tokenBoundCidrs.empty()) auth.boundCidrs = record.tokenBoundCidrs;
    if (record.usesLeft == 0) return std::optional<Response>{};
    record.usesLeft -= 1;
    record.changedAt = call.now();
    auto kept = record.usesLeft == 0 ? ids->erase(**found) : ids->replace(**found);
    if (!kept) return kept.error();
    return std::optional<Response>{};
}

Result<Response> login(Call& call)
{
    const auto roleId = std::string{trimmed(call.fields.textOr("role_id", {}), kBlanks)};
    if (call.fields.refusal()) return *call.fields.refusal();
    if (roleId.empty()) return Response::badRequest("missing role_id");
    auto role = findRoleById(call.context, roleId);
    if (!role) return role.error();
    if (!*role) return Response::badRequest("invalid role or secret ID");
    Response response;
    response.auth = authOf(**role);
    if ((*role)->isSecretIdBound) {
        auto refused = checkSecretId(call, **role, *response.auth);
        if (!refused) return refused.error();
        if (*refused) return **refused;
    }
    // A refused login takes no use: the writes of an error answer are dropped.
    const auto& address = call.request.remoteAddress;
    const auto& networks = (*role)->secretIdCidrs;
    if (!networks.empty() && !isInAnyCidr(address, networks)) {
        return Response::badRequest("source address " + goQuoted(address) + " unauthorized by CIDR restrictions on the role");
    }
    response.auth->aliasMetadata = response.auth->metadata;
    const auto& bound = response.auth->boundCidrs;
    if (!bound.empty() && !isInAnyCidr(address, bound)) return Response::error(403, "permission denied"); // it could not use its token
    return response;
}

std::string roleIdOf(const mount::Request& request)
{
    const auto* roleId = request.data.if_contains("role_id");
    return roleId && roleId->is_string() ? std::string{trimmed(std::string_view{roleId->get_string()}, kBlanks)} : std::string{};
}

Result<std::string> roleOfLogin(Call& call)
{
    const auto roleId = roleIdOf(call.request);
    if (roleId.empty()) return std::string{};
    auto role = findRoleById(call.context, roleId);
    if (!role) return role.error();
    return *role ? (*role)->name : std::string{};
}

/// `request.token` is the token that is renewed. Its times are those that the role has now.
Result<Response> renew(Call& call)
{
    const auto* token = call.request.token.get();
    const auto name = token && token->metadata.contains(std::string{kRoleNameKey}) ? token->metadata.at(std::string{kRoleNameKey}) : std::string{};
    auto role = findRole(call.context, name);
    if (!role) return role.error();
    if (!*role) return Response::badRequest("role " + goQuoted(name) + " does not exist during renewal");
    Response response;
    response.auth = authOf(**role);
    return response;
}

} // namespace

void addLoginRoutes(route::RouteTable& table)
{
    table.add(
        {.verbs = Verb::Write,
         .pattern = "login",
         .handle = login,
         .openVerbs = Verb::Write,
         .loginAlias = [](const mount::Request& request, const route::Captures&) { return roleIdOf(request); },
         .loginRole = roleOfLogin,
         .fields = route::FieldList{{"role_id", FieldType::Text, "The id of the role."}, {"secret_id", FieldType::Text, "A secret id of the role."}},
         .help = "Logs a program in: `role_id` and `secret_id` for a token with the role's policies."});
    table.add({.verbs = Verb::Renew, .pattern = "login", .handle = renew});
}

} // namespace core::auth::approle
