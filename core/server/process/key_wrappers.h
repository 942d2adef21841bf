#pragma once

#include "core/barrier/key_wrapper.h"
#include "core/base/random.h"
#include "core/server/config/config.h"

#include <memory>

namespace core::server {

/// The wrapper of the configured seal; null for Shamir's. `random` must outlive it. Does not contact the HSM yet.
std::unique_ptr<barrier::KeyWrapper> makeKeyWrapper(const SealConfig& seal, Random& random);

} // namespace core::server
