#include "core/sys/handlers.h"

namespace core::sys {
namespace {

namespace json = boost::json;
using mount::Response;
using token::TokenStore;

/// The lease ids of this build are those of secrets engines that issue none: every id is unknown.
Result<Response> unknownLease(Call& call, std::string_view text)
{
    const auto id = call.part("id").empty() ? call.fields.textOr("lease_id", {}) : std::string{call.part("id")};
    if (call.fields.refusal()) return *call.fields.refusal();
    if (id.empty()) return Response::badRequest("lease_id must be specified");
    return Response::badRequest(std::string{text});
}

/// 204 when the caller waits for it, 202 otherwise; the work is part of this transaction either way.
Response done(bool isAwaited)
{
    Response response;
    response.status = isAwaited ? 204 : 202;
    return response;
}

Result<Response> revoke(Call& call)
{
    const auto id = call.part("id").empty() ? call.fields.textOr("lease_id", {}) : std::string{call.part("id")};
    const bool isAwaited = call.fields.booleanOr("sync", false);
    if (call.fields.refusal()) return *call.fields.refusal();
    if (id.empty()) return Response::badRequest("lease_id must be specified");
    return done(isAwaited); // a lease that is not there is revoked
}

/// Tokens are what is leased below auth/: ends those that were issued at a path with this prefix.
Result<Response> revokePrefix(Call& call, TokenStore& tokens, bool isForced)
{
    const bool isAwaited = call.fields.booleanOr("sync", false) || isForced;
    if (call.fields.refusal()) return *call.fields.refusal();
    if (auto revoked = revokeTokensBelow(call, tokens, call.part("prefix")); !revoked) return revoked.error();
    return done(isAwaited);
}

} // namespace

Result<> revokeTokensBelow(Call& call, TokenStore& tokens, std::string_view prefix)
{
    // Tokens are this cluster's own, also where another one has asked for the end of what issued them.
    const barrier::Scope own{call.scope.transaction(), call.scope.barrier(), {.shared = call.scope.access().shared, .local = true}};
    auto accessors = tokens.accessors(own);
    if (!accessors) return accessors.error();
    for (const auto& accessor : *accessors) {
        auto token = tokens.findByAccessor(own, accessor, call.now());
        if (!token) return token.error();
        if (!*token || !(*token)->path.starts_with(prefix)) continue;
        auto salted = tokens.saltedIdOfAccessor(own, accessor);
        if (!salted) return salted.error();
        if (!*salted) continue;
        if (auto revoked = tokens.revoke(own, **salted); !revoked) return revoked.error();
    }
    return {};
}

void addLeaseRoutes(RouteTable& routes, TokenStore& tokens, lease::LeaseManager& leases)
{
    const auto renew = [](Call& call) { return unknownLease(call, "lease not found"); };
    const auto lookup = [](Call& call) { return unknownLease(call, "invalid lease"); };
    const auto nothing = [](Call&) -> Result<Response> { return Response{}; };
    for (const std::string_view folder : {"leases/", ""}) {
        const std::string start{folder};
        routes.add({.verbs = Verb::Write, .pattern = start + "renew", .handle = renew, .help = "Renews a lease: `lease_id`, `increment`."});
        routes.add({.verbs = Verb::Write, .pattern = start + "renew/*id", .handle = renew});
        routes.add({.verbs = Verb::Write, .pattern = start + "revoke", .handle = revoke, .help = "Ends a lease: `lease_id`, `sync`."});
        routes.add({.verbs = Verb::Write, .pattern = start + "revoke/*id", .handle = revoke});
        for (const bool isForced : {false, true}) {
            routes.add({.verbs = Verb::Write,
                        .pattern = start + (isForced ? "revoke-force/*prefix" : "revoke-prefix/*prefix"),
                        .handle = [&tokens, isForced](Call& call) { return revokePrefix(call, tokens, isForced); },
                        .needsSudo = true,
                        .help = "Ends everything that was leased below a path."});
        }
    }
    routes.add({.verbs = Verb::Write, .pattern = "leases/lookup", .handle = lookup, .help = "Shows a lease: `lease_id`."});
    routes.add({.verbs = Verb::List,
                .pattern = "leases/lookup",
                .handle = nothing,
                .needsSudo = false});
    routes.add({.verbs = Verb::List,
                .pattern = "leases/lookup/*prefix",
                .handle = nothing,
                .needsSudo = true,
                .help = "Lists the leases below a path."});
    routes.add({.verbs = Verb::Write,
                .pattern = "leases/tidy",
                .handle = [&leases](Call&) -> Result<Response> {
                    Response response;
                    response.status = 202;
                    response.warnings.push_back(leases.requestTidy()
                                                    ? "Tidy operation successfully started. Any information from the operation "
                                                      "will be printed to Vault's server logs."
                                                    : "Tidy operation already in progress.");
                    return response;
                },
                .help = "Removes what leases left behind."});
}

} // namespace core::sys
