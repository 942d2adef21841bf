#pragma once

#include "core/base/secret_bytes.h"
#include "core/crypto/digest.h"

namespace core::crypto {

inline constexpr std::size_t kShortMacBytes = 16;
using ShortMac = std::array<unsigned char, kShortMacBytes>;

/// A key for HMAC-SHA-256 (RFC 2104). Both pads are hashed once, when the key is made.
///
/// mac() and shortMac() are thread-safe and take no lock. The key is wiped with the object.
class HmacKey {
public:
    /// A key of any length. If it is longer than 64 bytes, its digest is used, as the RFC says.
    explicit HmacKey(std::string_view key);
    explicit HmacKey(const SecretBytes& key) : HmacKey{key.view()} {}

    /// The MAC of all parts in order. The caller must make sure that another split of the same bytes cannot occur.
    Digest mac(std::initializer_list<std::string_view> parts) const;
    Digest mac(std::string_view message) const { return mac({message}); }

    /// The first half of mac(). The forest uses it for a key or a value.
    ShortMac shortMac(std::initializer_list<std::string_view> parts) const;
    ShortMac shortMac(std::string_view message) const { return shortMac({message}); }

private:
    Sha256 m_inner;
    Sha256 m_outer;
};

} // namespace core::crypto
