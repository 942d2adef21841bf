#include "core/transit/operation/key_transport.h"

#include "core/crypto/key_wrap.h"
#include "core/transit/key/key_making.h"
#include "core/transit/operation/versioned_text.h"

#include <algorithm>

namespace core::transit {
namespace {

using crypto::HashAlgorithm;

constexpr std::size_t kOaepBytes = 512; // of the wrapping key, RSA-4096
constexpr std::size_t kTransportKeyBytes = 32;

Result<> checkSymmetric(const KeyTypeTraits& type, std::size_t bytes)
{
    const bool fits = type.aead ? bytes == crypto::keyBytesOf(*type.aead) : bytes >= kHmacKeyBytesMin && bytes <= kHmacKeyBytesMax;
    if (fits) return {};
    return serverFault("error importing key: invalid key size " + std::to_string(bytes) + " bytes for key type " + std::string{type.name});
}

Error wrongType(const KeyTypeTraits& type)
{
    return serverFault("error importing key: the key is not of type " + std::string{type.name});
}

} // namespace

std::optional<HashAlgorithm> transportHashOf(std::string_view name)
{
    std::string upper{name};
    std::ranges::transform(upper, upper.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    if (upper == "SHA1") return HashAlgorithm::Sha1;
    if (upper == "SHA224") return HashAlgorithm::Sha2_224;
    if (upper == "SHA256") return HashAlgorithm::Sha2_256;
    if (upper == "SHA384") return HashAlgorithm::Sha2_384;
    if (upper == "SHA512") return HashAlgorithm::Sha2_512;
    return std::nullopt;
}

Result<std::string> wrapForTransport(const crypto::AsymmetricKey& destination, HashAlgorithm hash, const SecretBytes& key, Random& random)
{
    const auto transportKey = random.secret(kTransportKeyBytes);
    auto blob = destination.encryptOaep(hash, transportKey.view());
    if (!blob) return std::move(blob).error();
    return std::move(*blob) + crypto::wrapKey(transportKey, key);
}

Result<SecretBytes> unwrapFromTransport(const crypto::AsymmetricKey& wrappingKey, HashAlgorithm hash, std::string_view blob)
{
    if (blob.size() <= kOaepBytes) return serverFault("provided ciphertext is too short");
    auto transportKey = wrappingKey.decryptOaep(hash, blob.substr(0, kOaepBytes));
    if (!transportKey) return serverFault("the AES key of the ciphertext does not decrypt: it must be wrapped by the wrapping key of this mount");
    if (transportKey->size() != kTransportKeyBytes) return serverFault("expected ephemeral AES key to be 256-bit");
    auto key = crypto::unwrapKey(*transportKey, blob.substr(kOaepBytes));
    if (!key) return serverFault("the key of the ciphertext does not unwrap");
    return key;
}

Result<SecretBytes> transportForm(const KeyTypeTraits& type, const KeyVersion& version)
{
    if (!type.asymmetric || !version.hasPrivateHalf()) return version.secret.clone();
    const auto pair = version.asymmetric(type);
    if (!pair) return pair.error();
    return (*pair)->pkcs8();
}

Result<KeyVersion> versionFromTransport(const KeyTypeTraits& type, const SecretBytes& key)
{
    KeyVersion version;
    if (!type.asymmetric) {
        if (auto checked = checkSymmetric(type, key.size()); !checked) return std::move(checked).error();
        version.secret = key.clone();
        return version;
    }
    const auto pair = crypto::AsymmetricKey::fromPkcs8(key.view());
    if (!pair) return serverFault("error parsing asymmetric key: " + pair.error().detail);
    if (pair->algorithm() != type.asymmetric) return wrongType(type);
    setPair(version, *pair);
    return version;
}

Result<KeyVersion> versionFromPublicPem(const KeyTypeTraits& type, std::string_view pem)
{
    if (!type.asymmetric) return serverFault("provided type does not support public_key import");
    const auto pair = crypto::AsymmetricKey::fromPublicPem(pem);
    if (!pair) return serverFault("error parsing public key: not in PEM format");
    if (pair->algorithm() != type.asymmetric) return wrongType(type);
    KeyVersion version;
    setPair(version, *pair);
    return version;
}

} // namespace core::transit
