#pragma once

#include "core/base/random.h"
#include "core/base/result.h"
#include "core/crypto/aead.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace core::barrier {

/// The form of every sealed value: version(1) ‖ term(4, little-endian) ‖ nonce(24) ‖ ciphertext ‖ tag(16). The physical key is the additional data.
inline constexpr std::size_t kSealedHeaderBytes = 1 + 4 + crypto::kAeadNonceBytes;
inline constexpr std::size_t kSealedOverheadBytes = kSealedHeaderBytes + crypto::kAeadTagBytes;

/// The term of a value that was sealed with a key outside the keyring: the root key or the operators' key.
inline constexpr std::uint32_t kNoTerm = 0;

struct SealedParts {
    std::uint32_t term = kNoTerm;
    std::string_view nonce;
    std::string_view ciphertext; // with its tag
};

/// The parts are views into `sealed`. Errors: Corrupt (too short, unknown version).
Result<SealedParts> splitSealed(std::string_view sealed);

std::string sealValueWith(const crypto::AeadKey& key, std::uint32_t term, Random& random, std::string_view physicalKey, std::string_view plaintext);

/// The last bytes of a sealed value. The forest uses them as its digest. A shorter value is its own digest.
std::string_view valueDigestOf(std::string_view sealed);

} // namespace core::barrier
