#include "core/transit/key/key_type.h"

#include "core/base/assert.h"

#include <algorithm>

namespace core::transit {
namespace {

using crypto::AsymmetricAlgorithm;
using crypto::StandardAead;

constexpr std::array<KeyTypeTraits, 11> kTypes{{
    {KeyType::Aes128Gcm96, "aes128-gcm96", {}, StandardAead::Aes128Gcm, {}},
    {KeyType::Aes256Gcm96, "aes256-gcm96", {}, StandardAead::Aes256Gcm, {}},
    {KeyType::ChaCha20Poly1305, "chacha20-poly1305", {}, StandardAead::ChaCha20Poly1305, {}},
    {KeyType::Ed25519, "ed25519", "ed25519", {}, AsymmetricAlgorithm::Ed25519},
    {KeyType::EcdsaP256, "ecdsa-p256", "P-256", {}, AsymmetricAlgorithm::EcdsaP256},
    {KeyType::EcdsaP384, "ecdsa-p384", "P-384", {}, AsymmetricAlgorithm::EcdsaP384},
    {KeyType::EcdsaP521, "ecdsa-p521", "P-521", {}, AsymmetricAlgorithm::EcdsaP521},
    {KeyType::Rsa2048, "rsa-2048", "rsa-2048", {}, AsymmetricAlgorithm::Rsa2048},
    {KeyType::Rsa3072, "rsa-3072", "rsa-3072", {}, AsymmetricAlgorithm::Rsa3072},
    {KeyType::Rsa4096, "rsa-4096", "rsa-4096", {}, AsymmetricAlgorithm::Rsa4096},
    {KeyType::Hmac, "hmac", {}, {}, {}},
}};

template<class Matches>
const KeyTypeTraits* find(const Matches& matches)
{
    const auto at = std::ranges::find_if(kTypes, matches);
    return at == kTypes.end() ? nullptr : &*at;
}

} // namespace

const KeyTypeTraits& traitsOf(KeyType type)
{
    const auto* found = find([&](const KeyTypeTraits& traits) { return traits.type == type; });
    CORE_ASSERT(found != nullptr);
    return *found;
}

const KeyTypeTraits* keyTypeNamed(std::string_view name)
{
    return find([&](const KeyTypeTraits& traits) { return traits.name == name; });
}

const KeyTypeTraits* keyTypeNumbered(std::int64_t number)
{
    return find([&](const KeyTypeTraits& traits) { return static_cast<std::int64_t>(traits.type) == number; });
}

} // namespace core::transit
