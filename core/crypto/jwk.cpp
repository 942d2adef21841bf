#include "core/crypto/jwk.h"

#include "core/base/encoding.h"
#include "core/crypto/asymmetric_state.h"

#include <openssl/core_names.h>

namespace core::crypto {
namespace {

/// The number as base64url of its big-endian bytes; `bytes` long, or as short as possible for 0.
std::string numberOf(const AsymmetricKey& key, const char* name, std::size_t bytes)
{
    BIGNUM* raw = nullptr;
    CORE_ASSERT(EVP_PKEY_get_bn_param(key.state().key.get(), name, &raw) == 1);
    const BignumHandle number{raw};
    std::string out(bytes == 0 ? static_cast<std::size_t>(BN_num_bytes(raw)) : bytes, '\0');
    CORE_ASSERT(BN_bn2binpad(raw, reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(out.size())) == static_cast<int>(out.size()));
    return toBase64Url(out);
}

} // namespace

std::vector<std::pair<std::string, std::string>> publicJwk(const AsymmetricKey& key)
{
    if (isRsa(key.algorithm())) {
        return {{"e", numberOf(key, OSSL_PKEY_PARAM_RSA_E, 0)}, {"kty", "RSA"}, {"n", numberOf(key, OSSL_PKEY_PARAM_RSA_N, 0)}};
    }
    if (key.algorithm() == AsymmetricAlgorithm::Ed25519) return {{"crv", "Ed25519"}, {"kty", "OKP"}, {"x", toBase64Url(key.ed25519Public())}};
    const auto bytes = ecdsaOrderBytes(key.algorithm());
    return {{"crv", curveOf(key.algorithm())},
            {"kty", "EC"},
            {"x", numberOf(key, OSSL_PKEY_PARAM_EC_PUB_X, bytes)},
            {"y", numberOf(key, OSSL_PKEY_PARAM_EC_PUB_Y, bytes)}};
}

} // namespace core::crypto
