#pragma once

#include "core/crypto/asymmetric_key.h"
#include "core/crypto/standard_aead.h"

#include <array>
#include <optional>
#include <string_view>

namespace core::transit {

/// The types of keys. The numbers are those that backups of the API carry.
enum class KeyType {
    Aes256Gcm96 = 0,
    EcdsaP256 = 1,
    Ed25519 = 2,
    Rsa2048 = 3,
    Rsa4096 = 4,
    ChaCha20Poly1305 = 5,
    EcdsaP384 = 6,
    EcdsaP521 = 7,
    Aes128Gcm96 = 8,
    Rsa3072 = 9,
    Hmac = 11,
};

/// What keys of a type can do.
struct KeyTypeTraits {
    KeyType type;
    std::string_view name;        // "aes256-gcm96"
    std::string_view versionName; // of one version in a key's view: "P-256"
    std::optional<crypto::StandardAead> aead;
    std::optional<crypto::AsymmetricAlgorithm> asymmetric;

    bool canEncrypt() const { return aead || isRsa(); }
    bool canSign() const { return asymmetric.has_value(); }
    bool canDerive() const { return aead || type == KeyType::Ed25519; }
    bool isRsa() const { return asymmetric && crypto::isRsa(*asymmetric); }
    bool isEcdsa() const { return asymmetric && !isRsa() && type != KeyType::Ed25519; }
};

const KeyTypeTraits& traitsOf(KeyType type);
/// Null: no type has this name, or this number.
const KeyTypeTraits* keyTypeNamed(std::string_view name);
const KeyTypeTraits* keyTypeNumbered(std::int64_t number);

inline constexpr std::size_t kMacKeyBytes = 32; // of the MACs of the other types
inline constexpr std::size_t kHmacKeyBytesMin = 32;
inline constexpr std::size_t kHmacKeyBytesMax = 512;

} // namespace core::transit
