#pragma once

#include "core/sys/routes/routes.h"

#include <functional>
#include <optional>

namespace core::sys {

/// Decides about a call before its handler runs: the refusal, or nothing, which allows the call. An error means that it could not decide.
using Guard = std::function<Result<std::optional<mount::Response>>(Call&)>;

/// A handler that runs `work` only if the guard allows the call.
Handler guarded(Guard guard, Handler work);

} // namespace core::sys
