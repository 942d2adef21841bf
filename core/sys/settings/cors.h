#pragma once

#include "core/barrier/scope.h"
#include "core/sys/routes/routes.h"

#include <string>
#include <string_view>
#include <vector>

namespace core::sys {

/// The rules for web pages that call the API (spec: quotas-namespaces-misc.md §6). Each cluster has its own rules, at
/// `l/sys/config/cors`. The HTTP layer applies them.
struct CorsRules {
    std::vector<std::string> origins; // empty: origins are ignored; only "*": all
    std::vector<std::string> headers; // that pages can send in addition to the standard ones

    bool isEnabled() const { return !origins.empty(); }
    bool allows(std::string_view origin) const;
    /// The standard headers, then the configured ones.
    std::vector<std::string> allowedHeaders() const;
};

/// The physical key of the rules, for code that keeps a copy of them.
inline constexpr std::string_view kCorsKey = "l/sys/config/cors";
/// If none are stored, rules that are off. Errors: Corrupt, those of the view.
Result<CorsRules> loadCorsRules(const barrier::Scope& scope);

/// config/cors.
void addCorsRoutes(RouteTable& routes);

} // namespace core::sys
