#include "core/crypto/standard_aead.h"

#include "core/base/assert.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <array>
#include <limits>
#include <memory>

namespace core::crypto {
namespace {

struct ContextDelete {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, ContextDelete>;

EVP_CIPHER* fetch(const char* name)
{
    EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, name, nullptr);
    CORE_ASSERT(cipher != nullptr);
    return cipher;
}

// Fetched once: an implicit fetch at each use costs as much as sealing a short value.
const EVP_CIPHER* opensslCipher(StandardAead cipher)
{
    static const std::array<EVP_CIPHER*, 3> kCiphers{fetch("AES-128-GCM"), fetch("AES-256-GCM"), fetch("ChaCha20-Poly1305")};
    return kCiphers[static_cast<std::size_t>(cipher)];
}

const unsigned char* bytesOf(std::string_view text)
{
    return reinterpret_cast<const unsigned char*>(text.data());
}

int lengthOf(std::string_view text)
{
    CORE_ASSERT(text.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max()));
    return static_cast<int>(text.size());
}

Context contextFor(const AeadInput& input, bool isSealing)
{
    CORE_ASSERT(input.key.size() == keyBytesOf(input.cipher) && input.nonce.size() == kStandardNonceBytes);
    Context context{EVP_CIPHER_CTX_new()};
    CORE_ASSERT(context != nullptr);
    CORE_ASSERT(
        EVP_CipherInit_ex2(context.get(), opensslCipher(input.cipher), bytesOf(input.key), bytesOf(input.nonce), isSealing ? 1 : 0, nullptr) == 1);
    int size = 0;
    CORE_ASSERT(input.additional.empty() ||
                EVP_CipherUpdate(context.get(), nullptr, &size, bytesOf(input.additional), lengthOf(input.additional)) == 1);
    return context;
}

} // namespace

std::size_t keyBytesOf(StandardAead cipher)
{
    return cipher == StandardAead::Aes128Gcm ? 16 : 32;
}

void sealTo(std::string& out, const AeadInput& input, std::string_view plaintext)
{
    const auto context = contextFor(input, true);
    const auto start = out.size();
    out.resize(start + plaintext.size() + kStandardTagBytes);
    auto* const to = reinterpret_cast<unsigned char*>(out.data()) + start;
    int size = 0;
    if (!plaintext.empty()) CORE_ASSERT(EVP_EncryptUpdate(context.get(), to, &size, bytesOf(plaintext), lengthOf(plaintext)) == 1);
    int rest = 0;
    CORE_ASSERT(EVP_EncryptFinal_ex(context.get(), to + size, &rest) == 1);
    CORE_ASSERT(static_cast<std::size_t>(size + rest) == plaintext.size());
    CORE_ASSERT(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kStandardTagBytes, to + plaintext.size()) == 1);
}

Result<SecretBytes> openSealed(const AeadInput& input, std::string_view sealed)
{
    if (sealed.size() < kStandardTagBytes) return Error{ErrorCode::Corrupt, "a sealed message is shorter than its tag"};
    const auto context = contextFor(input, false);
    const auto body = sealed.substr(0, sealed.size() - kStandardTagBytes);
    std::string tag{sealed.substr(body.size())};
    SecretBytes plaintext{body.size()};
    int size = 0;
    if (!body.empty()) CORE_ASSERT(EVP_DecryptUpdate(context.get(), plaintext.data(), &size, bytesOf(body), lengthOf(body)) == 1);
    CORE_ASSERT(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kStandardTagBytes, tag.data()) == 1);
    unsigned char none = 0;
    int rest = 0;
    if (EVP_DecryptFinal_ex(context.get(), body.empty() ? &none : plaintext.data() + size, &rest) != 1) {
        ERR_clear_error();
        return Error{ErrorCode::Corrupt, "a sealed message does not authenticate"};
    }
    CORE_ASSERT(static_cast<std::size_t>(size + rest) == body.size());
    return plaintext;
}

} // namespace core::crypto
