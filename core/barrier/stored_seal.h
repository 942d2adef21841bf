#pragma once

#include "core/barrier/share_set.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core::barrier {

/// Says in the clear that this store was initialised. Seal writes it together with its own rows. No restore and no activation removes it. So a
/// stranger cannot initialise the store again, even if the other rows are lost.
inline constexpr std::string_view kInitializedKey = "i/core/initialized";
inline constexpr std::string_view kInitializedValue = "1";

/// The rows of a seal that is not this node's, read from a snapshot.
struct StoredSeal {
    std::string type; // "shamir", or that of an automatic seal
    ShareCounts counts;
    std::string wrappedRootKey;

    /// Reads kSealConfigKey, kRootKeyKey and kRecoveryKey; pass an empty optional for a missing row. Sealed rows must have the form of a sealed
    /// value. Errors: Corrupt (says which row is missing or damaged).
    static Result<StoredSeal> parse(const std::optional<std::string>& config, const std::optional<std::string>& rootKey,
                                    const std::optional<std::string>& recovery);

    bool isAutomatic() const;
    /// The root key that these shares open. Errors: InvalidArgument (wrong or too few), FailedPrecondition (an automatic seal, whose shares open
    /// nothing).
    Result<SecretBytes> rootKey(const std::vector<SecretBytes>& shares) const;
};

} // namespace core::barrier
