#pragma once

#include "core/base/result.h"
#include "core/base/secret_bytes.h"

#include <string>
#include <string_view>

namespace core::crypto {

inline constexpr std::size_t kAgreementKeyBytes = 32;

/// One end of a key agreement on Curve25519 (RFC 7748).
struct AgreementKey {
    std::string publicKey; // kAgreementKeyBytes
    SecretBytes privateKey;

    static AgreementKey generate();
    /// Errors: InvalidArgument (not kAgreementKeyBytes).
    static Result<AgreementKey> fromPrivate(const SecretBytes& privateKey);
};

/// The 32 bytes that both ends compute, each from its own private key and the other's public key (HKDF-SHA-256 over the shared secret). They depend
/// on the purpose and on both public keys. Errors: InvalidArgument (not a public key, or one that makes every secret the same).
Result<SecretBytes> agreeOnKey(const AgreementKey& own, std::string_view peerPublicKey, std::string_view purpose);

} // namespace core::crypto
