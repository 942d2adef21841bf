#pragma once

#include "core/base/random.h"
#include "core/base/result.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core::barrier {

/// How many shares there are, and how many of them are needed.
struct ShareCounts {
    int shares = 0;
    int threshold = 0;

    bool operator==(const ShareCounts&) const = default;
};

/// Errors: InvalidArgument with the API's text (`shares must be at least one` …).
Result<> checkShareCounts(const ShareCounts& counts);

/// The operators' keys without the keys themselves: their counts, and the root key sealed with the key that the shares make together.
///
/// Shamir's shares unseal. The shares of an automatic seal only authorise (recovery keys). The set has the same form in both cases, so it can move
/// between clusters with different seals.
struct ShareSet {
    ShareCounts counts;
    std::string wrappedRootKey;
    std::string checkKey = {}; // empty: made by a program that had no check values
    std::string checks = {};   // 16 bytes for each share

    bool operator==(const ShareSet&) const = default;

    struct Made;
    /// A new set for this root key. Errors: InvalidArgument (counts).
    static Result<Made> make(const ShareCounts& counts, const SecretBytes& rootKey, Random& random);

    /// Errors: InvalidArgument `invalid key`: too few shares, wrong ones, or a damaged set. These cannot be told apart.
    Result<SecretBytes> rootKey(const std::vector<SecretBytes>& shares) const;

    /// True if it is one of the shares. Empty if the set has no check values. Constant time in the share.
    std::optional<bool> isShare(const SecretBytes& share) const;
    /// A digest of the wrapped root key. It is the same on every cluster that stores this set.
    std::string id() const;

    std::string serialize() const;
    /// Errors: Corrupt.
    static Result<ShareSet> parse(std::string_view bytes);
};

struct ShareSet::Made {
    ShareSet set;
    std::vector<SecretBytes> shares; // with one share and threshold one, the share is the key itself
};

/// The result of the first step of a rekey: a new root key and the operators' new keys for it. It is not installed yet.
struct NewKeys {
    SecretBytes rootKey;
    ShareSet set;
    std::string replacesRootKeyId; // the root key at the time when this was made
};

} // namespace core::barrier
