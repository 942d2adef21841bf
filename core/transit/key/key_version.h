#pragma once

#include "core/base/clock.h"
#include "core/base/mutex.h"
#include "core/transit/key/key_type.h"

#include <cstdint>
#include <memory>

namespace core::transit {

using VersionNumber = std::uint32_t; // the first version of a key is 1

/// The material of one version of a key. Immutable when it is shared, and then thread-safe.
///
/// `secret` has the bytes of a symmetric key, 64 bytes for Ed25519 (the seed, then the public key: both together are what other keys are derived from),
/// or PKCS#8 for the other asymmetric types. It is empty if only the public half was imported.
struct KeyVersion {
    VersionNumber number = 0;
    WallTime createdAt;
    SecretBytes secret;
    SecretBytes hmacKey;
    std::string publicDer;             // SubjectPublicKeyInfo, of asymmetric types
    std::uint8_t convergentScheme = 0; // 0: the key does not encrypt convergently

    bool hasPrivateHalf() const { return !secret.empty(); }
    /// The key pair of an asymmetric type. The first call parses it, which can cost a millisecond. Errors: Corrupt (stored bytes are no key).
    Result<const crypto::AsymmetricKey*> asymmetric(const KeyTypeTraits& type) const CORE_EXCLUDES(m_parsedMutex);
    KeyVersion clone() const;

    /// The stored form (README.md).
    SecretBytes encode() const;
    /// Errors: Corrupt.
    static Result<KeyVersion> decode(VersionNumber number, std::string_view bytes);

    KeyVersion() = default;
    KeyVersion(KeyVersion&& other) noexcept;
    KeyVersion& operator=(KeyVersion&&) = delete;

private:
    mutable Mutex m_parsedMutex; // leaf lock
    mutable std::unique_ptr<const crypto::AsymmetricKey> m_parsed CORE_GUARDED_BY(m_parsedMutex);
};
using KeyVersionPointer = std::shared_ptr<const KeyVersion>;

} // namespace core::transit
