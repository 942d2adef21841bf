#pragma once

#include "core/mount/request.h"
#include "core/mount/response.h"
#include "core/sys/node/node.h"

namespace core::sys {

/// sys/health (spec: system-api.md §3). By the status code a load balancer decides whether to send clients here. The query can choose
/// other codes. Our additions are `maxlag` and `lagcode`: a secondary that lags more than `maxlag` behind its primary answers with `lagcode`.
mount::Response healthAnswer(const Health& health, const mount::Request& request, WallTime now);

} // namespace core::sys
