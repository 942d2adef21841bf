#include "core/request/request_checks.h"

#include "core/base/cidr.h"
#include "core/replication/scope/forward_bounds.h"
#include "core/replication/scope/path_filters.h"
#include "core/request/answers.h"
#include "core/request/rate_limit.h"

#include <algorithm>

namespace core::request {
namespace {

using mount::Response;
using policy::Operation;

constexpr std::string_view kWrappingLookup = "sys/wrapping/lookup";
constexpr std::string_view kWrappingPaths[] = {kWrappingLookup, "sys/wrapping/unwrap", "sys/wrapping/rewrap"};
constexpr const char* kDisabledOnDr = "path disabled in replication DR secondary mode";

/// True if secondaries can change shared data of the mount here. Tokens and local mounts belong to this cluster only. sys/ decides per route.
bool isForwardable(const mount::MountRoute& route, std::string_view path)
{
    if (route.entry.isLocal || route.entry.type == "cubbyhole") return false;
    return route.entry.type != "token" || path.starts_with("auth/token/roles/");
}

std::string_view headerOf(const mount::Request& request, std::string_view name)
{
    for (const auto& header : request.headers) {
        if (header.name == name) return header.value;
    }
    return {};
}

Response invalidWrapping(std::string_view why)
{
    return Response::error(403, "error validating wrapping token: " + std::string{why});
}

} // namespace

RequestChecks::RequestChecks(RequestState& state)
    : m_state{state}
    , m_services{state.services}
    , m_request{state.request}
    , m_operationAsked{state.request.operation}
{}

Outcome RequestChecks::admit()
{
    const bool isOnDrSecondary = m_services.roles.isDrSecondary();
    if (!isOnDrSecondary && !m_state.isForwardedHere) {
        // Before findMount(), because the index can be of the write that made the mount:
        //   1. A client mounts at the primary and gets the index. It reads from the mount here, with that index.
        //   2. The router is asked, and does not have the mount yet.
        //   3. The record of the mount is applied here.
        //   4. The index is compared, and is present. The client would get 404 for its own mount.
        if (auto outcome = checkHeaders(); !outcome.continues()) return outcome;
    }
    findMount();
    if (isOnDrSecondary) return admitOnDrSecondary();
    if (m_state.isForwardedHere) return admitForwarded(); // the cluster that the client called has counted it
    if (auto outcome = limitRate(); !outcome.continues()) return outcome;
    if (isWrappingCall()) {
        if (auto outcome = prepareWrapping(); !outcome.continues()) return outcome;
    }
    return isUnauthenticated() ? readOptionalToken() : checkToken();
}

void RequestChecks::findMount()
{
    m_state.route = m_services.router.find(m_request.path);
    if (!m_state.route) return;
    const auto& point = m_state.route->entry.path;
    m_request.mountPoint = point;
    m_request.relativePath = m_request.path.size() > point.size() ? m_request.path.substr(point.size()) : std::string{};
}

Outcome RequestChecks::admitOnDrSecondary() const
{
    const auto& route = m_state.route;
    const bool isAnswered = route && route->backend->isOnDrSecondary(m_request.operation, m_request.relativePath);
    if (m_state.isForwardedHere || !isAnswered) return Outcome::unheard(Response::badRequest(kDisabledOnDr));
    return {};
}

Outcome RequestChecks::admitForwarded()
{
    auto& route = m_state.route;
    if (m_services.scopeOf) m_scope = m_services.scopeOf(m_request.replicationCluster);
    // A mount that a filter withholds from a secondary does not exist for the secondary's requests either.
    if (route && m_scope && !replication::isSingleton(route->entry) && !m_scope->carriesMount(route->entry.uuid)) route.reset();
    if (route && !isForwardable(*route, m_request.path)) return permissionDenied();
    if (isUnauthenticated()) return {};
    // Only the cluster that made the token knows it. Only this cluster knows for sure what the token's policies allow now.
    if (!m_request.token) return permissionDenied();
    m_needsPolicies = true;
    auto transaction = m_services.store.begin();
    const auto here = m_state.scope(transaction);
    auto bound = replication::ForwardBounds{here}.find(m_request.replicationCluster);
    if (!bound) return std::move(bound).error();
    if (!*bound) return {};
    auto acl = m_services.policies.acl(here, **bound);
    if (!acl) return std::move(acl).error();
    m_bound = std::move(*acl);
    return {};
}

Outcome RequestChecks::limitRate()
{
    auto* quotas = m_services.quotas;
    if (!quotas || quotas->rates().isEmpty()) return {};
    auto role = loginRole();
    if (!role) return std::move(role).error();
    auto verdict = quotas->rates().count(askedOf(m_request, m_state.route.get(), *role), m_services.clock.steadyNow());
    if (verdict.isRefused) {
        auto refusal = rateRefusal(m_request, verdict);
        return verdict.isAudited ? Outcome{std::move(refusal)} : Outcome::unheard(std::move(refusal));
    }
    m_state.addedHeaders = std::move(verdict.headers);
    return {};
}

/// Only a mount with a rule for a role costs a look into the storage.
Result<std::string> RequestChecks::loginRole()
{
    const auto& route = m_state.route;
    const bool isWrite = m_request.operation == Operation::Update || m_request.operation == Operation::Create;
    if (!route || !isWrite || !m_services.quotas->rates().needsRole(route->entry.path)) return std::string{};
    auto transaction = m_services.store.begin();
    mount::RouteContext context{*route, m_state.scope(transaction), m_services.clock, m_services.random};
    return route->backend->loginRole(m_request, context.context());
}

bool RequestChecks::isWithinScope() const
{
    if (!m_state.isForwardedHere || !m_scope) return true;
    // A hostile secondary could ask for any path. What counts is what the request wrote, so the written keys are checked.
    return std::ranges::none_of(m_state.transaction->writes(), [this](const auto& write) {
        const auto mount = replication::mountOf(merkle::treeOf(write.first));
        return !mount.empty() && m_scope->holdsBackMount(mount);
    });
}

Outcome RequestChecks::checkHeaders() const
{
    // The cluster's only node is its active one, so there is nothing to forward. The headers are refused unless the configuration allows them.
    std::string refused;
    if (!headerOf(m_request, "x-vault-forward").empty()) refused = "X-Vault-Forward";
    else if (headerOf(m_request, "x-vault-inconsistent") == "forward-active-node") refused = "X-Vault-Inconsistent=forward-active-node";
    if (!refused.empty() && !m_services.isForwardingByHeaderAllowed) {
        return Outcome::unheard(Response::badRequest("forwarding via header " + refused + " disabled in configuration"));
    }
    if (m_request.stateHeaders.empty() || m_state.pipeline.hasStates(m_request.stateHeaders)) return {};
    return Outcome::unheard(Response::error(412, "required index state not present"));
}

bool RequestChecks::isUnauthenticated() const
{
    return m_state.route && m_state.route->backend->isUnauthenticated(m_request.operation, m_request.relativePath);
}

bool RequestChecks::isWrappingCall() const
{
    return std::ranges::find(kWrappingPaths, m_request.path) != std::end(kWrappingPaths);
}

Outcome RequestChecks::prepareWrapping()
{
    auto* given = m_request.data.if_contains("token");
    if (given && !given->is_null() && !given->is_string()) return invalidWrapping("could not decode token in request body");
    const bool isGiven = given && given->is_string();
    if (isGiven && given->as_string().empty()) return invalidWrapping("empty token in request body");
    if (!isGiven && m_request.clientToken.empty()) return invalidWrapping("token is empty");

    auto transaction = m_services.store.begin();
    const auto here = m_state.scope(transaction);
    auto own = m_services.wrapping.tokenBehind(here, m_request.clientToken);
    if (!own) return std::move(own).error();
    auto wanted = own;
    if (isGiven) {
        wanted = m_services.wrapping.tokenBehind(here, std::string_view{given->as_string()});
        if (!wanted) return std::move(wanted).error();
    }
    if (!*own) return refuseWrappingToken(here, m_request.clientToken);
    const std::string text = isGiven ? std::string{given->as_string()} : m_request.clientToken;
    if (!*wanted) return refuseWrappingToken(here, text);
    auto wrapped = m_services.wrapping.lookup(here, **wanted, m_state.now);
    if (!wrapped) return std::move(wrapped).error();
    if (!*wrapped) return refuseWrappingToken(here, text);

    m_request.clientToken = **own;
    if (isGiven) {
        // If the request's token is also the one in the body, the call must end that token and get nothing.
        *given = **wanted;
        m_endsOwnToken = **own == **wanted && m_request.path != kWrappingLookup;
    }
    return {};
}

Outcome RequestChecks::refuseWrappingToken(const barrier::Scope& here, std::string_view token) const
{
    auto why = m_services.wrapping.refusalOf(here, token, m_state.now);
    if (!why) return std::move(why).error();
    auto response = Response::badRequest(std::string{token::kInvalidWrappingToken}); // as clients know it
    if (!why->empty()) response.headers.emplace_back(std::string{token::kWrappingRefusalHeader}, *why);
    return response;
}

/// Some answers say more to a valid token with more rights. An invalid token counts as none.
Outcome RequestChecks::readOptionalToken()
{
    if (m_request.clientToken.empty()) return {};
    auto transaction = m_services.store.begin();
    auto token = m_services.tokens.check(m_state.scope(transaction), m_request.clientToken, m_state.now);
    if (!token) return std::move(token).error();
    if (*token && ((*token)->boundCidrs.empty() || isInAnyCidr(m_request.remoteAddress, (*token)->boundCidrs))) m_request.token = *token;
    return {};
}

Outcome RequestChecks::checkToken()
{
    m_needsPolicies = true;
    const auto beganAt = m_services.clock.steadyNow();
    auto transaction = m_services.store.begin();
    auto token = m_services.tokens.check(m_state.scope(transaction), m_request.clientToken, m_state.now);
    if (m_services.meters) m_services.meters->tokenLookups.add(m_services.clock.steadyNow() - beganAt);
    if (!token) return std::move(token).error();
    if (!*token || !isFromBoundAddress(**token)) return permissionDenied();
    m_request.token = std::move(*token);
    return {};
}

bool RequestChecks::isFromBoundAddress(const token::TokenEntry& entry) const
{
    const bool isBound = !entry.boundCidrs.empty() && !(entry.isRoot() && !entry.expires());
    return !isBound || isInAnyCidr(m_request.remoteAddress, entry.boundCidrs);
}

bool RequestChecks::needsUse() const
{
    return m_needsPolicies && !m_state.isForwardedHere && m_request.token->usesLeft > 0;
}

Outcome RequestChecks::takeUse(log::Transaction& transaction)
{
    auto used = m_services.tokens.takeUse(m_state.scope(transaction), m_request.clientToken, m_state.now);
    if (!used) return std::move(used).error();
    if (!*used) return permissionDenied(); // another request took the last one
    m_state.isLastUse = (*used)->usesLeft < 0;
    m_request.token = std::move(*used);
    return {};
}

Outcome RequestChecks::loadPolicies()
{
    const auto beganAt = m_services.clock.steadyNow();
    auto transaction = m_services.store.begin();
    auto rights = m_services.rights.of(m_state.scope(transaction), *m_request.token);
    if (m_services.meters) m_services.meters->policyLoads.add(m_services.clock.steadyNow() - beganAt);
    if (!rights) return std::move(rights).error();
    m_request.identityPolicies = rights->addedPolicies();
    if (rights->isRefused) return permissionDenied();
    m_acl = std::move(rights->acl);
    if (m_request.token->madeBy.empty()) return {};
    auto bound = replication::boundOfMaker(m_state.scope(transaction), m_services.policies, *m_request.token);
    if (!bound) return std::move(bound).error();
    m_bound = std::move(*bound);
    return {};
}

Outcome RequestChecks::decide()
{
    const auto& route = m_state.route;
    if (route && (m_operationAsked == Operation::Create || m_operationAsked == Operation::Update)) {
        auto isThere = route->backend->exists(m_request, m_state.context());
        if (!isThere) return std::move(isThere).error();
        m_request.operation = isThere->value_or(true) ? Operation::Update : Operation::Create;
    }
    if (!m_acl && m_needsPolicies) return policyDenied();
    if (!m_acl) return {}; // a route that needs no token
    m_isPolicyChecked = true;
    const policy::AclRequest asked{
        .path = m_request.path, .operation = m_request.operation, .data = &m_request.data, .wrappingTtl = m_request.wrapTtl};
    m_decision = m_acl->allow(asked);
    if (m_bound) m_decision = m_decision.within(m_bound->allow(asked));
    // Help says nothing about stored data, so it needs no sudo, even if the path itself does.
    if (m_decision.isAllowed && route && !m_decision.isRoot && !m_decision.hasSudo && m_request.operation != Operation::Help &&
        route->sudo.contains(m_request.relativePath)) {
        m_decision.isAllowed = false;
    }
    m_request.hasSudo = m_decision.isRoot || m_decision.hasSudo;
    if (!m_decision.isAllowed) return policyDenied();
    return {};
}

} // namespace core::request
