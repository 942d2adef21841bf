#include "core/crypto/key_numbers.h"

#include "core/crypto/asymmetric_state.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>

#include <cstring>

namespace core::crypto {
namespace {

using BuilderHandle = std::unique_ptr<OSSL_PARAM_BLD, Release<OSSL_PARAM_BLD_free>>;
using ParamHandle = std::unique_ptr<OSSL_PARAM, Release<OSSL_PARAM_free>>;
using GroupHandle = std::unique_ptr<EC_GROUP, Release<EC_GROUP_free>>;
using PointHandle = std::unique_ptr<EC_POINT, Release<EC_POINT_clear_free>>;
using BnContextHandle = std::unique_ptr<BN_CTX, Release<BN_CTX_free>>;

constexpr std::size_t kDigitsMax = 1'300; // of 4,096 bits: 1,234

const Error kNotTheNumbers{ErrorCode::InvalidArgument, "these are not the numbers of one key of its type"};

/// Null: not decimal digits, or too many.
BignumHandle numberOf(std::string_view digits)
{
    if (digits.empty() || digits.size() > kDigitsMax || digits.find_first_not_of("0123456789") != std::string_view::npos) return nullptr;
    SecretBytes text{digits.size() + 1}; // OpenSSL wants a zero at the end
    std::memcpy(text.data(), digits.data(), digits.size());
    BIGNUM* raw = BN_secure_new();
    CORE_ASSERT(raw != nullptr && BN_dec2bn(&raw, reinterpret_cast<const char*>(text.data())) > 0);
    return BignumHandle{raw};
}

SecretBytes digitsOf(const BIGNUM* number)
{
    char* const text = BN_bn2dec(number);
    CORE_ASSERT(text != nullptr);
    SecretBytes digits = SecretBytes::copyOf(std::string_view{text});
    OPENSSL_clear_free(text, digits.size() + 1);
    return digits;
}

SecretBytes digitsOf(const AsymmetricKey& key, const char* name)
{
    BIGNUM* raw = nullptr;
    CORE_ASSERT(EVP_PKEY_get_bn_param(key.state().key.get(), name, &raw) == 1);
    const BignumHandle number{raw};
    return digitsOf(number.get());
}

std::string publicDigitsOf(const AsymmetricKey& key, const char* name)
{
    return std::string{digitsOf(key, name).view()};
}

Result<AsymmetricKey> keyFrom(AsymmetricAlgorithm algorithm, OSSL_PARAM_BLD* builder, bool hasPrivateHalf)
{
    const ParamHandle parameters{OSSL_PARAM_BLD_to_param(builder)};
    const PkeyContextHandle context{EVP_PKEY_CTX_new_from_name(nullptr, isRsa(algorithm) ? "RSA" : "EC", nullptr)};
    CORE_ASSERT(parameters && context && EVP_PKEY_fromdata_init(context.get()) == 1);
    EVP_PKEY* raw = nullptr;
    const int selection = hasPrivateHalf ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
    if (EVP_PKEY_fromdata(context.get(), &raw, selection, parameters.get()) != 1) {
        ERR_clear_error();
        return kNotTheNumbers;
    }
    auto key = asymmetricKeyOf(PkeyHandle{raw}, hasPrivateHalf);
    if (key && key->algorithm() != algorithm) return kNotTheNumbers;
    return key;
}

/// The uncompressed point; empty: not a point of the curve.
std::string pointOf(const EC_GROUP* group, const BIGNUM* x, const BIGNUM* y, const BIGNUM* d)
{
    const PointHandle point{EC_POINT_new(group)};
    CORE_ASSERT(point != nullptr);
    const int isDone =
        d ? EC_POINT_mul(group, point.get(), d, nullptr, nullptr, nullptr) : EC_POINT_set_affine_coordinates(group, point.get(), x, y, nullptr);
    if (isDone != 1) {
        ERR_clear_error();
        return {};
    }
    std::string bytes(200, '\0');
    bytes.resize(
        EC_POINT_point2oct(group, point.get(), POINT_CONVERSION_UNCOMPRESSED, reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), nullptr));
    return bytes;
}

int nidOf(AsymmetricAlgorithm algorithm)
{
    if (algorithm == AsymmetricAlgorithm::EcdsaP256) return NID_X9_62_prime256v1;
    return algorithm == AsymmetricAlgorithm::EcdsaP384 ? NID_secp384r1 : NID_secp521r1;
}

/// d modulo (prime - 1). Null: the prime is none.
BignumHandle exponentOf(const BIGNUM* d, const BIGNUM* prime, BN_CTX* context)
{
    BignumHandle lower{BN_secure_new()};
    BignumHandle out{BN_secure_new()};
    CORE_ASSERT(lower && out && BN_copy(lower.get(), prime) != nullptr);
    if (BN_sub_word(lower.get(), 1) != 1 || BN_is_zero(lower.get()) || BN_mod(out.get(), d, lower.get(), context) != 1) {
        ERR_clear_error();
        return nullptr;
    }
    return out;
}

bool isProduct(const BIGNUM* n, const BIGNUM* p, const BIGNUM* q, BN_CTX* context)
{
    const BignumHandle product{BN_secure_new()};
    CORE_ASSERT(product && BN_mul(product.get(), p, q, context) == 1);
    return BN_cmp(product.get(), n) == 0;
}

bool push(OSSL_PARAM_BLD* builder, const char* name, const BIGNUM* number)
{
    return number != nullptr && OSSL_PARAM_BLD_push_BN(builder, name, number) == 1;
}

} // namespace

