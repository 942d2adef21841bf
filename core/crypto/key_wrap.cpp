#include "core/crypto/key_wrap.h"

#include "core/base/assert.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <limits>
#include <memory>

namespace core::crypto {
namespace {

constexpr std::size_t kBlockBytes = 8;
constexpr std::size_t kWrappedBytesMax = 64u << 10; // far more than any private key

struct ContextDelete {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, ContextDelete>;

Context contextFor(const SecretBytes& wrappingKey, bool isWrapping)
{
    CORE_ASSERT(wrappingKey.size() == 32);
    Context context{EVP_CIPHER_CTX_new()};
    CORE_ASSERT(context != nullptr);
    EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    CORE_ASSERT(EVP_CipherInit_ex(context.get(), EVP_aes_256_wrap_pad(), nullptr, wrappingKey.data(), nullptr, isWrapping ? 1 : 0) == 1);
    return context;
}

} // namespace

std::string wrapKey(const SecretBytes& wrappingKey, const SecretBytes& key)
{
    CORE_ASSERT(!key.empty() && key.size() < kWrappedBytesMax);
    const auto context = contextFor(wrappingKey, true);
    std::string wrapped(key.size() + 2 * kBlockBytes, '\0');
    int size = 0;
    CORE_ASSERT(EVP_CipherUpdate(context.get(), reinterpret_cast<unsigned char*>(wrapped.data()), &size, key.data(), static_cast<int>(key.size())) ==
                1);
    wrapped.resize(static_cast<std::size_t>(size));
    return wrapped;
}

Result<SecretBytes> unwrapKey(const SecretBytes& wrappingKey, std::string_view wrapped)
{
    const Error refused{ErrorCode::Corrupt, "the wrapped key does not open"};
    if (wrapped.size() < 2 * kBlockBytes || wrapped.size() % kBlockBytes != 0 || wrapped.size() > kWrappedBytesMax) return refused;
    const auto context = contextFor(wrappingKey, false);
    SecretBytes out{wrapped.size()};
    int size = 0;
    if (EVP_CipherUpdate(context.get(), out.data(), &size, reinterpret_cast<const unsigned char*>(wrapped.data()),
                         static_cast<int>(wrapped.size())) != 1 ||
        size <= 0) {
        ERR_clear_error();
        return refused;
    }
    return SecretBytes::copyOf(out.view().substr(0, static_cast<std::size_t>(size)));
}

} // namespace core::crypto
