#pragma once

#include "core/transit/routes/routes.h"

namespace core::transit {

/// What the API shows of a key. With a context, a derived Ed25519 key shows the public keys of that context. Errors: Corrupt.
Result<Response> keyView(const Key& key, std::string_view context = {});

} // namespace core::transit
