#pragma once

#include "core/sys/routes/routes.h"

namespace core::sys {

/// What NodeEndpoints answers, for descriptions. They are no routes of sys/, because they answer on a sealed node too.
const RouteTable& nodePaths();

} // namespace core::sys
