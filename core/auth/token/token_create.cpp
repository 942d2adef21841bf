#include "core/auth/token/token_backend.h"
#include "core/auth/token/token_policies.h"
#include "core/base/ascii.h"
#include "core/base/duration.h"
#include "core/base/name.h"
#include "core/identity/entity.h"
#include "core/identity/login.h"
#include "core/mount/ignored_fields.h"
#include "core/token/ttl.h"

#include <algorithm>
#include <array>

namespace core::auth {
namespace {

using mount::Response;
using std::chrono::seconds;

constexpr std::array<std::string_view, 6> kReservedPrefixes = {"hvs.", "hvb.", "hvr.", "s.", "b.", "r."};
/// Every field that readParameters() reads.
constexpr std::array<std::string_view, 14> kFields = {"id",        "policies",     "meta",     "no_parent",        "no_default_policy",
                                                      "renewable", "lease",        "ttl",      "explicit_max_ttl", "period",
                                                      "type",      "display_name", "num_uses", "entity_alias"};
constexpr const char* kCustomIdWarning =
    "Supplying a custom ID for the token uses the weaker SHA1 hashing instead of the more secure SHA2-256 HMAC for token obfuscation. "
    "SHA1 hashed tokens on the wire leads to less secure lookups.";

/// The fields of a creation, read and checked on their own.
struct TokenParameters {
    std::string id;
    std::vector<std::string> policies;
    std::map<std::string, std::string> metadata;
    bool isParentless = false;
    bool hasNoDefaultPolicy = false;
    bool isRenewable = true;
    seconds ttl{0};
    seconds explicitMaxTtl{0};
    seconds period{0};
    std::string type;
    std::string displayName = "token";
    std::int64_t useCount = 0;
    std::string entityAlias;
};

std::string cleanDisplayName(std::string_view name)
{
    std::string clean = name.empty() ? std::string{"token"} : "token-" + std::string{name};
    for (auto& c : clean) {
        const bool isPlain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
        if (!isPlain) c = '-';
    }
    if (clean.ends_with('-')) clean.pop_back();
    return clean;
}

std::optional<Response> readParameters(const boost::json::object& data, TokenParameters& wanted)
{
    mount::Fields fields{data};
    wanted.id = fields.textOr("id", {});
    wanted.policies = fields.list("policies").value_or(std::vector<std::string>{});
    wanted.metadata = fields.map("meta").value_or(std::map<std::string, std::string>{});
    wanted.isParentless = fields.booleanOr("no_parent", false);
    wanted.hasNoDefaultPolicy = fields.booleanOr("no_default_policy", false);
    wanted.isRenewable = fields.booleanOr("renewable", true);
    wanted.type = fields.textOr("type", {});
    wanted.displayName = cleanDisplayName(fields.textOr("display_name", {}));
    wanted.useCount = fields.integer("num_uses").value_or(0);
    wanted.entityAlias = fields.textOr("entity_alias", {});
    const std::string_view ttlName = fields.has("ttl") || !fields.has("lease") ? "ttl" : "lease";
    const auto read = [&](std::string_view name, std::string_view shownName, seconds& into) -> std::optional<Response> {
        const auto text = fields.text(name);
        if (!text || text->empty()) return std::nullopt;
        const auto value = parseDuration(*text);
        if (!value) return Response::badRequest(value.error().detail); // only text, as in Vault
        if (value->count() < 0) return Response::badRequest(std::string{shownName} + " must be positive");
        into = std::chrono::floor<seconds>(*value);
        return std::nullopt;
    };
    if (auto refused = read(ttlName, "ttl", wanted.ttl)) return refused;
    if (auto refused = read("explicit_max_ttl", "explicit_max_ttl", wanted.explicitMaxTtl)) return refused;
    if (auto refused = read("period", "period", wanted.period)) return refused;
    if (fields.refusal()) return fields.refusal();
    if (wanted.useCount < 0) return Response::badRequest("number of uses cannot be negative");
    return std::nullopt;
}

/// Warns of fields that nothing reads and, with a role, of fields that the role overrides.
void warnOfIgnored(const boost::json::object& data, const TokenParameters& wanted, const TokenRole* role, bool isBatch, Response& response)
{
    auto names = mount::unknownFields(data, kFields);
    if (role && data.contains("renewable") && wanted.isRenewable && (isBatch || !role->isRenewable)) names.emplace_back("renewable");
    if (names.empty()) return;
    std::sort(names.begin(), names.end());
    response.warnings.push_back(mount::ignoredWarning(names));
}

/// The smaller of the two that are set.
template<class T>
T lesser(T left, T right)
{
    if (left == T{}) return right;
    if (right == T{}) return left;
    return std::min(left, right);
}

std::optional<token::TokenType> typeOf(const TokenParameters& wanted, const TokenRole* role)
{
    std::string type = wanted.type;
    if (role) {
        if (role->tokenType == "service" || role->tokenType == "batch") {
            type = role->tokenType;
        } else if (type.empty()) {
            type = role->tokenType == "default-batch" ? "batch" : "service";
        }
    }
    if (type.empty() || type == "service") return token::TokenType::Service;
    if (type == "batch") return token::TokenType::Batch;
    return std::nullopt;
}

std::optional<Response> refusalOfId(const std::string& id, bool isSudo)
{
    if (id.empty()) return std::nullopt;
    if (!isSudo) return Response::badRequest("root or sudo privileges required to specify token id");
    for (const auto prefix : kReservedPrefixes) {
        if (id.starts_with(prefix)) return Response::badRequest("custom token ID cannot have the '" + std::string{prefix} + "' prefix");
    }
    if (auto why = nameRefusal("custom token ID", id); !why.empty()) return Response::badRequest(std::move(why));
    if (id.find('.') != std::string::npos) return Response::badRequest("custom token ID cannot have a '.' in the value");
    return std::nullopt;
}

std::optional<Response> refusalOfBatch(const TokenParameters& wanted)
{
    const auto refuse = [](std::string_view name) { return Response::badRequest("batch tokens cannot have \"" + std::string{name} + "\" set"); };
    if (wanted.explicitMaxTtl > seconds{0}) return refuse("explicit_max_ttl");
    if (wanted.useCount > 0) return refuse("num_uses");
    if (wanted.period > seconds{0}) return refuse("period");
    return std::nullopt;
}

/// Combines role and request: the smaller value wins, with a warning if both have one.
void joinWithRole(TokenParameters& wanted, const TokenRole& role, Response& response)
{
    const auto join = [&](seconds& asked, seconds given, std::string_view what) {
        if (asked > seconds{0} && given > seconds{0}) {
            response.warnings.push_back(std::string{what} + " specified both during creation call and in role; using the lesser value of " +
                                        std::to_string(std::min(asked, given).count()) + " seconds");
        }
        asked = lesser(asked, given);
    };
    join(wanted.explicitMaxTtl, role.explicitMaxTtl, "Explicit max TTL");
    join(wanted.period, role.period, "Period");
    wanted.useCount = lesser(wanted.useCount, role.useCount);
    wanted.isRenewable = wanted.isRenewable && role.isRenewable;
}

/// A '*' at either end of an item matches any text.
bool isListed(const std::vector<std::string>& items, std::string_view text)
{
    return std::ranges::any_of(items, [text](std::string_view item) {
        const bool isOpenBefore = item.starts_with('*');
        const bool isOpenAfter = item.size() > 1 && item.ends_with('*');
        if (isOpenBefore) item.remove_prefix(1);
        if (isOpenAfter) item.remove_suffix(1);
        if (isOpenBefore && isOpenAfter) return text.find(item) != std::string_view::npos;
        if (isOpenBefore) return text.ends_with(item);
        return isOpenAfter ? text.starts_with(item) : text == item;
    });
}

/// Sets the entity with this alias at the token mount, or a new one. Returns a refusal, or an empty optional.
Result<std::optional<Response>> setEntityOf(const std::string& alias, mount::Context& context, token::TokenEntry& draft)
{
    mount::Auth wanted;
    wanted.aliasName = alias;
    auto set = identity::setEntity(*context.system, context.mount, context.random, draft.createdAt, wanted);
    if (!set && set.error().code == ErrorCode::ReadOnly) { // tokens are this cluster's, so the primary cannot do the whole request
        return std::optional{Response::badRequest("no entity has the alias \"" + alias +
                                                  "\" at the token mount yet, and only the primary makes entities; write the alias to "
                                                  "identity/entity-alias first")};
    }
    if (!set) return std::move(set).error();
    draft.entityId = wanted.entityId;
    return std::move(*set);
}

std::string pathOf(const TokenRole* role, bool isOrphanPath)
{
    if (!role) return isOrphanPath ? "auth/token/create-orphan" : "auth/token/create";
    const std::string path = "auth/token/create/" + role->name;
    return role->pathSuffix.empty() ? path : path + "/" + role->pathSuffix;
}

} // namespace

Result<Response> TokenBackend::create(const mount::Request& request, mount::Context& context, bool isOrphanPath, std::string_view roleName)
{
    const auto& scope = *context.system;
    const auto& parent = *request.token;
    const WallTime now = context.clock.now();
    const bool isSudo = request.hasSudo || parent.isRoot();
    if (parent.type == token::TokenType::Batch) return Response::badRequest("batch tokens cannot create more tokens");
    if (parent.usesLeft != 0) return Response::badRequest("restricted use token cannot generate child tokens");

    std::optional<TokenRole> role;
    if (!roleName.empty()) {
        auto loaded = loadTokenRole(context, roleName);
        if (!loaded) return loaded.error();
        if (!*loaded) return Response::badRequest("unknown role " + std::string{roleName});
        role = std::move(*loaded);
    }
    const auto* rolePointer = role ? &*role : nullptr;

    TokenParameters wanted;
    if (auto refused = readParameters(request.data, wanted)) return *refused;
    if (!wanted.entityAlias.empty()) {
        if (!role) return Response::badRequest("'entity_alias' is only allowed in combination with token role");
        wanted.entityAlias = lowerCased(wanted.entityAlias);
        if (!isListed(role->allowedEntityAliases, wanted.entityAlias)) return Response::badRequest("invalid 'entity_alias' value");
    }
    if (auto refused = refusalOfId(wanted.id, isSudo)) return *refused;
    const auto type = typeOf(wanted, rolePointer);
    if (!type) return Response::badRequest("invalid 'token_type' value");
    const bool isBatch = *type == token::TokenType::Batch;
    if (isBatch) {
        if (auto refused = refusalOfBatch(wanted)) return *refused;
    }
    if (wanted.period > seconds{0} && !isSudo) {
        return Response::badRequest("root or sudo privileges required to create periodic token");
    }
    // With a role, the role decides about the parent. The request decides only without a role.
    if (role) wanted.isParentless = role->isOrphan;
    if (wanted.isParentless && !isSudo && !isOrphanPath && !role) {
        return Response::badRequest("root or sudo privileges required to create orphan token");
    }
    Response response;
    warnOfIgnored(request.data, wanted, rolePointer, isBatch, response);
    if (role) joinWithRole(wanted, *role, response);
    if (!wanted.id.empty()) response.warnings.emplace_back(kCustomIdWarning);

    auto policies = choosePolicies(
        {.requested = wanted.policies, .parent = parent, .role = rolePointer, .isSudo = isSudo, .hasNoDefaultPolicy = wanted.hasNoDefaultPolicy});
    if (!policies) return Response::badRequest(policies.error().detail);
    const auto has = [&](std::string_view name) { return std::find(policies->begin(), policies->end(), name) != policies->end(); };
    if (has(policy::kResponseWrappingPolicyName)) return Response::badRequest("cannot assign policy \"response-wrapping\"");
    const bool isRoot = has(policy::kRootPolicyName);
    if (isRoot) {
        if (!parent.isRoot()) return Response::badRequest("root tokens may not be created without parent token being root");
        if (isBatch) return Response::badRequest("batch tokens cannot be root tokens");
        if (parent.expires() && wanted.ttl == seconds{0} && wanted.period == seconds{0}) {
            return Response::badRequest("expiring root tokens cannot create non-expiring root tokens");
        }
        *policies = {std::string{policy::kRootPolicyName}};
    }
    for (const auto& name : *policies) {
        auto isThere = m_services.policies.exists(scope, name);
        if (!isThere) return isThere.error();
        if (!*isThere) response.warnings.push_back("Policy \"" + name + "\" does not exist");
    }

    token::TokenEntry draft;
    draft.id = wanted.id;
    draft.type = *type;
    draft.policies = std::move(*policies);
    draft.path = pathOf(rolePointer, isOrphanPath);
    draft.metadata = std::move(wanted.metadata);
    draft.displayName = std::move(wanted.displayName);
    draft.createdAt = now;
    draft.issuedAt = now;
    draft.role = role ? role->name : std::string{};
    if (!isOrphanPath && !wanted.isParentless) {
        auto salted = m_services.tokens.saltedId(scope, request.clientToken);
        if (!salted) return salted.error();
        draft.parent = std::move(*salted);
        draft.entityId = parent.entityId;
        draft.boundCidrs = parent.boundCidrs;
    }
    if (!wanted.entityAlias.empty()) {
        auto refused = setEntityOf(wanted.entityAlias, context, draft);
        if (!refused) return std::move(refused).error();
        if (*refused) return std::move(**refused);
    }
    if (role && !role->boundCidrs.empty()) draft.boundCidrs = role->boundCidrs;
    draft.isRenewable = wanted.isRenewable && !isBatch;
    if (!isBatch) {
        draft.usesLeft = wanted.useCount;
        draft.explicitMaxTtl = wanted.explicitMaxTtl;
        draft.period = wanted.period;
    }
    const bool isEternal = isRoot && wanted.ttl == seconds{0} && wanted.period == seconds{0} && wanted.explicitMaxTtl == seconds{0};
    if (isEternal) {
        draft.isRenewable = false;
    } else {
        auto ttl = token::computeTtl({.increment = wanted.ttl,
                                      .roleTtl = {},
                                      .roleMax = {},
                                      .explicitMax = draft.explicitMaxTtl,
                                      .period = draft.period,
                                      .mountDefault = context.defaultLeaseTtl,
                                      .mountMax = context.maxLeaseTtl,
                                      .start = now,
                                      .now = now});
        if (!ttl) return Response::badRequest(ttl.error().detail);
        draft.creationTtl = ttl->ttl;
        draft.expiresAt = laterBy(now, ttl->ttl);
        response.warnings.insert(response.warnings.end(), ttl->warnings.begin(), ttl->warnings.end());
    }

    if (m_services.leases && !isRoot && m_services.leases->isFull(request.path, {})) {
        return Response::error(429, quota::leaseLimitText(request.path));
    }
    auto made = m_services.tokens.create(scope, std::move(draft));
    if (!made) {
        if (made.error().code == ErrorCode::AlreadyExists) return Response::badRequest(made.error().detail);
        return made.error();
    }
    mount::Auth auth;
    auth.clientToken = made->id;
    auth.accessor = made->accessor;
    auth.policies = made->policies;
    auth.metadata = made->metadata;
    auth.displayName = made->displayName;
    auth.ttl = made->creationTtl;
    auth.explicitMaxTtl = made->explicitMaxTtl;
    auth.period = made->period;
    auth.useCount = made->usesLeft;
    auth.tokenType = isBatch ? "batch" : "service";
    auth.entityId = made->entityId;
    auth.isRenewable = made->isRenewable;
    auth.isOrphan = made->parent.empty();
    response.auth = std::move(auth);
    return response;
}

} // namespace core::auth
