#pragma once

#include "core/base/result.h"
#include "core/base/secret_bytes.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace core::crypto {

/// Authenticated encryption in the standard forms that clients know: nonces of 96 bits, tags of 128 bits. For the server's own data see aead.h.
enum class StandardAead { Aes128Gcm, Aes256Gcm, ChaCha20Poly1305 };

inline constexpr std::size_t kStandardNonceBytes = 12;
inline constexpr std::size_t kStandardTagBytes = 16;

std::size_t keyBytesOf(StandardAead cipher);

/// One message. `key` has keyBytesOf(cipher), `nonce` has kStandardNonceBytes, and no two messages of a key may share a nonce.
struct AeadInput {
    StandardAead cipher = StandardAead::Aes256Gcm;
    std::string_view key;
    std::string_view nonce;
    std::string_view additional;
};

/// Appends ciphertext and tag to `out`. Thread-safe.
void sealTo(std::string& out, const AeadInput& input, std::string_view plaintext);

/// `sealed` is ciphertext and tag. Thread-safe. Errors: Corrupt (another key, nonce or additional data, or changed bytes).
Result<SecretBytes> openSealed(const AeadInput& input, std::string_view sealed);

} // namespace core::crypto
