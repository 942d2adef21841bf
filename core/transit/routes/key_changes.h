#pragma once

#include "core/transit/routes/routes.h"

#include <chrono>
#include <optional>

namespace core::transit {

// Rules that several changes of keys share. The first three return a refusal, or nothing.

std::optional<Response> refuseRotatePeriod(std::chrono::seconds period);
std::optional<Response> refuseRotation(const Key& key);
std::optional<Response> refuseMoreVersions(const Key& key);

/// Stores the settings and the latest version, and shows the key.
Result<Response> storeNewest(KeyStorage& storage, const Key& key);

} // namespace core::transit
