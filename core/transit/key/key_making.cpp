#include "core/transit/key/key_making.h"

#include <cstring>

namespace core::transit {
namespace {

std::size_t symmetricBytesOf(const KeySettings& settings)
{
    const auto& type = settings.traits();
    return type.aead ? crypto::keyBytesOf(*type.aead) : settings.hmacKeyBytes;
}

} // namespace

void setPair(KeyVersion& version, const crypto::AsymmetricKey& pair)
{
    version.publicDer = pair.publicDer();
    if (!pair.hasPrivateHalf()) return;
    if (pair.algorithm() != crypto::AsymmetricAlgorithm::Ed25519) {
        version.secret = pair.pkcs8();
        return;
    }
    const auto seed = pair.ed25519Seed();
    const auto publicKey = pair.ed25519Public();
    version.secret = SecretBytes{seed.size() + publicKey.size()};
    std::memcpy(version.secret.data(), seed.data(), seed.size());
    std::memcpy(version.secret.data() + seed.size(), publicKey.data(), publicKey.size());
}

KeyVersion makeVersion(const KeySettings& settings, VersionNumber number, Random& random, WallTime now)
{
    KeyVersion version;
    version.number = number;
    version.createdAt = now;
    if (settings.isConvergent) version.convergentScheme = kConvergentScheme;
    const auto& type = settings.traits();
    if (type.asymmetric) setPair(version, crypto::AsymmetricKey::generate(*type.asymmetric));
    else version.secret = random.secret(symmetricBytesOf(settings));
    version.hmacKey = type.type == KeyType::Hmac ? version.secret.clone() : random.secret(kMacKeyBytes);
    return version;
}

Key withVersion(const Key& key, KeyVersion version, WallTime now)
{
    Key next = key;
    next.settings.latest = version.number;
    next.settings.rotatedAt = now;
    const auto number = version.number;
    next.versions.insert_or_assign(number, std::make_shared<const KeyVersion>(std::move(version)));
    return next;
}

Key withNewVersion(const Key& key, Random& random, WallTime now)
{
    return withVersion(key, makeVersion(key.settings, key.settings.latest + 1, random, now), now);
}

} // namespace core::transit
