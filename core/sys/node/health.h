#pragma once

#include "core/mount/request.h"
#include "core/mount/response.h"
#include "core/sys/node/node.h"

namespace core::sys {

/// sys/health (spec: system-api.md §3): the code tells a load balancer whether to send clients here, the query may choose
/// other codes. Beyond it `maxlag` and `lagcode`: a secondary that is further behind its primary answers with that code.
mount::Response healthAnswer(const Health& health, const mount::Request& request, WallTime now);

} // namespace core::sys
