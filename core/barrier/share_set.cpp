#include "core/barrier/share_set.h"

#include "core/barrier/keyring.pb.h"
#include "core/barrier/seal.h"
#include "core/barrier/sealed_value.h"
#include "core/crypto/shamir.h"

namespace core::barrier {
namespace {

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
    made.set = {counts, sealValueWith(crypto::AeadKey{key}, kNoTerm, random, kRootKeyKey, rootKey.view())};
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

std::string ShareSet::serialize() const
{
    wire::ShareSet file;
    file.set_shares(static_cast<std::uint32_t>(counts.shares));
    file.set_threshold(static_cast<std::uint32_t>(counts.threshold));
    file.set_wrapped_root_key(wrappedRootKey);
    return file.SerializeAsString();
}

Result<ShareSet> ShareSet::parse(std::string_view bytes)
{
    wire::ShareSet file;
    ShareSet set;
    const bool isRead = file.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
    if (isRead) set = {{static_cast<int>(file.shares()), static_cast<int>(file.threshold())}, file.wrapped_root_key()};
    if (!isRead || !checkShareCounts(set.counts)) return Error{ErrorCode::Corrupt, "the key shares' record is damaged"};
    return set;
}

} // namespace core::barrier
