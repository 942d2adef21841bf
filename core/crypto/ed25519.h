#pragma once

#include "core/base/secret_bytes.h"

#include <memory>
#include <string>
#include <string_view>

namespace core::crypto {

/// A key of 32 bytes for one purpose, derived from other key material (HKDF-SHA-256, RFC 5869, without salt).
SecretBytes deriveKey(const SecretBytes& from, std::string_view purpose);

/// An Ed25519 key (RFC 8032) that signs. Thread-safe.
class Ed25519Key {
public:
    /// From a seed of 32 secret bytes; the same seed gives the same key.
    static Ed25519Key fromSeed(const SecretBytes& seed);

    Ed25519Key(Ed25519Key&&) noexcept;
    Ed25519Key& operator=(Ed25519Key&&) noexcept;
    ~Ed25519Key();

    /// 64 bytes.
    std::string sign(std::string_view message) const;
    /// 32 bytes.
    std::string publicKey() const;

private:
    struct State;
    explicit Ed25519Key(std::unique_ptr<State> state);
    std::unique_ptr<State> m_state;
};

/// True if the key with this public half (32 bytes) has signed the message. False also if one of them is no key or no signature.
bool isSignedBy(std::string_view publicKey, std::string_view message, std::string_view signature);

} // namespace core::crypto
