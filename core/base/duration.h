#pragma once

#include "core/base/result.h"

#include <chrono>
#include <string>
#include <string_view>

namespace core {

/// Reads durations in the grammar of Vault's API (spec: conventions.md §6): digits are seconds; or Go text such as `1h30m`, `1.5h`, `100ms`; or whole
/// days, `50d`. Empty text is zero. Errors: InvalidArgument.
Result<std::chrono::nanoseconds> parseDuration(std::string_view text);

/// Go's text form: `768h0m0s`, `1m30s`, `10s`, `1.5s`, `250ms`, `0s`.
std::string toGoDuration(std::chrono::nanoseconds duration);

/// Go's text without units that are zero at the end, as warnings show it: `768h`, `1h30m`.
std::string toShortDuration(std::chrono::nanoseconds duration);

} // namespace core
