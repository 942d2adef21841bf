#pragma once

#include "core/base/secret_bytes.h"
#include "core/crypto/ed25519.h"

#include <string>
#include <string_view>

namespace core::trust {

inline constexpr std::size_t kPublicKeyBytes = 32;
inline constexpr std::size_t kSignatureBytes = 64;

/// The text that is signed for one purpose: `holdfast trust v1 <purpose>\n`, then the bytes unchanged. So a signature for one purpose is
/// none for another. `purpose` is a constant of the program without a line break.
std::string signedText(std::string_view purpose, std::string_view bytes);

/// Whether the key with this public half (32 bytes) signed the bytes for this purpose. False also if the key or the signature has a wrong
/// size.
bool isSignedBy(std::string_view publicKey, std::string_view purpose, std::string_view bytes, std::string_view signature);

/// An Ed25519 key (RFC 8032) of this cluster. Thread-safe.
class SigningKey {
public:
    /// The seed must have 32 bytes; anything else is a bug of the caller.
    explicit SigningKey(SecretBytes seed);

    const std::string& publicKey() const { return m_publicKey; }
    /// 64 bytes. Takes about 50 µs.
    std::string sign(std::string_view purpose, std::string_view bytes) const;
    /// Only for storing the key.
    const SecretBytes& seed() const { return m_seed; }

private:
    SecretBytes m_seed;
    crypto::Ed25519Key m_key;
    std::string m_publicKey;
};

} // namespace core::trust
