#pragma once

#include "core/route/route_table.h"

#include <optional>

namespace core::auth {

/// A role of auth/token: the rules for tokens that are made through it (spec: engines-and-auth-api.md §1.5).
struct TokenRole {
    std::string name;
    std::vector<std::string> allowedPolicies;
    std::vector<std::string> disallowedPolicies;
    std::vector<std::string> allowedPoliciesGlob;
    std::vector<std::string> disallowedPoliciesGlob;
    std::vector<std::string> allowedEntityAliases;
    std::vector<std::string> boundCidrs;
    std::string pathSuffix;
    std::string tokenType = "default-service";
    std::chrono::seconds period{0};
    std::chrono::seconds explicitMaxTtl{0};
    std::int64_t useCount = 0;
    bool isOrphan = false;
    bool isRenewable = true;
    bool hasNoDefaultPolicy = false;

    bool restrictsPolicies() const
    {
        return !allowedPolicies.empty() || !disallowedPolicies.empty() || !allowedPoliciesGlob.empty() || !disallowedPoliciesGlob.empty();
    }

    /// Sets the given fields. Returns a refusal if the role is not valid. Warnings go to `warnings`.
    std::optional<mount::Response> apply(const boost::json::object& data, std::vector<std::string>& warnings);
    boost::json::object describe() const;
};

/// Empty: no such role. Errors: those of the view, Corrupt.
Result<std::optional<TokenRole>> loadTokenRole(const mount::Context& context, std::string_view name);

/// auth/token/roles and roles/:name.
void addTokenRoleRoutes(route::RouteTable& routes);

/// True if a pattern, which can have '*' anywhere, matches.
bool globMatches(std::string_view pattern, std::string_view text);

} // namespace core::auth