EcNumbers ecNumbersOf(const AsymmetricKey& key)
{
    return {.x = publicDigitsOf(key, OSSL_PKEY_PARAM_EC_PUB_X),
            .y = publicDigitsOf(key, OSSL_PKEY_PARAM_EC_PUB_Y),
            .d = key.hasPrivateHalf() ? digitsOf(key, OSSL_PKEY_PARAM_PRIV_KEY) : SecretBytes{}};
}

RsaNumbers rsaNumbersOf(const AsymmetricKey& key)
{
    RsaNumbers out;
    out.n = publicDigitsOf(key, OSSL_PKEY_PARAM_RSA_N);
    out.e = publicDigitsOf(key, OSSL_PKEY_PARAM_RSA_E);
    if (!key.hasPrivateHalf()) return out;
    out.d = digitsOf(key, OSSL_PKEY_PARAM_RSA_D);
    out.p = digitsOf(key, OSSL_PKEY_PARAM_RSA_FACTOR1);
    out.q = digitsOf(key, OSSL_PKEY_PARAM_RSA_FACTOR2);
    out.dp = digitsOf(key, OSSL_PKEY_PARAM_RSA_EXPONENT1);
    out.dq = digitsOf(key, OSSL_PKEY_PARAM_RSA_EXPONENT2);
    out.qInverse = digitsOf(key, OSSL_PKEY_PARAM_RSA_COEFFICIENT1);
    return out;
}

Result<AsymmetricKey> keyOf(AsymmetricAlgorithm algorithm, const EcNumbers& numbers)
{
    CORE_ASSERT(!isRsa(algorithm) && algorithm != AsymmetricAlgorithm::Ed25519);
    const GroupHandle group{EC_GROUP_new_by_curve_name(nidOf(algorithm))};
    const BuilderHandle builder{OSSL_PARAM_BLD_new()};
    CORE_ASSERT(group && builder);
    const bool hasPrivateHalf = !numbers.d.empty();
    const auto d = numberOf(numbers.d.view());
    const auto x = numberOf(numbers.x);
    const auto y = numberOf(numbers.y);
    if (hasPrivateHalf ? !d || BN_is_zero(d.get()) || BN_cmp(d.get(), EC_GROUP_get0_order(group.get())) >= 0 : !x || !y) return kNotTheNumbers;
    const auto point = pointOf(group.get(), x.get(), y.get(), d.get());
    if (point.empty()) return kNotTheNumbers;
    CORE_ASSERT(OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curveOf(algorithm), 0) == 1);
    CORE_ASSERT(OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) == 1);
    if (hasPrivateHalf) CORE_ASSERT(push(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, d.get()));
    return keyFrom(algorithm, builder.get(), hasPrivateHalf);
}

Result<AsymmetricKey> keyOf(AsymmetricAlgorithm algorithm, const RsaNumbers& numbers)
{
    CORE_ASSERT(isRsa(algorithm));
    const BuilderHandle builder{OSSL_PARAM_BLD_new()};
    const BnContextHandle context{BN_CTX_secure_new()};
    const auto n = numberOf(numbers.n);
    const auto e = numberOf(numbers.e);
    CORE_ASSERT(builder && context);
    if (!push(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) || !push(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get())) return kNotTheNumbers;
    if (numbers.d.empty()) return keyFrom(algorithm, builder.get(), false);

    const auto d = numberOf(numbers.d.view());
    const auto p = numberOf(numbers.p.view());
    const auto q = numberOf(numbers.q.view());
    if (!d || !p || !q || BN_is_zero(p.get()) || BN_is_zero(q.get()) || !isProduct(n.get(), p.get(), q.get(), context.get())) return kNotTheNumbers;
    const auto dp = exponentOf(d.get(), p.get(), context.get());
    const auto dq = exponentOf(d.get(), q.get(), context.get());
    const BignumHandle inverse{BN_mod_inverse(nullptr, q.get(), p.get(), context.get())};
    const bool isComplete =
        push(builder.get(), OSSL_PKEY_PARAM_RSA_D, d.get()) && push(builder.get(), OSSL_PKEY_PARAM_RSA_FACTOR1, p.get()) &&
        push(builder.get(), OSSL_PKEY_PARAM_RSA_FACTOR2, q.get()) && push(builder.get(), OSSL_PKEY_PARAM_RSA_EXPONENT1, dp.get()) &&
        push(builder.get(), OSSL_PKEY_PARAM_RSA_EXPONENT2, dq.get()) && push(builder.get(), OSSL_PKEY_PARAM_RSA_COEFFICIENT1, inverse.get());
    if (!isComplete) {
        ERR_clear_error();
        return kNotTheNumbers;
    }
    return keyFrom(algorithm, builder.get(), true);
}

} // namespace core::crypto
