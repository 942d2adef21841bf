#pragma once

#include "core/base/result.h"
#include "core/base/secret_bytes.h"
#include "core/crypto/hash_algorithm.h"

#include <memory>
#include <string>
#include <string_view>

namespace core::crypto {

enum class AsymmetricAlgorithm { EcdsaP256, EcdsaP384, EcdsaP521, Ed25519, Rsa2048, Rsa3072, Rsa4096 };

constexpr bool isRsa(AsymmetricAlgorithm algorithm)
{
    return algorithm >= AsymmetricAlgorithm::Rsa2048;
}

/// How a signature is made from its input. Ed25519 ignores all of it and takes the message itself; the others take its digest.
struct SignatureScheme {
    enum class Padding { Pss, Pkcs1v15 }; // RSA
    static constexpr int kSaltAuto = 0;   // the longest one; a verification accepts any
    static constexpr int kSaltAsDigest = -1;

    HashAlgorithm hash = HashAlgorithm::Sha2_256; // None only with Pkcs1v15: the input is padded as it is
    Padding padding = Padding::Pss;
    int saltBytes = kSaltAuto;
};

/// A key pair, or only its public half. Immutable and thread-safe. The private half is wiped with the object.
class AsymmetricKey {
public:
    /// RSA can take seconds.
    static AsymmetricKey generate(AsymmetricAlgorithm algorithm);
    /// PKCS#8 in DER. A trial signature proves that the two halves belong together. Errors: InvalidArgument (not a key, or of none of the algorithms).
    static Result<AsymmetricKey> fromPkcs8(std::string_view der);
    /// SubjectPublicKeyInfo. Errors: as above.
    static Result<AsymmetricKey> fromPublicPem(std::string_view pem);
    static Result<AsymmetricKey> fromPublicDer(std::string_view der);
    /// `seed` has 32 bytes.
    static AsymmetricKey ed25519FromSeed(std::string_view seed);
    /// `key` has 32 bytes.
    static AsymmetricKey ed25519FromPublic(std::string_view key);

    AsymmetricKey(AsymmetricKey&&) noexcept;
    AsymmetricKey& operator=(AsymmetricKey&&) noexcept;
    ~AsymmetricKey();

    AsymmetricAlgorithm algorithm() const;
    bool hasPrivateHalf() const;
    bool hasSamePublicHalf(const AsymmetricKey& other) const;

    // These need the private half.
    SecretBytes pkcs8() const;
    SecretBytes pkcs8Pem() const;
    /// `EC PRIVATE KEY` or `RSA PRIVATE KEY`. Not for Ed25519.
    SecretBytes traditionalPem() const;
    /// The seed of Ed25519.
    SecretBytes ed25519Seed() const;

    std::string publicDer() const;
    std::string publicPem() const;
    /// The 32 bytes of Ed25519.
    std::string ed25519Public() const;

    /// Needs the private half. ECDSA gives DER. Errors: InvalidArgument (the input or the salt does not fit).
    Result<std::string> sign(const SignatureScheme& scheme, std::string_view input) const;
    bool isSignedBy(const SignatureScheme& scheme, std::string_view input, std::string_view signature) const;

    /// RSA-OAEP; the same hash for the label and the mask. Errors: InvalidArgument (too long).
    Result<std::string> encryptOaep(HashAlgorithm hash, std::string_view plaintext) const;
    /// Needs the private half. Errors: InvalidArgument (does not decrypt).
    Result<SecretBytes> decryptOaep(HashAlgorithm hash, std::string_view ciphertext) const;

    /// The numbers of the key, for key_numbers.h.
    struct State;
    const State& state() const { return *m_state; }
    explicit AsymmetricKey(std::unique_ptr<State> state);

private:
    std::unique_ptr<State> m_state;
};

/// The bytes of a number below the order of the curve, and of a coordinate: 32, 48 or 66.
std::size_t ecdsaOrderBytes(AsymmetricAlgorithm algorithm);
/// An ECDSA signature in DER as `r ‖ s`, each as long as the order of the curve (RFC 7518), and back.
std::string ecdsaToFixed(AsymmetricAlgorithm algorithm, std::string_view der);
/// Empty: not two numbers of a plausible size.
std::string ecdsaFromFixed(std::string_view fixed);
/// Whether the bytes are one ECDSA signature in DER.
enum class EcdsaForm { Right, NotDer, ExtraBytes };
EcdsaForm ecdsaFormOf(std::string_view der);

} // namespace core::crypto
