#pragma once

#include "core/base/secret_bytes.h"
#include "core/crypto/ed25519.h"

#include <string>
#include <string_view>

namespace core::trust {

inline constexpr std::size_t kPublicKeyBytes = 32;
inline constexpr std::size_t kSignatureBytes = 64;

/// What is signed for one purpose: `holdfast trust v1 <purpose>\n`, then the bytes as they are. So a signature that was made for
/// one purpose is none for another. `purpose` is a constant of the program without a line break.
std::string signedText(std::string_view purpose, std::string_view bytes);

/// Whether the key with this public half (32 bytes) signed the bytes for this purpose. False also for what is no key or no signature.
bool isSignedBy(std::string_view publicKey, std::string_view purpose, std::string_view bytes, std::string_view signature);

/// An Ed25519 key (RFC 8032) of this cluster. Thread-safe.
class SigningKey {
public:
    /// Errors of a caller, not of data: the seed has 32 bytes.
    explicit SigningKey(SecretBytes seed);

    const std::string& publicKey() const { return m_publicKey; }
    /// 64 bytes. Some 50 µs.
    std::string sign(std::string_view purpose, std::string_view bytes) const;
    /// For the store alone.
    const SecretBytes& seed() const { return m_seed; }

private:
    SecretBytes m_seed;
    crypto::Ed25519Key m_key;
    std::string m_publicKey;
};

} // namespace core::trust
