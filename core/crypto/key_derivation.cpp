#include "core/crypto/key_derivation.h"

#include "core/base/assert.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <array>
#include <memory>
#include <string>

namespace core::crypto {
namespace {

struct ContextDelete {
    void operator()(EVP_KDF_CTX* context) const { EVP_KDF_CTX_free(context); }
};

EVP_KDF* hkdf()
{
    static EVP_KDF* const algorithm = EVP_KDF_fetch(nullptr, "HKDF", nullptr);
    CORE_ASSERT(algorithm != nullptr);
    return algorithm;
}

} // namespace

SecretBytes hkdfSha256(const SecretBytes& key, std::string_view info, std::size_t size)
{
    const std::unique_ptr<EVP_KDF_CTX, ContextDelete> context{EVP_KDF_CTX_new(hkdf())};
    CORE_ASSERT(context != nullptr && size <= 255 * 32);
    std::string digest = "SHA256";
    std::string infoCopy{info}; // the parameters are not const, although the function only reads them
    const std::array<OSSL_PARAM, 4> parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, const_cast<unsigned char*>(key.data()), key.size()),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, infoCopy.data(), infoCopy.size()),
        OSSL_PARAM_construct_end(),
    };
    SecretBytes out{size};
    CORE_ASSERT(EVP_KDF_derive(context.get(), out.data(), out.size(), parameters.data()) == 1);
    return out;
}

} // namespace core::crypto
