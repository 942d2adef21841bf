#pragma once

#include "core/barrier/share_set.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core::barrier {

/// Says in the clear that this store was initialised. No restore and no activation takes it away: whatever becomes of the other rows,
/// a stranger cannot initialise the store once more. Seal writes it beside its own rows.
inline constexpr std::string_view kInitializedKey = "i/core/initialized";
inline constexpr std::string_view kInitializedValue = "1";

/// What a seal has stored, looked at where it is not this node's: in a snapshot.
struct StoredSeal {
    std::string type; // "shamir", or that of an automatic seal
    ShareCounts counts;
    std::string wrappedRootKey;

    /// Reads kSealConfigKey, kRootKeyKey and kRecoveryKey; nothing for a row that is not there. What is sealed must have the form of a
    /// sealed value. Errors: Corrupt (says which row is missing or damaged).
    static Result<StoredSeal> parse(const std::optional<std::string>& config, const std::optional<std::string>& rootKey,
                                    const std::optional<std::string>& recovery);

    bool isAutomatic() const;
    /// The root key that these shares open. Errors: InvalidArgument (wrong or too few), FailedPrecondition (an automatic seal, whose
    /// shares open nothing).
    Result<SecretBytes> rootKey(const std::vector<SecretBytes>& shares) const;
};

} // namespace core::barrier
