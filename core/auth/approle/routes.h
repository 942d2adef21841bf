#pragma once

#include "core/auth/approle/role.h"
#include "core/route/route_table.h"

namespace core::auth::approle {

void addLoginRoutes(route::RouteTable& table);
/// role/:name as a whole.
void addRoleRoutes(route::RouteTable& table);
/// The paths below a role that hold one field each: role/:name/token-ttl and others.
void addRolePropertyRoutes(route::RouteTable& table);
void addSecretIdRoutes(route::RouteTable& table);

/// The role's name in the path, in lower case.
std::string roleNameOf(const route::Call& call);
/// `role "web" does not exist`
std::string missingRoleText(std::string_view name);

/// Stores the role, unless a field contradicts another one. `formerId`: as storeRole().
Result<mount::Response> keepRole(route::Call& call, const Role& role, std::string_view formerId);

/// Why these are no networks for a secret id ("10.0.0.0/8"; with its length), or empty.
std::string networksFault(const std::vector<std::string>& networks);

} // namespace core::auth::approle
