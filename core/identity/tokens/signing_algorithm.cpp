#include "core/identity/tokens/signing_algorithm.h"

#include "core/base/assert.h"

#include <algorithm>
#include <array>

namespace core::identity {
namespace {

using crypto::AsymmetricAlgorithm;
using crypto::HashAlgorithm;

constexpr std::array kAlgorithms{
    SigningAlgorithm{"RS256", AsymmetricAlgorithm::Rsa2048, HashAlgorithm::Sha2_256},
    SigningAlgorithm{"RS384", AsymmetricAlgorithm::Rsa2048, HashAlgorithm::Sha2_384},
    SigningAlgorithm{"RS512", AsymmetricAlgorithm::Rsa2048, HashAlgorithm::Sha2_512},
    SigningAlgorithm{"ES256", AsymmetricAlgorithm::EcdsaP256, HashAlgorithm::Sha2_256},
    SigningAlgorithm{"ES384", AsymmetricAlgorithm::EcdsaP384, HashAlgorithm::Sha2_384},
    SigningAlgorithm{"ES512", AsymmetricAlgorithm::EcdsaP521, HashAlgorithm::Sha2_512},
    SigningAlgorithm{"EdDSA", AsymmetricAlgorithm::Ed25519, HashAlgorithm::None},
};

bool isEcdsa(const SigningAlgorithm& algorithm)
{
    return algorithm.hash != HashAlgorithm::None && !crypto::isRsa(algorithm.key);
}

crypto::SignatureScheme schemeOf(const SigningAlgorithm& algorithm)
{
    return {.hash = algorithm.hash, .padding = crypto::SignatureScheme::Padding::Pkcs1v15};
}

} // namespace

std::span<const SigningAlgorithm> signingAlgorithms()
{
    return kAlgorithms;
}

const SigningAlgorithm* signingAlgorithmNamed(std::string_view name)
{
    const auto* const at = std::ranges::find(kAlgorithms, name, &SigningAlgorithm::name);
    return at == kAlgorithms.end() ? nullptr : at;
}

std::string signJws(const SigningAlgorithm& algorithm, const crypto::AsymmetricKey& key, std::string_view signedText)
{
    auto signature = key.sign(schemeOf(algorithm), crypto::digestBy(algorithm.hash, signedText));
    CORE_ASSERT(signature.has_value());
    return isEcdsa(algorithm) ? crypto::ecdsaToFixed(algorithm.key, *signature) : std::move(*signature);
}

bool isJwsSignedBy(const SigningAlgorithm& algorithm, const crypto::AsymmetricKey& key, std::string_view signedText, std::string_view signature)
{
    const auto digest = crypto::digestBy(algorithm.hash, signedText);
    if (!isEcdsa(algorithm)) return key.isSignedBy(schemeOf(algorithm), digest, signature);
    // Both numbers have the length of the curve's order, so that a signature has one form only (RFC 7518 §3.4).
    if (signature.size() != 2 * crypto::ecdsaOrderBytes(algorithm.key)) return false;
    return key.isSignedBy(schemeOf(algorithm), digest, crypto::ecdsaFromFixed(signature));
}

} // namespace core::identity
