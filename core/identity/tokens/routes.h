#pragma once

#include "core/identity/tokens/token_rows.h"
#include "core/route/route_table.h"

namespace core::identity {

// Identity tokens: signed JWTs that tell other programs who the holder of a token is (spec: identity-api.md §10).

void addTokenKeyRoutes(route::RouteTable& routes);
void addTokenRoleRoutes(route::RouteTable& routes);
void addTokenRoutes(route::RouteTable& routes);
void addDiscoveryRoutes(route::RouteTable& routes);

// What the handlers of several files share.

TokenRows tokenRowsOf(const route::Call& call);
/// The key, or an empty optional. `default` is made at its first use.
Result<std::optional<NamedKey>> findKey(const route::Call& call, std::string_view name);
/// The issuer of this cluster's tokens: "https://host:8200/v1/identity/oidc".
Result<std::string> issuerOf(const route::Call& call);

} // namespace core::identity
