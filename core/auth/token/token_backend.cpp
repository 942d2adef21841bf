#include "core/auth/token/token_backend.h"

#include "core/auth/token/token_role.h"
#include "core/base/cidr.h"
#include "core/token/token_lease.h"
#include "core/token/ttl.h"

#include <algorithm>

namespace core::auth {
namespace {

namespace json = boost::json;
using mount::Response;
using policy::Operation;
using std::chrono::seconds;

constexpr const char* kTidyStarted =
    "Tidy operation successfully started. Any information from the operation will be printed to Vault's server logs.";

json::array toArray(const std::vector<std::string>& items)
{
    json::array array;
    for (const auto& item : items) array.emplace_back(item);
    return array;
}

json::object describe(const token::TokenEntry& entry, WallTime now)
{
    json::object meta;
    for (const auto& [key, value] : entry.metadata) meta[key] = value;
    json::object data{
        {"id", entry.id},
        {"accessor", entry.accessor},
        {"policies", toArray(entry.policies)},
        {"path", entry.path},
        {"meta", entry.metadata.empty() ? json::value(nullptr) : json::value(std::move(meta))},
        {"display_name", entry.displayName},
        {"num_uses", std::max<std::int64_t>(entry.usesLeft, 0)},
        {"orphan", entry.parent.empty()},
        {"creation_time", toUnixSeconds(entry.createdAt)},
        {"creation_ttl", entry.creationTtl.count()},
        {"expire_time", nullptr},
        {"ttl", 0},
        {"explicit_max_ttl", entry.explicitMaxTtl.count()},
        {"entity_id", entry.entityId},
        {"type", entry.type == token::TokenType::Batch ? "batch" : "service"},
    };
    if (entry.expires()) {
        data["expire_time"] = toRfc3339(entry.expiresAt);
        data["ttl"] = std::chrono::floor<seconds>(entry.expiresAt - now).count();
    }
    if (token::hasLease(entry) || entry.type == token::TokenType::Batch) {
        data["issue_time"] = toRfc3339(entry.createdAt);
        data["renewable"] = entry.isRenewable;
    }
    if (!entry.role.empty()) data["role"] = entry.role;
    if (entry.period > seconds{0}) data["period"] = entry.period.count();
    if (!entry.boundCidrs.empty()) {
        json::array cidrs;
        for (const auto& cidr : entry.boundCidrs) cidrs.emplace_back(normalizedCidr(cidr).value_or(cidr));
        data["bound_cidrs"] = std::move(cidrs);
    }
    if (entry.issuedAt != entry.createdAt) {
        data["last_renewal"] = toRfc3339(entry.issuedAt);
        data["last_renewal_time"] = toUnixSeconds(entry.issuedAt);
    }
    return data;
}

bool isBatch(std::string_view id)
{
    return id.starts_with("hvb.");
}

Response invalidAccessor()
{
    return Response::badRequest("1 error occurred:\n\t* invalid accessor\n\n");
}

/// The text of a field; all fields of these calls are texts.
std::string textOf(const mount::Request& request, std::string_view name)
{
    mount::Fields fields{request.data};
    return fields.textOr(name, {});
}

} // namespace

Result<Response> TokenBackend::show(const token::TokenEntry& entry, const mount::Context& context)
{
    auto data = describe(entry, context.clock.now());
    if (entry.entityId.empty()) return Response::ofData(std::move(data));
    auto profile = m_services.directory.find(*context.system, entry.entityId);
    if (!profile) return std::move(profile).error();
    if (*profile && !(*profile)->policies().empty()) data["identity_policies"] = toArray((*profile)->policies());
    return Response::ofData(std::move(data));
}

Result<Response> TokenBackend::lookupSelf(const mount::Request& request, mount::Context& context)
{
    return show(*request.token, context);
}

Result<Response> TokenBackend::lookup(const mount::Request& request, mount::Context& context)
{
    const auto id = textOf(request, "token");
    if (id.empty() || id == request.clientToken) return lookupSelf(request, context);
    const WallTime now = context.clock.now();
    auto entry = m_services.tokens.find(*context.system, id, now);
    if (!entry) return entry.error();
    if (!*entry) return Response::error(403, "bad token");
    return show(**entry, context);
}

Result<Response> TokenBackend::lookupAccessor(const mount::Request& request, mount::Context& context)
{
    const auto accessor = textOf(request, "accessor");
    if (accessor.empty()) return Response::badRequest("missing accessor");
    const WallTime now = context.clock.now();
    auto entry = m_services.tokens.findByAccessor(*context.system, accessor, now);
    if (!entry) return entry.error();
    if (!*entry) return invalidAccessor();
    return show(**entry, context);
}

Result<Response> TokenBackend::renew(const mount::Request& request, mount::Context& context, bool isSelf)
{
    auto id = isSelf ? request.clientToken : textOf(request, "token");
    if (id.empty()) return Response::badRequest("missing token ID");
    if (isBatch(id)) return Response::badRequest("batch tokens cannot be renewed");
    auto salted = m_services.tokens.saltedId(*context.system, id);
    if (!salted) return salted.error();
    auto entry = m_services.tokens.find(*context.system, id, context.clock.now());
    if (!entry) return entry.error();
    if (!*entry) return Response::badRequest("token not found");
    return renewEntry(request, context, *salted, **entry);
}

Result<Response> TokenBackend::renewAccessor(const mount::Request& request, mount::Context& context)
{
    const auto accessor = textOf(request, "accessor");
    if (accessor.empty()) return Response::badRequest("missing accessor");
    auto salted = m_services.tokens.saltedIdOfAccessor(*context.system, accessor);
    if (!salted) return salted.error();
    if (!*salted) return invalidAccessor();
    auto entry = m_services.tokens.findBySaltedId(*context.system, **salted, context.clock.now());
    if (!entry) return entry.error();
    if (!*entry) return invalidAccessor();
    return renewEntry(request, context, **salted, **entry);
}

Result<std::optional<Response>> TokenBackend::askMethod(const mount::Request& request, mount::Context& context, const mount::MountRoute* route,
                                                        const token::TokenEntry& entry) const
{
    if (!route || !entry.path.starts_with("auth/") || route->backend.get() == this) return std::optional<Response>{};
    mount::Request question;
    question.id = request.id;
    question.operation = Operation::Renew;
    question.path = entry.path;
    question.mountPoint = route->entry.path;
    question.relativePath = entry.path.substr(route->entry.path.size());
    question.token = std::make_shared<const token::TokenEntry>(entry);
    mount::RouteContext there{*route, *context.system, context.clock, context.random};
    auto answer = route->backend->handle(question, there.context());
    if (!answer) return std::move(answer).error();
    return std::optional<Response>{std::move(*answer)};
}

Result<Response> TokenBackend::renewEntry(const mount::Request& request, mount::Context& context, const std::string& saltedId,
                                          const token::TokenEntry& entry)
{
    mount::Fields fields{request.data};
    const auto increment = fields.wholeSeconds("increment").value_or(std::chrono::seconds{0});
    if (fields.refusal()) return *fields.refusal();
    if (!entry.expires()) return Response::badRequest("invalid lease ID"); // nothing to end, so no lease
    if (!entry.isRenewable) return Response::badRequest("lease is not renewable");

    token::TokenEntry renewed = entry;
    if (!entry.role.empty()) {
        // The present role counts, not the role at the time of creation.
        auto role = loadTokenRole(context, entry.role);
        if (!role) return role.error();
        if (!*role) {
            return Response::badRequest("original token role \"" + entry.role + "\" could not be found, not renewing");
        }
        renewed.period = (*role)->period;
        renewed.explicitMaxTtl = (*role)->explicitMaxTtl;
    }
    const auto route = m_services.router.find(entry.path);
    auto method = askMethod(request, context, route.get(), entry);
    if (!method) return method.error();
    if (*method && (*method)->isError) return std::move(**method);
    auto roleTtl = entry.creationTtl;
    seconds roleMax{0};
    if (*method && (*method)->auth) {
        roleTtl = (*method)->auth->ttl;
        roleMax = (*method)->auth->maxTtl;
        renewed.period = (*method)->auth->period;
    }
    const WallTime now = context.clock.now();
    auto ttl = token::computeTtl({.increment = increment,
                                  .roleTtl = roleTtl,
                                  .roleMax = roleMax,
                                  .explicitMax = renewed.explicitMaxTtl,
                                  .period = renewed.period,
                                  .mountDefault = route ? route->defaultLeaseTtl : context.defaultLeaseTtl,
                                  .mountMax = route ? route->maxLeaseTtl : context.maxLeaseTtl,
                                  .start = entry.createdAt,
                                  .now = now});
    if (!ttl) return Response::badRequest(ttl.error().detail);
    renewed.issuedAt = now;
    renewed.expiresAt = laterBy(now, ttl->ttl);
    if (auto stored = m_services.tokens.replace(*context.system, saltedId, entry, renewed); !stored) return stored.error();

    Response response;
    response.warnings = std::move(ttl->warnings);
    mount::Auth auth;
    auth.clientToken = entry.id;
    auth.accessor = entry.accessor;
    auth.policies = entry.policies;
    auth.metadata = entry.metadata;
    auth.displayName = entry.displayName;
    auth.ttl = ttl->ttl;
    auth.explicitMaxTtl = renewed.explicitMaxTtl;
    auth.period = renewed.period;
    auth.useCount = std::max<std::int64_t>(entry.usesLeft, 0);
    auth.tokenType = "service";
    auth.entityId = entry.entityId;
    auth.isRenewable = true;
    auth.isOrphan = entry.parent.empty();
    response.auth = std::move(auth);
    return response;
}

Result<Response> TokenBackend::revoke(const mount::Request& request, mount::Context& context, bool isSelf)
{
    const auto id = isSelf ? request.clientToken : textOf(request, "token");
    if (id.empty()) return Response::badRequest("missing token ID");
    if (isBatch(id)) return Response::badRequest("batch tokens cannot be revoked");
    auto salted = m_services.tokens.saltedId(*context.system, id);
    if (!salted) return salted.error();
    if (auto revoked = m_services.tokens.revoke(*context.system, *salted); !revoked) return revoked.error();
    return Response{};
}

Result<Response> TokenBackend::revokeAccessor(const mount::Request& request, mount::Context& context)
{
    const auto accessor = textOf(request, "accessor");
    if (accessor.empty()) return Response::badRequest("missing accessor");
    auto salted = m_services.tokens.saltedIdOfAccessor(*context.system, accessor);
    if (!salted) return salted.error();
    if (!*salted) return invalidAccessor();
    if (auto revoked = m_services.tokens.revoke(*context.system, **salted); !revoked) return revoked.error();
    return Response{};
}

Result<Response> TokenBackend::revokeOrphan(const mount::Request& request, mount::Context& context)
{
    const auto id = textOf(request, "token");
    if (id.empty()) return Response::badRequest("missing token ID");
    if (!request.hasSudo && !request.token->isRoot()) {
        return Response::badRequest("root or sudo privileges required to revoke and orphan");
    }
    if (isBatch(id)) return Response::badRequest("batch tokens cannot be revoked");
    auto entry = m_services.tokens.find(*context.system, id, context.clock.now());
    if (!entry) return entry.error();
    if (!*entry) return Response::badRequest("token to revoke not found");
    auto salted = m_services.tokens.saltedId(*context.system, id);
    if (!salted) return salted.error();
    if (auto revoked = m_services.tokens.revokeOrphan(*context.system, *salted); !revoked) return revoked.error();
    return Response{};
}

Result<Response> TokenBackend::listAccessors(mount::Context& context)
{
    auto accessors = m_services.tokens.accessors(*context.system);
    if (!accessors) return accessors.error();
    return mount::keysAnswer(*accessors);
}

Result<Response> TokenBackend::tidy()
{
    Response response;
    response.status = 202;
    response.warnings.emplace_back(m_services.requestTidy() ? kTidyStarted : "Tidy operation already in progress.");
    return response;
}

} // namespace core::auth
