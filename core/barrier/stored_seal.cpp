#include "core/barrier/stored_seal.h"

#include "core/barrier/keyring.pb.h"
#include "core/barrier/seal.h"
#include "core/barrier/sealed_value.h"

namespace core::barrier {
namespace {

constexpr std::string_view kShamir = "shamir";
constexpr std::string_view kPkcs11 = "pkcs11";
constexpr std::size_t kWrappedRootKeyBytes = kSealedOverheadBytes + crypto::kAeadKeyBytes;

Error lacks(std::string_view key)
{
    return Error{ErrorCode::Corrupt, "the snapshot has no row " + std::string{key} + "; a cluster restored from it could not be unsealed"};
}

bool isSealedWithoutTerm(std::string_view value)
{
    const auto parts = splitSealed(value);
    return parts && parts->term == kNoTerm;
}

} // namespace

Result<StoredSeal> StoredSeal::parse(const std::optional<std::string>& config, const std::optional<std::string>& rootKey,
                                     const std::optional<std::string>& recovery)
{
    if (!config) return lacks(kSealConfigKey);
    if (!rootKey) return lacks(kRootKeyKey);
    wire::SealConfig file;
    const bool isRead = file.ParseFromString(*config);
    StoredSeal seal{file.type(), {static_cast<int>(file.shares()), static_cast<int>(file.threshold())}, *rootKey};
    const bool isKnown = seal.type == kShamir || seal.type == kPkcs11;
    // A type that is unknown is not damage: a newer program can have made the snapshot.
    if (isRead && !isKnown)
        return Error{ErrorCode::Unsupported, "the snapshot's seal has the type \"" + seal.type + "\", which this program does not know"};
    if (!isRead || !checkShareCounts(seal.counts)) return Error{ErrorCode::Corrupt, "the snapshot's seal configuration is damaged"};
    if (!seal.isAutomatic()) {
        if (rootKey->size() != kWrappedRootKeyBytes || !isSealedWithoutTerm(*rootKey)) {
            return Error{ErrorCode::Corrupt, "the snapshot's wrapped root key is damaged"};
        }
        return seal;
    }
    if (rootKey->empty()) return Error{ErrorCode::Corrupt, "the snapshot's wrapped root key is damaged"};
    if (!recovery) return lacks(kRecoveryKey);
    if (!isSealedWithoutTerm(*recovery)) return Error{ErrorCode::Corrupt, "the snapshot's recovery keys are damaged"};
    return seal;
}

bool StoredSeal::isAutomatic() const
{
    return type != kShamir;
}

Result<SecretBytes> StoredSeal::rootKey(const std::vector<SecretBytes>& shares) const
{
    if (isAutomatic()) {
        return Error{ErrorCode::FailedPrecondition, "the snapshot was made under a seal of type \"" + type +
                                                        "\". Its key shares cannot open the root key, so they cannot verify it"};
    }
    if (shares.size() < static_cast<std::size_t>(counts.threshold)) {
        return Error{ErrorCode::InvalidArgument,
                     "the snapshot needs " + std::to_string(counts.threshold) + " key shares, and " + std::to_string(shares.size()) + " were given"};
    }
    auto opened = ShareSet{counts, wrappedRootKey}.rootKey(shares);
    if (!opened) return Error{ErrorCode::InvalidArgument, "the key shares are not those of the snapshot"};
    return opened;
}

} // namespace core::barrier
