#pragma once

#include "core/base/secret_bytes.h"
#include "core/crypto/digest.h"

namespace core::crypto {

inline constexpr std::size_t kShortMacBytes = 16;
using ShortMac = std::array<unsigned char, kShortMacBytes>;

/// A key for HMAC-SHA-256 (RFC 2104) with both pads hashed beforehand.
///
/// mac() and shortMac() are thread-safe and take no lock. The key dies with the object.
class HmacKey {
public:
    /// A key of any length; above 64 bytes its digest is used, as the RFC says.
    explicit HmacKey(std::string_view key);
    explicit HmacKey(const SecretBytes& key) : HmacKey{key.view()} {}

    /// The MAC of the parts one after another. The caller makes sure that their borders cannot be moved.
    Digest mac(std::initializer_list<std::string_view> parts) const;
    Digest mac(std::string_view message) const { return mac({message}); }

    /// The first half of mac(): what stands for a key or a value in the forest.
    ShortMac shortMac(std::initializer_list<std::string_view> parts) const;
    ShortMac shortMac(std::string_view message) const { return shortMac({message}); }

private:
    Sha256 m_inner;
    Sha256 m_outer;
};

} // namespace core::crypto
