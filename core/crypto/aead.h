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

/// A key for XAES-256-GCM (C2SP): AES-256-GCM under a key that is derived from the first half of a 192-bit nonce. Random nonces need no counting, so
/// clusters that share a key can seal independently.
///
/// Thread-safe, without a lock. Each call borrows keyed contexts from a pool that the key owns and destroys.
class AeadKey {
public:
    /// `key` has kAeadKeyBytes.
    explicit AeadKey(const SecretBytes& key);
    AeadKey(AeadKey&&) noexcept;
    AeadKey& operator=(AeadKey&&) noexcept;
    ~AeadKey();

    /// Ciphertext and tag. `nonce` has kAeadNonceBytes and must never be used twice with this key.
    std::string seal(std::string_view nonce, std::string_view additional, std::string_view plaintext) const;
    /// The same, appended to `out`.
    void sealTo(std::string& out, std::string_view nonce, std::string_view additional, std::string_view plaintext) const;

    /// Errors: Corrupt (wrong key, nonce, additional data or ciphertext; too short).
    Result<std::string> open(std::string_view nonce, std::string_view additional, std::string_view sealed) const;
    /// The same for key material.
    Result<SecretBytes> openSecret(std::string_view nonce, std::string_view additional, std::string_view sealed) const;

private:
    struct State;
    std::unique_ptr<State> m_state;
};

} // namespace core::crypto
