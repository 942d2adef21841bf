#include "core/lease/lease_index.h"
#include "core/mount/retry.h"
#include "core/sys/routes/handlers.h"

#include "core/base/go_text.h"

#include <charconv>

namespace core::sys {
namespace {

namespace json = boost::json;
using lease::LeaseManager;
using mount::Response;
using token::TokenStore;

/// The lease of a call, from its body or else from its path. A refusal if there is none.
struct Wanted {
    std::string id;
    std::optional<Response> refusal;
};

Wanted wantedLease(Call& call)
{
    auto id = call.fields.textOr("lease_id", {});
    if (call.fields.refusal()) return {{}, *call.fields.refusal()};
    if (id.empty()) id = call.part("id");
    if (id.empty()) return {{}, Response::badRequest("lease_id must be specified")};
    return {std::move(id), std::nullopt};
}

/// 204 if the caller waits for it, 202 otherwise. In both cases the work is part of this transaction.
Response done(bool isAwaited)
{
    Response response;
    response.status = isAwaited ? 204 : 202;
    return response;
}

/// A transaction that can write this cluster's local data. Tokens are local data, even if another cluster has ended the mount that issued
/// them.
barrier::Scope ownScope(const Call& call)
{
    return {call.scope().transaction(), call.scope().barrier(), {.shared = call.scope().access().shared, .local = true}};
}

Result<Response> lookup(Call& call, TokenStore& tokens)
{
    const auto wanted = wantedLease(call);
    if (wanted.refusal) return *wanted.refusal;
    auto found = lease::findTokenLease(call.scope(), tokens, wanted.id, call.now());
    if (!found) return found.error();
    if (!*found) return Response::badRequest("invalid lease");
    const auto& token = *(*found)->token;
    const bool isRenewed = token.issuedAt != token.createdAt;
    json::object data{{"id", wanted.id},
                      {"path", token.path},
                      {"issue_time", toRfc3339(token.createdAt)},
                      {"expire_time", nullptr},
                      {"last_renewal", nullptr},
                      {"renewable", token.isRenewable},
                      {"ttl", 0}};
    if (isRenewed) data["last_renewal"] = toRfc3339(token.issuedAt);
    if (token.expires()) {
        data["expire_time"] = toRfc3339(token.expiresAt);
        data["ttl"] = std::chrono::floor<std::chrono::seconds>(token.expiresAt - call.now()).count();
    }
    return Response::ofData(std::move(data));
}

/// The lease of a token is renewed through the token. This build issues no other leases.
Result<Response> renew(Call& call, TokenStore& tokens)
{
    const auto wanted = wantedLease(call);
    if (wanted.refusal) return *wanted.refusal;
    auto found = lease::findTokenLease(call.scope(), tokens, wanted.id, call.now());
    if (!found) return found.error();
    return Response::badRequest(*found ? "tokens cannot be renewed through this endpoint" : "lease not found");
}

Result<Response> revoke(Call& call, TokenStore& tokens)
{
    const auto wanted = wantedLease(call);
    const bool isAwaited = call.fields.booleanOr("sync", true);
    if (call.fields.refusal()) return *call.fields.refusal();
    if (wanted.refusal) return *wanted.refusal;
    const auto own = ownScope(call);
    auto found = lease::findTokenLease(own, tokens, wanted.id, call.now());
    if (!found) return found.error();
    if (*found) {
        if (auto revoked = tokens.revoke(own, (*found)->saltedId); !revoked) return revoked.error();
    }
    return done(isAwaited); // a missing lease counts as revoked
}

/// `prefix` is a lease id or a folder of leases.
Result<Response> revokePrefix(Call& call, TokenStore& tokens, LeaseManager& leases, bool isForced)
{
    const bool isAwaited = call.fields.booleanOr("sync", true) || isForced;
    if (call.fields.refusal()) return *call.fields.refusal();
    const auto prefix = call.part("prefix");
    const auto own = ownScope(call);
    auto found = lease::findTokenLease(own, tokens, prefix, call.now());
    if (!found) return found.error();
    auto revoked = *found ? tokens.revoke(own, (*found)->saltedId) : leases.endBelow(own, prefix, call.now());
    if (!revoked) return revoked.error();
    return done(isAwaited);
}

Result<Response> list(const Call& call)
{
    auto isComplete = lease::isComplete(call.scope());
    if (!isComplete) return isComplete.error();
    if (!*isComplete) return mount::retryLater("the index of leases is being made, please try again");
    std::string folder{call.part("prefix")};
    if (!folder.empty() && !folder.ends_with('/')) folder.push_back('/');
    auto keys = lease::listFolder(call.scope(), folder);
    if (!keys) return keys.error();
    return mount::keysAnswer(*keys);
}

/// True if the call asks for irrevocable leases, the only kind with an answer.
bool isAboutIrrevocable(Call& call)
{
    return call.fields.textOr("type", {}) == "irrevocable";
}

/// A revocation of a token cannot fail permanently, so this build has no irrevocable leases.
Result<Response> countIrrevocable(Call& call)
{
    if (!isAboutIrrevocable(call)) return Response{};
    return Response::ofData({{"lease_count", 0}, {"counts", json::object{}}});
}

Result<Response> listIrrevocable(Call& call)
{
    if (!isAboutIrrevocable(call)) return Response{};
    const auto limit = call.fields.textOr("limit", {});
    if (call.fields.refusal()) return *call.fields.refusal();
    if (!limit.empty() && limit != "none") {
        std::int64_t count = 0;
        const auto [end, error] = std::from_chars(limit.data(), limit.data() + limit.size(), count);
        if (error != std::errc{} || end != limit.data() + limit.size()) {
            return Response::error(
                500, joinedErrors(std::vector{"invalid 'limit' provided: strconv.Atoi: parsing " + goQuoted(limit) + ": invalid syntax"}));
        }
        if (count < 1) return Response::error(500, joinedErrors(std::vector<std::string>{"limit must be 'none' or a positive integer"}));
    }
    return Response::ofData({{"lease_count", 0}, {"leases", json::array{}}});
}

} // namespace

Result<> revokeTokensBelow(Call& call, LeaseManager& leases, std::string_view prefix)
{
    return leases.endBelow(ownScope(call), prefix, call.now());
}

namespace {

const Field kLeaseId{"lease_id", FieldType::Text, "The id of the lease."};
const Field kSync{"sync", FieldType::Boolean, "The answer comes when the leases have ended.", "true"};
const Field kType{"type", FieldType::Text, "`irrevocable`."};
const Field kChildren{"include_child_namespaces", FieldType::Boolean, "No effect, because there are no other namespaces.", "false"};
const FieldList kRenewFields{kLeaseId, {"increment", FieldType::Duration, "The time from now that is asked for."}};
const FieldList kRevokeFields{kLeaseId, kSync};

} // namespace

void addLeaseRoutes(RouteTable& routes, TokenStore& tokens, LeaseManager& leases)
{
    const auto renewed = [&tokens](Call& call) { return renew(call, tokens); };
    const auto revoked = [&tokens](Call& call) { return revoke(call, tokens); };
    for (const std::string_view folder : {"leases/", ""}) {
        const std::string start{folder};
        routes.add({.verbs = Verb::Write,
                    .pattern = start + "renew",
                    .handle = renewed,
                    .fields = kRenewFields,
                    .isWithoutWarnings = true,
                    .help = "Renews a lease: `lease_id`, `increment`."});
        routes.add({.verbs = Verb::Write, .pattern = start + "renew/*id", .handle = renewed, .fields = kRenewFields, .isWithoutWarnings = true});
        routes.add({.verbs = Verb::Write,
                    .pattern = start + "revoke",
                    .handle = revoked,
                    .fields = kRevokeFields,
                    .isWithoutWarnings = true,
                    .help = "Ends a lease: `lease_id`, `sync`."});
        routes.add({.verbs = Verb::Write, .pattern = start + "revoke/*id", .handle = revoked, .fields = kRevokeFields, .isWithoutWarnings = true});
        for (const bool isForced : {false, true}) {
            routes.add({.verbs = Verb::Write,
                        .pattern = start + (isForced ? "revoke-force/*prefix" : "revoke-prefix/*prefix"),
                        .handle = [&tokens, &leases, isForced](Call& call) { return revokePrefix(call, tokens, leases, isForced); },
                        .needsSudo = true,
                        .isSlow = true,
                        .fields = FieldList{kSync},
                        .isWithoutWarnings = true,
                        .help = "Ends all leases below a path."});
        }
    }
    routes.add({.verbs = Verb::Write,
                .pattern = "leases/lookup",
                .handle = [&tokens](Call& call) { return lookup(call, tokens); },
                .fields = FieldList{kLeaseId},
                .help = "Shows a lease: `lease_id`."});
    // `leases/lookup/` needs sudo by the route below. Writes go to the path without the slash.
    routes.add({.verbs = Verb::List, .pattern = "leases/lookup", .handle = [](Call& call) { return list(call); }, .isSlow = true});
    routes.add({.verbs = Verb::List,
                .pattern = "leases/lookup/*prefix",
                .handle = [](Call& call) { return list(call); },
                .needsSudo = true,
                .isSlow = true,
                .help = "Lists the leases below a path."});
    routes.add({.verbs = Verb::Read,
                .pattern = "leases/count",
                .handle = countIrrevocable,
                .fields = FieldList{kType, kChildren},
                .help = "Counts the leases that cannot be revoked: `type` irrevocable."});
    routes.add({.verbs = Verb::Read,
                .pattern = "leases",
                .handle = listIrrevocable,
                .fields = FieldList{kType, {"limit", FieldType::Text, "At most so many; `none` for all.", "\"10000\""}, kChildren},
                .help = "Lists the leases that cannot be revoked: `type` irrevocable, `limit`."});
    routes.add({.verbs = Verb::Write,
                .pattern = "leases/tidy",
                .handle = [&leases](Call&) -> Result<Response> {
                    Response response;
                    response.status = 202;
                    response.warnings.push_back(leases.requestTidy() ? "Tidy operation successfully started. Any information from the operation "
                                                                       "will be printed to Vault's server logs."
                                                                     : "Tidy operation already in progress.");
                    return response;
                },
                .help = "Removes rows that ended leases have left behind."});
}

} // namespace core::sys
