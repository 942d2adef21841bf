#pragma once

#include "core/crypto/asymmetric_key.h"

#include <span>
#include <string>
#include <string_view>

namespace core::identity {

/// One of the algorithms that sign identity tokens, by its name in a JWT's header (RFC 7518 §3.1, RFC 8037).
struct SigningAlgorithm {
    std::string_view name; // "RS256"
    crypto::AsymmetricAlgorithm key;
    crypto::HashAlgorithm hash; // None: Ed25519 takes the message itself
};

/// In the order in which the discovery document names them.
std::span<const SigningAlgorithm> signingAlgorithms();
/// Null: another name.
const SigningAlgorithm* signingAlgorithmNamed(std::string_view name);

/// The signature as a JWT carries it, before base64url. The key is a private one of the algorithm.
std::string signJws(const SigningAlgorithm& algorithm, const crypto::AsymmetricKey& key, std::string_view signedText);
bool isJwsSignedBy(const SigningAlgorithm& algorithm, const crypto::AsymmetricKey& key, std::string_view signedText, std::string_view signature);

} // namespace core::identity
