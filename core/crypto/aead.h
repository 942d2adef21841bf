#pragma once

#include "core/base/result.h"
#include "core/base/secret_bytes.h"

#include <memory>
#include <string>
#include <string_view>

namespace core::crypto {

inline constexpr std::size_t kAeadKeyBytes = 32;
inline constexpr std::size_t kAeadNonceBytes = 24;
inline constexpr std::size_t kAeadTagBytes = 16;

/// A key for XAES-256-GCM (C2SP): AES-256-GCM under a key derived from the first half of a 192-bit nonce. Random
/// nonces never need counting, so clusters that share a key may seal without knowing of each other.
///
/// Thread-safe, without a lock: each call borrows keyed contexts from a pool that belongs to the key and dies with it.
class AeadKey {
public:
    /// `key` has kAeadKeyBytes.
    explicit AeadKey(const SecretBytes& key);
    AeadKey(AeadKey&&) noexcept;
    AeadKey& operator=(AeadKey&&) noexcept;
    ~AeadKey();

    /// Ciphertext and tag. `nonce` has kAeadNonceBytes and is never used twice with this key.
    std::string seal(std::string_view nonce, std::string_view additional, std::string_view plaintext) const;
    /// The same, added at the end of `out`.
    void sealTo(std::string& out, std::string_view nonce, std::string_view additional, std::string_view plaintext) const;

    /// Errors: Corrupt (another key, nonce, additional data or ciphertext than it was sealed with; too short).
    Result<std::string> open(std::string_view nonce, std::string_view additional, std::string_view sealed) const;
    /// The same for what is itself key material.
    Result<SecretBytes> openSecret(std::string_view nonce, std::string_view additional, std::string_view sealed) const;

private:
    struct State;
    std::unique_ptr<State> m_state;
};

} // namespace core::crypto
