#pragma once

#include "core/barrier/scope.h"
#include "core/sys/routes/routes.h"

#include <string>
#include <string_view>
#include <vector>

namespace core::sys {

/// Which web pages may speak to the API (spec: quotas-namespaces-misc.md §6). Each cluster has rules of its own, at
/// `l/sys/config/cors`; the HTTP layer obeys them.
struct CorsRules {
    std::vector<std::string> origins; // empty: nothing is checked and nothing is said; "*" alone: all
    std::vector<std::string> headers; // that pages may send besides the standard ones

    bool isEnabled() const { return !origins.empty(); }
    bool allows(std::string_view origin) const;
    /// The standard headers, then the own ones.
    std::vector<std::string> allowedHeaders() const;
};

/// The physical key of the rules, for whoever keeps a copy of them.
inline constexpr std::string_view kCorsKey = "l/sys/config/cors";
/// Rules that are off where there are none. Errors: Corrupt, those of the view.
Result<CorsRules> loadCorsRules(const barrier::Scope& scope);

/// config/cors.
void addCorsRoutes(RouteTable& routes);

} // namespace core::sys
