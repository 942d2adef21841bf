#pragma once

#include "core/base/random.h"
#include "core/base/result.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core::barrier {

/// How many shares there are and how many are needed.
struct ShareCounts {
    int shares = 0;
    int threshold = 0;

    bool operator==(const ShareCounts&) const = default;
};

/// Errors: InvalidArgument with the API's text (`shares must be at least one` …).
Result<> checkShareCounts(const ShareCounts& counts);

/// The operators' keys without the keys themselves: their counts, and the root key sealed with the key that they make together.
///
/// What the shares do depends on the seal: with Shamir's they unseal, with an automatic one they only authorise (recovery
/// keys). The set itself is the same, which is why it moves between clusters of unlike seals.
struct ShareSet {
    ShareCounts counts;
    std::string wrappedRootKey;
    std::string checkKey = {}; // empty: made by a program that knew no checks
    std::string checks = {};   // 16 bytes for each share

    bool operator==(const ShareSet&) const = default;

    struct Made;
    /// A new set for this root key. Errors: InvalidArgument (counts).
    static Result<Made> make(const ShareCounts& counts, const SecretBytes& rootKey, Random& random);

    /// Errors: InvalidArgument `invalid key` (too few, wrong ones, or a damaged set: they cannot be told apart).
    Result<SecretBytes> rootKey(const std::vector<SecretBytes>& shares) const;

    /// Whether it is one of the shares; nothing where the set has no checks. Constant time in the share.
    std::optional<bool> isShare(const SecretBytes& share) const;
    /// Digest of what the set is, whoever stores it: its wrapped root key.
    std::string id() const;

    std::string serialize() const;
    /// Errors: Corrupt.
    static Result<ShareSet> parse(std::string_view bytes);
};

struct ShareSet::Made {
    ShareSet set;
    std::vector<SecretBytes> shares; // with one share of threshold one, it is the key itself
};

/// What a rekey brings: a new root key and the operators' new keys for it, which is not installed yet.
struct NewKeys {
    SecretBytes rootKey;
    ShareSet set;
    std::string replacesRootKeyId; // the root key of when it was made
};

} // namespace core::barrier
