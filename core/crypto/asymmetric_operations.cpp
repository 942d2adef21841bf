// What keys do: signatures, their verification, RSA-OAEP, and the two forms of an ECDSA signature.
#include "core/crypto/asymmetric_state.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

namespace core::crypto {
namespace {

constexpr std::size_t kOrderBytesMax = 66; // of P-521

const unsigned char* bytesOf(std::string_view text)
{
    return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytesOf(std::string& text)
{
    return reinterpret_cast<unsigned char*>(text.data());
}

const EVP_MD* fetchedDigest(HashAlgorithm hash)
{
    return EVP_get_digestbyname(opensslNameOf(hash));
}

PkeyContextHandle contextFor(const AsymmetricKey::State& state)
{
    PkeyContextHandle context{EVP_PKEY_CTX_new_from_pkey(nullptr, state.key.get(), nullptr)};
    CORE_ASSERT(context != nullptr);
    return context;
}

/// False: the salt does not fit.
bool setRsaScheme(EVP_PKEY_CTX* context, const SignatureScheme& scheme, bool isSigning)
{
    const bool isPss = scheme.padding == SignatureScheme::Padding::Pss;
    if (EVP_PKEY_CTX_set_rsa_padding(context, isPss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) != 1) return false;
    if (scheme.hash != HashAlgorithm::None && EVP_PKEY_CTX_set_signature_md(context, fetchedDigest(scheme.hash)) != 1) return false;
    if (!isPss) return true;
    int salt = scheme.saltBytes;
    if (salt == SignatureScheme::kSaltAuto) salt = isSigning ? RSA_PSS_SALTLEN_MAX : RSA_PSS_SALTLEN_AUTO;
    else if (salt == SignatureScheme::kSaltAsDigest) salt = RSA_PSS_SALTLEN_DIGEST;
    return EVP_PKEY_CTX_set_rsa_pss_saltlen(context, salt) == 1;
}

Error refused(std::string_view doing)
{
    return opensslError(ErrorCode::InvalidArgument, doing);
}

Result<std::string> signEd25519(const AsymmetricKey::State& state, std::string_view message)
{
    std::string signature(64, '\0');
    std::size_t size = signature.size();
    const DigestContextHandle context{EVP_MD_CTX_new()};
    CORE_ASSERT(context && EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, state.key.get()) == 1);
    CORE_ASSERT(EVP_DigestSign(context.get(), bytesOf(signature), &size, bytesOf(message), message.size()) == 1 && size == signature.size());
    return signature;
}

bool isSignedByEd25519(const AsymmetricKey::State& state, std::string_view message, std::string_view signature)
{
    const DigestContextHandle context{EVP_MD_CTX_new()};
    CORE_ASSERT(context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, state.key.get()) == 1);
    return EVP_DigestVerify(context.get(), bytesOf(signature), signature.size(), bytesOf(message), message.size()) == 1;
}

bool setOaep(EVP_PKEY_CTX* context, HashAlgorithm hash)
{
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1 && EVP_PKEY_CTX_set_rsa_oaep_md(context, fetchedDigest(hash)) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(context, fetchedDigest(hash)) == 1;
}

SignatureHandle ecdsaFromDer(std::string_view der, std::size_t& used)
{
    const auto* at = bytesOf(der);
    SignatureHandle signature{d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()))};
    if (!signature) ERR_clear_error();
    used = static_cast<std::size_t>(at - bytesOf(der));
    return signature;
}

std::string derOf(const ECDSA_SIG* signature)
{
    const int size = i2d_ECDSA_SIG(signature, nullptr);
    CORE_ASSERT(size > 0);
    std::string der(static_cast<std::size_t>(size), '\0');
    auto* at = bytesOf(der);
    CORE_ASSERT(i2d_ECDSA_SIG(signature, &at) == size);
    return der;
}

} // namespace

Result<std::string> AsymmetricKey::sign(const SignatureScheme& scheme, std::string_view input) const
{
    CORE_ASSERT(hasPrivateHalf());
    if (algorithm() == AsymmetricAlgorithm::Ed25519) return signEd25519(*m_state, input);
    const auto context = contextFor(*m_state);
    CORE_ASSERT(EVP_PKEY_sign_init(context.get()) == 1);
    if (isRsa(algorithm())) {
        if (scheme.hash != HashAlgorithm::None && input.size() != digestBytesOf(scheme.hash)) {
            return Error{ErrorCode::InvalidArgument, "the input is not as long as a digest of the algorithm"};
        }
        if (!setRsaScheme(context.get(), scheme, true)) return refused("preparing a signature");
    }
    std::size_t size = 0;
    if (EVP_PKEY_sign(context.get(), nullptr, &size, bytesOf(input), input.size()) != 1) return refused("signing");
    std::string signature(size, '\0');
    if (EVP_PKEY_sign(context.get(), bytesOf(signature), &size, bytesOf(input), input.size()) != 1) return refused("signing");
    signature.resize(size);
    return signature;
}

