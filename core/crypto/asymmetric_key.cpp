#include "core/crypto/asymmetric_state.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <array>
#include <optional>

namespace core::crypto {
namespace {

using Pkcs8Handle = std::unique_ptr<PKCS8_PRIV_KEY_INFO, Release<PKCS8_PRIV_KEY_INFO_free>>;

constexpr std::size_t kEd25519KeyBytes = 32;
constexpr std::size_t kEncodedBytesMax = 64u << 10; // far more than any key

const unsigned char* bytesOf(std::string_view text)
{
    return reinterpret_cast<const unsigned char*>(text.data());
}

Error notAKey(std::string_view what)
{
    return opensslError(ErrorCode::InvalidArgument, what);
}

int bitsOf(AsymmetricAlgorithm algorithm)
{
    if (algorithm == AsymmetricAlgorithm::Rsa2048) return 2048;
    return algorithm == AsymmetricAlgorithm::Rsa3072 ? 3072 : 4096;
}

std::optional<AsymmetricAlgorithm> algorithmOf(EVP_PKEY* key)
{
    using enum AsymmetricAlgorithm;
    if (EVP_PKEY_is_a(key, "ED25519") == 1) return Ed25519;
    if (EVP_PKEY_is_a(key, "RSA") == 1) {
        for (const auto algorithm : {Rsa2048, Rsa3072, Rsa4096}) {
            if (EVP_PKEY_get_bits(key) == bitsOf(algorithm)) return algorithm;
        }
        return std::nullopt;
    }
    std::array<char, 64> group{};
    if (EVP_PKEY_is_a(key, "EC") != 1 || EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) != 1) return std::nullopt;
    const std::string_view name{group.data()};
    if (name == "prime256v1") return EcdsaP256;
    if (name == "secp384r1") return EcdsaP384;
    if (name == "secp521r1") return EcdsaP521;
    return std::nullopt;
}

std::unique_ptr<AsymmetricKey::State> stateOf(PkeyHandle key, AsymmetricAlgorithm algorithm, bool hasPrivateHalf)
{
    CORE_ASSERT(key != nullptr);
    auto state = std::make_unique<AsymmetricKey::State>();
    state->key = std::move(key);
    state->algorithm = algorithm;
    state->hasPrivateHalf = hasPrivateHalf;
    return state;
}

} // namespace

const char* curveOf(AsymmetricAlgorithm algorithm)
{
    if (algorithm == AsymmetricAlgorithm::EcdsaP256) return "P-256";
    return algorithm == AsymmetricAlgorithm::EcdsaP384 ? "P-384" : "P-521";
}

Result<AsymmetricKey> asymmetricKeyOf(PkeyHandle key, bool hasPrivateHalf)
{
    const auto algorithm = algorithmOf(key.get());
    if (!algorithm) return Error{ErrorCode::InvalidArgument, "a key of another algorithm, curve or size"};
    AsymmetricKey made{stateOf(std::move(key), *algorithm, hasPrivateHalf)};
    if (!hasPrivateHalf) return made;
    const std::string input(digestBytesOf(HashAlgorithm::Sha2_256), 'x');
    const auto signature = made.sign({}, input);
    if (!signature || !made.isSignedBy({}, input, *signature)) {
        return Error{ErrorCode::InvalidArgument, "the private half of the key does not fit its public half"};
    }
    return made;
}

AsymmetricKey::AsymmetricKey(std::unique_ptr<State> state) : m_state{std::move(state)} {}
AsymmetricKey::AsymmetricKey(AsymmetricKey&&) noexcept = default;
AsymmetricKey& AsymmetricKey::operator=(AsymmetricKey&&) noexcept = default;
AsymmetricKey::~AsymmetricKey() = default;

AsymmetricKey AsymmetricKey::generate(AsymmetricAlgorithm algorithm)
{
    PkeyHandle key;
    if (algorithm == AsymmetricAlgorithm::Ed25519) key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    else if (isRsa(algorithm)) key.reset(EVP_RSA_gen(static_cast<unsigned>(bitsOf(algorithm))));
    else key = generateEcKey(curveOf(algorithm));
    return AsymmetricKey{stateOf(std::move(key), algorithm, true)};
}

Result<AsymmetricKey> AsymmetricKey::fromPkcs8(std::string_view der)
{
    if (der.empty() || der.size() > kEncodedBytesMax) return Error{ErrorCode::InvalidArgument, "not a private key in PKCS#8"};
    const auto* at = bytesOf(der);
    const Pkcs8Handle info{d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(der.size()))};
    if (!info || at != bytesOf(der) + der.size()) return notAKey("reading a private key in PKCS#8");
    PkeyHandle key{EVP_PKCS82PKEY(info.get())};
    if (!key) return notAKey("reading a private key in PKCS#8");
    return asymmetricKeyOf(std::move(key), true);
}

