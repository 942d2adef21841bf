#include "core/crypto/ed25519.h"

#include "core/crypto/hmac.h"
#include "core/crypto/openssl_handles.h"

#include <openssl/crypto.h>
#include <openssl/err.h>

#include <array>

namespace core::crypto {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kSignatureBytes = 64;

const unsigned char* bytesOf(std::string_view text)
{
    return reinterpret_cast<const unsigned char*>(text.data());
}

} // namespace

SecretBytes deriveKey(const SecretBytes& from, std::string_view purpose)
{
    Digest extracted = HmacKey{std::string_view{std::string(kDigestBytes, '\0')}}.mac(from.view());
    Digest expanded = HmacKey{viewOf(extracted)}.mac({purpose, std::string_view{"\x01", 1}});
    SecretBytes key = SecretBytes::copyOf(viewOf(expanded));
    OPENSSL_cleanse(extracted.data(), extracted.size());
    OPENSSL_cleanse(expanded.data(), expanded.size());
    return key;
}

struct Ed25519Key::State {
    PkeyHandle key;
};

Ed25519Key::Ed25519Key(std::unique_ptr<State> state) : m_state{std::move(state)} {}
Ed25519Key::Ed25519Key(Ed25519Key&&) noexcept = default;
Ed25519Key& Ed25519Key::operator=(Ed25519Key&&) noexcept = default;
Ed25519Key::~Ed25519Key() = default;

Ed25519Key Ed25519Key::fromSeed(const SecretBytes& seed)
{
    CORE_ASSERT(seed.size() == kKeyBytes);
    auto state = std::make_unique<State>();
    state->key.reset(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytesOf(seed.view()), seed.size()));
    CORE_ASSERT(state->key != nullptr);
    return Ed25519Key{std::move(state)};
}

std::string Ed25519Key::sign(std::string_view message) const
{
    std::array<unsigned char, kSignatureBytes> signature{};
    std::size_t size = signature.size();
    const DigestContextHandle context{EVP_MD_CTX_new()};
    CORE_ASSERT(context && EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, m_state->key.get()) == 1);
    CORE_ASSERT(EVP_DigestSign(context.get(), signature.data(), &size, bytesOf(message), message.size()) == 1);
    CORE_ASSERT(size == kSignatureBytes);
    return std::string{viewOf(signature)};
}

std::string Ed25519Key::publicKey() const
{
    std::array<unsigned char, kKeyBytes> key{};
    std::size_t size = key.size();
    CORE_ASSERT(EVP_PKEY_get_raw_public_key(m_state->key.get(), key.data(), &size) == 1 && size == kKeyBytes);
    return std::string{viewOf(key)};
}

bool isSignedBy(std::string_view publicKey, std::string_view message, std::string_view signature)
{
    if (publicKey.size() != kKeyBytes || signature.size() != kSignatureBytes) return false;
    const PkeyHandle key{EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytesOf(publicKey), publicKey.size())};
    const DigestContextHandle context{EVP_MD_CTX_new()};
    const bool isGood = key && context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
                        EVP_DigestVerify(context.get(), bytesOf(signature), signature.size(), bytesOf(message), message.size()) == 1;
    if (!isGood) ERR_clear_error(); // or the next caller of the library would see this error
    return isGood;
}

} // namespace core::crypto
