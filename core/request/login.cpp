#include "core/request/login.h"

#include "core/base/ascii.h"
#include "core/identity/entity_rows.h"
#include "core/identity/login.h"
#include "core/token/ttl.h"

#include <algorithm>

namespace core::request {
namespace {

using mount::Auth;
using mount::Response;

constexpr const char* kNoLocalEntity =
    "primary cluster doesn't yet issue entities for local auth mounts; falling back to not issuing entities for local "
    "auth mounts"; // Vault's text

/// Lower case, sorted, each once. Contains `default` unless the method excludes it.
std::vector<std::string> sanitized(std::vector<std::string> policies, bool hasNoDefault)
{
    for (auto& policy : policies) policy = lowerCased(policy);
    if (!hasNoDefault) policies.emplace_back("default");
    std::erase(policies, "");
    std::sort(policies.begin(), policies.end());
    policies.erase(std::unique(policies.begin(), policies.end()), policies.end());
    return policies;
}

/// The type that the method asks for, if the mount leaves the choice to it.
token::TokenType typeOf(const Auth& auth, const std::string& mountType)
{
    if (mountType == "service") return token::TokenType::Service;
    if (mountType == "batch") return token::TokenType::Batch;
    const bool isBatch = auth.tokenType == "batch" || auth.tokenType == "default-batch" ||
                         (auth.tokenType != "service" && auth.tokenType != "default-service" && mountType == "default-batch");
    return isBatch ? token::TokenType::Batch : token::TokenType::Service;
}

/// "userpass-bob"
std::string displayName(const mount::MountRoute& route, const Auth& auth)
{
    std::string name = route.entry.path.substr(std::string_view{"auth/"}.size()) + auth.displayName;
    std::replace(name.begin(), name.end(), '/', '-');
    while (name.ends_with('-')) name.pop_back();
    return name;
}

} // namespace

Outcome issueToken(const barrier::Scope& scope, token::TokenStore& tokens, const mount::MountRoute& route, const mount::Request& request,
                   WallTime now, Response& response)
{
    auto& auth = *response.auth;
    const auto type = typeOf(auth, route.entry.tokenType);
    const bool isBatch = type == token::TokenType::Batch;
    auto policies = sanitized(auth.policies, auth.hasNoDefaultPolicy);
    // An auth method must never make a root token, not even one that an operator has misconfigured.
    if (std::find(policies.begin(), policies.end(), "root") != policies.end()) {
        return Response::badRequest("auth methods cannot create root tokens");
    }
    auto ttl = token::computeTtl({.increment = {},
                                  .roleTtl = auth.ttl,
                                  .roleMax = auth.maxTtl,
                                  .explicitMax = isBatch ? std::chrono::seconds{0} : auth.explicitMaxTtl,
                                  .period = isBatch ? std::chrono::seconds{0} : auth.period,
                                  .mountDefault = route.defaultLeaseTtl,
                                  .mountMax = route.maxLeaseTtl,
                                  .start = now,
                                  .now = now});
    if (!ttl) return Response::badRequest(ttl.error().detail);

    token::TokenEntry draft;
    draft.type = type;
    draft.policies = policies;
    draft.path = request.path;
    draft.metadata = auth.metadata;
    draft.displayName = displayName(route, auth);
    draft.usesLeft = isBatch ? 0 : auth.useCount;
    draft.createdAt = now;
    draft.issuedAt = now;
    draft.creationTtl = ttl->ttl;
    draft.explicitMaxTtl = isBatch ? std::chrono::seconds{0} : auth.explicitMaxTtl;
    draft.period = isBatch ? std::chrono::seconds{0} : auth.period;
    draft.expiresAt = laterBy(now, ttl->ttl);
    draft.entityId = auth.entityId;
    draft.boundCidrs = auth.boundCidrs;
    draft.isRenewable = auth.isRenewable && !isBatch;
    auto made = tokens.create(scope, std::move(draft));
    if (!made) return std::move(made).error();

    auth.clientToken = made->id;
    auth.accessor = made->accessor;
    auth.policies = std::move(policies);
    auth.displayName = made->displayName;
    auth.ttl = ttl->ttl;
    auth.tokenType = isBatch ? "batch" : "service";
    auth.isRenewable = made->isRenewable;
    auth.isOrphan = true;
    auth.useCount = made->usesLeft;
    response.warnings.insert(response.warnings.end(), ttl->warnings.begin(), ttl->warnings.end());
    return {};
}

Result<Response> addEntity(const barrier::Scope& scope, const mount::MountRoute& route, Random& random, WallTime now, Response response)
{
    if (response.isError || !response.auth || response.auth->aliasName.empty() || !response.auth->entityId.empty()) return response;
    auto refused = identity::setEntity(scope, route.entry, random, now, *response.auth);
    // The primary cannot do the login, because it has no such mount, or does not know the credential.
    const bool isOnlyHere = route.entry.isLocal || response.auth->isCredentialLocal;
    if (!refused && refused.error().code == ErrorCode::ReadOnly && isOnlyHere) {
        response.warnings.emplace_back(kNoLocalEntity);
        return response;
    }
    if (!refused) return std::move(refused).error();
    return *refused ? std::move(**refused) : std::move(response);
}

Result<> addIdentityPolicies(const barrier::Scope& scope, identity::Directory& directory, Auth& auth)
{
    if (auth.entityId.empty()) return {};
    // A login can have made the entity, or changed its groups, in this transaction.
    const auto& writes = scope.transaction().writes();
    const auto from = "s/" + std::string{identity::kIdentityFolder};
    const auto first = writes.lower_bound(from);
    const bool isChanged = first != writes.end() && first->first.starts_with(from);
    auto profile = isChanged ? identity::Profile::load(scope, auth.entityId) : directory.find(scope, auth.entityId);
    if (!profile) return std::move(profile).error();
    if (*profile) auth.identityPolicies = (*profile)->policies();
    return {};
}

} // namespace core::request