Result<AsymmetricKey> AsymmetricKey::fromPublicPem(std::string_view pem)
{
    if (pem.size() > kEncodedBytesMax) return Error{ErrorCode::InvalidArgument, "not a public key in PEM"};
    const BioHandle bio = bioOver(pem);
    PkeyHandle key{PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr)};
    if (!key) return notAKey("reading a public key in PEM");
    return asymmetricKeyOf(std::move(key), false);
}

Result<AsymmetricKey> AsymmetricKey::fromPublicDer(std::string_view der)
{
    if (der.empty() || der.size() > kEncodedBytesMax) return Error{ErrorCode::InvalidArgument, "not a public key"};
    const auto* at = bytesOf(der);
    PkeyHandle key{d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size()))};
    if (!key || at != bytesOf(der) + der.size()) return notAKey("reading a public key");
    return asymmetricKeyOf(std::move(key), false);
}

AsymmetricKey AsymmetricKey::ed25519FromSeed(std::string_view seed)
{
    CORE_ASSERT(seed.size() == kEd25519KeyBytes);
    PkeyHandle key{EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytesOf(seed), seed.size())};
    return AsymmetricKey{stateOf(std::move(key), AsymmetricAlgorithm::Ed25519, true)};
}

AsymmetricKey AsymmetricKey::ed25519FromPublic(std::string_view key)
{
    CORE_ASSERT(key.size() == kEd25519KeyBytes);
    PkeyHandle handle{EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytesOf(key), key.size())};
    return AsymmetricKey{stateOf(std::move(handle), AsymmetricAlgorithm::Ed25519, false)};
}

AsymmetricAlgorithm AsymmetricKey::algorithm() const
{
    return m_state->algorithm;
}

bool AsymmetricKey::hasPrivateHalf() const
{
    return m_state->hasPrivateHalf;
}

bool AsymmetricKey::hasSamePublicHalf(const AsymmetricKey& other) const
{
    return EVP_PKEY_eq(m_state->key.get(), other.m_state->key.get()) == 1;
}

SecretBytes AsymmetricKey::pkcs8() const
{
    CORE_ASSERT(hasPrivateHalf());
    const Pkcs8Handle info{EVP_PKEY2PKCS8(m_state->key.get())};
    CORE_ASSERT(info != nullptr);
    const int size = i2d_PKCS8_PRIV_KEY_INFO(info.get(), nullptr);
    CORE_ASSERT(size > 0);
    SecretBytes der{static_cast<std::size_t>(size)};
    unsigned char* at = der.data();
    CORE_ASSERT(i2d_PKCS8_PRIV_KEY_INFO(info.get(), &at) == size);
    return der;
}

SecretBytes AsymmetricKey::pkcs8Pem() const
{
    CORE_ASSERT(hasPrivateHalf());
    return privateKeyToPem(m_state->key.get());
}

SecretBytes AsymmetricKey::traditionalPem() const
{
    CORE_ASSERT(hasPrivateHalf() && algorithm() != AsymmetricAlgorithm::Ed25519);
    const BioHandle bio{BIO_new(BIO_s_secmem())};
    CORE_ASSERT(bio != nullptr);
    CORE_ASSERT(PEM_write_bio_PrivateKey_traditional(bio.get(), m_state->key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
    std::string text = contentsOf(bio.get());
    SecretBytes pem = SecretBytes::copyOf(text);
    core::wipe(text);
    return pem;
}

SecretBytes AsymmetricKey::ed25519Seed() const
{
    SecretBytes seed{kEd25519KeyBytes};
    std::size_t size = seed.size();
    CORE_ASSERT(EVP_PKEY_get_raw_private_key(m_state->key.get(), seed.data(), &size) == 1 && size == kEd25519KeyBytes);
    return seed;
}

std::string AsymmetricKey::publicDer() const
{
    const int size = i2d_PUBKEY(m_state->key.get(), nullptr);
    CORE_ASSERT(size > 0);
    std::string der(static_cast<std::size_t>(size), '\0');
    auto* at = reinterpret_cast<unsigned char*>(der.data());
    CORE_ASSERT(i2d_PUBKEY(m_state->key.get(), &at) == size);
    return der;
}

std::string AsymmetricKey::publicPem() const
{
    const BioHandle bio{BIO_new(BIO_s_mem())};
    CORE_ASSERT(bio && PEM_write_bio_PUBKEY(bio.get(), m_state->key.get()) == 1);
    return contentsOf(bio.get());
}

std::string AsymmetricKey::ed25519Public() const
{
    std::string key(kEd25519KeyBytes, '\0');
    std::size_t size = key.size();
    CORE_ASSERT(EVP_PKEY_get_raw_public_key(m_state->key.get(), reinterpret_cast<unsigned char*>(key.data()), &size) == 1);
    CORE_ASSERT(size == kEd25519KeyBytes);
    return key;
}

} // namespace core::crypto
