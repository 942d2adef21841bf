#include "core/crypto/jwt.h"

#include "core/base/encoding.h"
#include "core/crypto/jws.h"
#include "core/crypto/openssl_handles.h"

#include <openssl/core_names.h>
#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <vector>

namespace core::crypto {
namespace {

constexpr std::size_t kNumberBytes = 66; // of a P-521 field element: 521 bits
constexpr std::size_t kJwtBytesMax = 16u << 10;
constexpr std::string_view kHeader = R"({"alg":"ES512","typ":"JWT"})";

Result<CompactJws> split(std::string_view jwt)
{
    const auto parts = splitJws(jwt, kJwtBytesMax);
    return parts ? Result<CompactJws>{*parts} : Result<CompactJws>{Error{ErrorCode::InvalidArgument, "not a JSON web token"}};
}

const EVP_MD* sha512()
{
    static EVP_MD* const digest = EVP_MD_fetch(nullptr, "SHA512", nullptr);
    CORE_ASSERT(digest != nullptr);
    return digest;
}

const unsigned char* bytesOf(std::string_view text)
{
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::string decimalParameter(const EVP_PKEY* key, const char* name)
{
    BIGNUM* raw = nullptr;
    CORE_ASSERT(EVP_PKEY_get_bn_param(key, name, &raw) == 1);
    const BignumHandle number{raw};
    char* text = BN_bn2dec(number.get());
    CORE_ASSERT(text != nullptr);
    std::string out{text};
    OPENSSL_free(text);
    return out;
}

} // namespace

struct Es512Key::State {
    PkeyHandle key;
};

Es512Key::Es512Key(std::unique_ptr<State> state) : m_state{std::move(state)} {}

Es512Key::Es512Key(Es512Key&&) noexcept = default;
Es512Key& Es512Key::operator=(Es512Key&&) noexcept = default;
Es512Key::~Es512Key() = default;

Es512Key Es512Key::generate()
{
    return Es512Key{std::make_unique<State>(State{generateEcKey("P-521")})};
}

Result<Es512Key> Es512Key::fromPem(std::string_view pem)
{
    auto key = privateKeyFromPem(pem);
    if (!key) return std::move(key).error();
    std::array<char, 64> group{};
    std::size_t size = 0;
    if (EVP_PKEY_get_utf8_string_param(key->get(), OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size(), &size) != 1 ||
        std::string_view{group.data(), size} != "secp521r1") {
        ERR_clear_error();
        return Error{ErrorCode::InvalidArgument, "the key is not on P-521"};
    }
    return Es512Key{std::make_unique<State>(State{std::move(*key)})};
}

SecretBytes Es512Key::toPem() const
{
    return privateKeyToPem(m_state->key.get());
}

Es512Key::PublicPoint Es512Key::publicPoint() const
{
    return {decimalParameter(m_state->key.get(), OSSL_PKEY_PARAM_EC_PUB_X), decimalParameter(m_state->key.get(), OSSL_PKEY_PARAM_EC_PUB_Y)};
}

std::string Es512Key::sign(std::string_view claims) const
{
    std::string out = toBase64Url(kHeader) + '.' + toBase64Url(claims);
    const DigestContextHandle context{EVP_MD_CTX_new()};
    CORE_ASSERT(context && EVP_DigestSignInit(context.get(), nullptr, sha512(), nullptr, m_state->key.get()) == 1);
    std::vector<unsigned char> der(static_cast<std::size_t>(EVP_PKEY_get_size(m_state->key.get())));
    std::size_t derBytes = der.size();
    CORE_ASSERT(EVP_DigestSign(context.get(), der.data(), &derBytes, bytesOf(out), out.size()) == 1);

    // JOSE needs R and S at fixed width after each other, not DER.
    const unsigned char* at = der.data();
    const SignatureHandle signature{d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(derBytes))};
    CORE_ASSERT(signature != nullptr);
    std::string raw(2 * kNumberBytes, '\0');
    auto* to = reinterpret_cast<unsigned char*>(raw.data());
    CORE_ASSERT(BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), to, kNumberBytes) == kNumberBytes);
    CORE_ASSERT(BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), to + kNumberBytes, kNumberBytes) == kNumberBytes);
    return out + '.' + toBase64Url(raw);
}

Result<std::string> Es512Key::verify(std::string_view jwt) const
{
    const auto parts = split(jwt);
    if (!parts) return parts.error();
    auto claims = fromBase64Url(parts->payload);
    const auto raw = fromBase64Url(parts->signature);
    if (!claims || !raw) return Error{ErrorCode::InvalidArgument, "not a JSON web token"};
    const Error forged{ErrorCode::PermissionDenied, "the token's signature is not of this key"};
    if (raw->size() != 2 * kNumberBytes) return forged;

    const SignatureHandle signature{ECDSA_SIG_new()};
    BignumHandle r{BN_bin2bn(bytesOf(*raw), kNumberBytes, nullptr)};
    BignumHandle s{BN_bin2bn(bytesOf(*raw) + kNumberBytes, kNumberBytes, nullptr)};
    CORE_ASSERT(signature && r && s && ECDSA_SIG_set0(signature.get(), r.get(), s.get()) == 1);
    static_cast<void>(r.release());
    static_cast<void>(s.release());
    unsigned char* der = nullptr;
    const int derBytes = i2d_ECDSA_SIG(signature.get(), &der);
    CORE_ASSERT(derBytes > 0);
    const DigestContextHandle context{EVP_MD_CTX_new()};
    CORE_ASSERT(context && EVP_DigestVerifyInit(context.get(), nullptr, sha512(), nullptr, m_state->key.get()) == 1);
    const int isGenuine =
        EVP_DigestVerify(context.get(), der, static_cast<std::size_t>(derBytes), bytesOf(parts->signedText), parts->signedText.size());
    OPENSSL_free(der);
    if (isGenuine != 1) {
        ERR_clear_error();
        return forged;
    }
    return claims;
}

Result<std::string> unverifiedClaims(std::string_view jwt)
{
    const auto parts = split(jwt);
    if (!parts) return parts.error();
    auto claims = fromBase64Url(parts->payload);
    if (!claims) return Error{ErrorCode::InvalidArgument, "not a JSON web token"};
    return claims;
}

bool looksLikeJwt(std::string_view token)
{
    // Service tokens (`hvs.…`) have one dot; every JWT begins with the base64url of `{"`.
    return token.starts_with("eyJ") && split(token).has_value();
}

} // namespace core::crypto
