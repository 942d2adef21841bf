#pragma once

#include "core/route/route.h"

namespace core::route {

// Random bytes and digests, which `sys/tools/` and a transit mount offer alike.

/// What a negative count in the path means: clients of transit know that it has no effect, those of sys that it is refused.
enum class NegativeCount { Ignored, Refused };

/// The fields `bytes` and `format`; the parts `source` and `urlbytes` of the path, where one part alone is either of them.
Result<mount::Response> randomBytes(Call& call, NegativeCount negativeCount);

/// The fields `input` (base64), `algorithm` and `format`; the part `urlalgorithm` of the path. `isInputRequired`: otherwise no input is an empty one.
Result<mount::Response> digestOfInput(Call& call, bool isInputRequired);

} // namespace core::route
