#pragma once

#include "core/barrier/key_wrapper.h"
#include "core/base/random.h"
#include "core/server/config/config.h"

#include <memory>

namespace core::server {

/// What the configured seal wraps the root key with; null for Shamir's. `random` outlives it. The outside is not asked yet.
std::unique_ptr<barrier::KeyWrapper> makeKeyWrapper(const SealConfig& seal, Random& random);

} // namespace core::server
