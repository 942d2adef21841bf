#pragma once

#include "core/sys/replication/handlers.h"
#include "core/sys/routes/guard.h"

#include <string>

namespace core::sys {

/// For calls that only a DR secondary answers: it needs a DR operation token, see drRefusal().
Guard onlyOnDrSecondary(const ReplicationServices& services);
/// For calls that every cluster answers: a DR secondary has no other tokens, so it needs a DR operation token. On other clusters the pipeline has
/// checked the caller's token.
Guard onEveryCluster(const ReplicationServices& services);

/// Adds a write that needs a token with update on the path.
void addWrite(RouteTable& routes, std::string pattern, FieldList fields, Handler work, const char* help, bool needsSudo = false);
/// Adds a write that only a DR secondary answers, with a DR operation token. Its field is added here.
void addDrWrite(RouteTable& routes, const ReplicationServices& services, std::string pattern, FieldList fields, Handler work, const char* help);

} // namespace core::sys
