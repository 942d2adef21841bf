#pragma once

#include "core/barrier/barrier.h"
#include "core/barrier/scope.h"
#include "core/sys/routes/routes.h"

#include <chrono>

namespace core::sys {

/// When the primary automatically adds a term to the keyring (spec: system-api.md §4). Stored at `s/core/rotate/config`, so the values that were
/// chosen on the primary are valid on a later primary too.
struct KeyRotation {
    static constexpr std::uint64_t kOperationsMin = 1'000'000;
    static constexpr std::uint64_t kOperationsMax = 3'865'470'566; // 90 % of what one key can safely seal with random nonces of 96 bits

    std::uint64_t maxOperations = kOperationsMax; // sealed values since the term began or this process started
    std::chrono::seconds interval{0};             // 0: time does not cause a rotation
    bool isEnabled = true;

    bool isDue(const barrier::Barrier::KeyStatus& status, WallTime now) const;
};

/// The defaults if nothing was chosen. Errors: Corrupt, those of the view.
Result<KeyRotation> loadKeyRotation(const barrier::Scope& scope);

/// rotate/config.
void addKeyRotationRoutes(RouteTable& routes);

} // namespace core::sys
