#pragma once

#include "core/barrier/scope.h"
#include "core/sys/routes/routes.h"

namespace core::sys {

/// The versions of the program that have opened this cluster's data: one row each at `l/core/versions/<version>`, written when the version
/// first opened the data.
/// Adds the running version if it is missing. True: it was missing. Errors: Corrupt, those of the view.
Result<bool> noteVersion(const barrier::Scope& scope, WallTime now);

/// version-history.
void addVersionHistoryRoutes(RouteTable& routes);

/// When the program was built, RFC 3339.
std::string_view buildDate();

} // namespace core::sys