bool AsymmetricKey::isSignedBy(const SignatureScheme& scheme, std::string_view input, std::string_view signature) const
{
    const auto isGood = [&] {
        if (algorithm() == AsymmetricAlgorithm::Ed25519) return isSignedByEd25519(*m_state, input, signature);
        const auto context = contextFor(*m_state);
        CORE_ASSERT(EVP_PKEY_verify_init(context.get()) == 1);
        if (isRsa(algorithm()) && !setRsaScheme(context.get(), scheme, false)) return false;
        return EVP_PKEY_verify(context.get(), bytesOf(signature), signature.size(), bytesOf(input), input.size()) == 1;
    }();
    if (!isGood) ERR_clear_error(); // or the next caller of the library would see this error
    return isGood;
}

Result<std::string> AsymmetricKey::encryptOaep(HashAlgorithm hash, std::string_view plaintext) const
{
    CORE_ASSERT(isRsa(algorithm()));
    const auto context = contextFor(*m_state);
    CORE_ASSERT(EVP_PKEY_encrypt_init(context.get()) == 1 && setOaep(context.get(), hash));
    std::string ciphertext(static_cast<std::size_t>(EVP_PKEY_get_size(m_state->key.get())), '\0');
    std::size_t size = ciphertext.size();
    if (EVP_PKEY_encrypt(context.get(), bytesOf(ciphertext), &size, bytesOf(plaintext), plaintext.size()) != 1) return refused("encrypting by RSA");
    ciphertext.resize(size);
    return ciphertext;
}

Result<SecretBytes> AsymmetricKey::decryptOaep(HashAlgorithm hash, std::string_view ciphertext) const
{
    CORE_ASSERT(isRsa(algorithm()) && hasPrivateHalf());
    const auto context = contextFor(*m_state);
    CORE_ASSERT(EVP_PKEY_decrypt_init(context.get()) == 1 && setOaep(context.get(), hash));
    SecretBytes plaintext{static_cast<std::size_t>(EVP_PKEY_get_size(m_state->key.get()))};
    std::size_t size = plaintext.size();
    if (EVP_PKEY_decrypt(context.get(), plaintext.data(), &size, bytesOf(ciphertext), ciphertext.size()) != 1) return refused("decrypting by RSA");
    return SecretBytes::copyOf(plaintext.view().substr(0, size));
}

std::size_t ecdsaOrderBytes(AsymmetricAlgorithm algorithm)
{
    if (algorithm == AsymmetricAlgorithm::EcdsaP256) return 32;
    return algorithm == AsymmetricAlgorithm::EcdsaP384 ? 48 : kOrderBytesMax;
}

std::string ecdsaToFixed(AsymmetricAlgorithm algorithm, std::string_view der)
{
    std::size_t used = 0;
    const auto signature = ecdsaFromDer(der, used);
    CORE_ASSERT(signature != nullptr);
    const auto bytes = static_cast<int>(ecdsaOrderBytes(algorithm));
    std::string fixed(2 * ecdsaOrderBytes(algorithm), '\0');
    CORE_ASSERT(BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), bytesOf(fixed), bytes) == bytes);
    CORE_ASSERT(BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), bytesOf(fixed) + bytes, bytes) == bytes);
    return fixed;
}

std::string ecdsaFromFixed(std::string_view fixed)
{
    const auto half = fixed.size() / 2;
    if (half == 0 || half > kOrderBytesMax || fixed.size() % 2 != 0) return {};
    const SignatureHandle signature{ECDSA_SIG_new()};
    BIGNUM* const r = BN_bin2bn(bytesOf(fixed), static_cast<int>(half), nullptr);
    BIGNUM* const s = BN_bin2bn(bytesOf(fixed) + half, static_cast<int>(half), nullptr);
    CORE_ASSERT(signature && r && s && ECDSA_SIG_set0(signature.get(), r, s) == 1);
    return derOf(signature.get());
}

EcdsaForm ecdsaFormOf(std::string_view der)
{
    std::size_t used = 0;
    const auto signature = ecdsaFromDer(der, used);
    if (!signature || derOf(signature.get()) != der.substr(0, used)) return EcdsaForm::NotDer;
    return used == der.size() ? EcdsaForm::Right : EcdsaForm::ExtraBytes;
}

} // namespace core::crypto
