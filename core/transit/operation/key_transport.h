#pragma once

#include "core/base/random.h"
#include "core/transit/key/key.h"

#include <optional>

namespace core::transit {

/// How keys travel between servers: an AES-256 key that is made for one transport wraps the key (RFC 5649), and RSA-OAEP wraps the AES key. The blob
/// is the OAEP part, then the other. PKCS#11 calls it CKM_RSA_AES_KEY_WRAP.

/// The hash of OAEP: SHA1, SHA224, SHA256, SHA384 or SHA512, in any case.
std::optional<crypto::HashAlgorithm> transportHashOf(std::string_view name);

/// Errors: InvalidArgument (too long, which no key is).
Result<std::string> wrapForTransport(const crypto::AsymmetricKey& destination, crypto::HashAlgorithm hash, const SecretBytes& key, Random& random);
/// Errors: Internal, with the text of a status 500.
Result<SecretBytes> unwrapFromTransport(const crypto::AsymmetricKey& wrappingKey, crypto::HashAlgorithm hash, std::string_view blob);

/// What travels: the bytes of a symmetric key, or PKCS#8. Errors: Corrupt. Empty: there is no private half.
Result<SecretBytes> transportForm(const KeyTypeTraits& type, const KeyVersion& version);
/// A version from what has travelled. Errors: Internal, with the text of a status 500.
Result<KeyVersion> versionFromTransport(const KeyTypeTraits& type, const SecretBytes& key);
/// A version without private half. Errors: as above.
Result<KeyVersion> versionFromPublicPem(const KeyTypeTraits& type, std::string_view pem);

} // namespace core::transit
