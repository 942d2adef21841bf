#include "core/barrier/share_set.h"

#include "core/barrier/keyring.pb.h"
#include "core/barrier/seal.h"
#include "core/barrier/sealed_value.h"
#include "core/crypto/digest.h"
#include "core/crypto/hmac.h"
#include "core/crypto/shamir.h"

namespace core::barrier {
namespace {

constexpr std::size_t kCheckBytes = 16;

Error invalid(const char* text)
{
    return Error{ErrorCode::InvalidArgument, text};
}

} // namespace

Result<> checkShareCounts(const ShareCounts& counts)
{
    if (counts.shares < 1) return invalid("shares must be at least one");
    if (counts.threshold < 1) return invalid("threshold must be at least one");
    if (counts.shares > 1 && counts.threshold == 1) return invalid("threshold must be greater than one for multiple shares");
    if (counts.shares > 255) return invalid("shares must be less than 256");
    if (counts.threshold > 255) return invalid("threshold must be less than 256");
    if (counts.threshold > counts.shares) return invalid("threshold cannot be larger than shares");
    return {};
}

/// The share itself is the key if there is only one; splitting it would only make it longer.
Result<ShareSet::Made> ShareSet::make(const ShareCounts& counts, const SecretBytes& rootKey, Random& random)
{
    if (auto checked = checkShareCounts(counts); !checked) return std::move(checked).error();
    const SecretBytes key = random.secret(crypto::kAeadKeyBytes);
    Made made;
    if (counts.shares == 1) {
        made.shares.push_back(key.clone());
    } else {
        auto split = crypto::splitSecret(key, static_cast<std::size_t>(counts.shares), static_cast<std::size_t>(counts.threshold), random);
        if (!split) return std::move(split).error();
        made.shares = std::move(*split);
    }
    made.set = {counts, sealValueWith(crypto::AeadKey{key}, kNoTerm, random, kRootKeyKey, rootKey.view()), random.bytes(crypto::kDigestBytes), {}};
    const crypto::HmacKey check{std::string_view{made.set.checkKey}};
    for (const auto& share : made.shares) made.set.checks.append(crypto::viewOf(check.shortMac(share.view())));
    return made;
}

Result<SecretBytes> ShareSet::rootKey(const std::vector<SecretBytes>& shares) const
{
    if (shares.empty()) return invalid("invalid key");
    const auto parts = splitSealed(wrappedRootKey);
    if (!parts) return parts.error().withContext("the root key");
    SecretBytes key;
    if (shares.size() == 1) {
        key = shares.front().clone();
    } else {
        auto combined = crypto::combineShares(shares);
        if (!combined) return std::move(combined).error();
        key = std::move(*combined);
    }
    if (key.size() != crypto::kAeadKeyBytes) return invalid("invalid key");
    auto rootKey = crypto::AeadKey{key}.openSecret(parts->nonce, kRootKeyKey, parts->ciphertext);
    if (!rootKey) return invalid("invalid key");
    return rootKey;
}

std::optional<bool> ShareSet::isShare(const SecretBytes& share) const
{
    // All check values are compared, and each in constant time, so that the answer's time does not show which share was close.
    if (checkKey.empty() || checks.size() != kCheckBytes * static_cast<std::size_t>(counts.shares)) return std::nullopt;
    const auto mac = crypto::HmacKey{std::string_view{checkKey}}.shortMac(share.view());
    bool isOne = false;
    for (std::size_t at = 0; at < checks.size(); at += kCheckBytes) {
        const bool isThis = equalInConstantTime(std::string_view{checks}.substr(at, kCheckBytes), crypto::viewOf(mac));
        isOne = isOne || isThis;
    }
    return isOne;
}

std::string ShareSet::id() const
{
    return crypto::sha256Bytes(wrappedRootKey);
}

std::string ShareSet::serialize() const
{
    wire::ShareSet file;
    file.set_shares(static_cast<std::uint32_t>(counts.shares));
    file.set_threshold(static_cast<std::uint32_t>(counts.threshold));
    file.set_wrapped_root_key(wrappedRootKey);
    file.set_check_key(checkKey);
    file.set_checks(checks);
    return file.SerializeAsString();
}

Result<ShareSet> ShareSet::parse(std::string_view bytes)
{
    wire::ShareSet file;
    ShareSet set;
    const bool isRead = file.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
    if (isRead)
        set = {{static_cast<int>(file.shares()), static_cast<int>(file.threshold())}, file.wrapped_root_key(), file.check_key(), file.checks()};
    if (!isRead || !checkShareCounts(set.counts)) return Error{ErrorCode::Corrupt, "the stored key-share record is damaged"};
    return set;
}

} // namespace core::barrier
