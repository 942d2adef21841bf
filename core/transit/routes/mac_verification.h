#pragma once

#include "core/transit/routes/batch.h"
#include "core/transit/routes/routes.h"

namespace core::transit {

/// The name of the hash that a path or a field names; sha2-256 if none does.
std::string hashNameOf(Call& call);

/// Verifies the `hmac` of each item.
Result<Response> verifyMacs(Call& call, Batch& batch);

} // namespace core::transit
