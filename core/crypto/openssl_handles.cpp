#include "core/crypto/openssl_handles.h"

#include <openssl/asn1.h>
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <array>

namespace core::crypto {
namespace {

using DecoderHandle = std::unique_ptr<OSSL_DECODER_CTX, Release<OSSL_DECODER_CTX_free>>;

int noPassword(char*, int, int, void*)
{
    return 0;
}

/// A key on a curve, in the form of privateKeyToPem(). Null: another form, or no key. If the type of the key is unknown, OpenSSL spends most of its
/// time on finding a decoder.
PkeyHandle ecKeyFromPem(std::string_view pem)
{
    if (!pem.starts_with("-----BEGIN PRIVATE KEY-----")) return nullptr;
    EVP_PKEY* raw = nullptr;
    const DecoderHandle decoder{OSSL_DECODER_CTX_new_for_pkey(&raw, "PEM", "PrivateKeyInfo", "EC", EVP_PKEY_KEYPAIR, nullptr, nullptr)};
    CORE_ASSERT(decoder && OSSL_DECODER_CTX_set_pem_password_cb(decoder.get(), noPassword, nullptr) == 1);
    const BioHandle bio = bioOver(pem);
    const bool isDecoded = OSSL_DECODER_from_bio(decoder.get(), bio.get()) == 1;
    PkeyHandle key{raw};
    if (!isDecoded) ERR_clear_error(); // the function that reads keys of any type reports what is wrong
    return isDecoded ? std::move(key) : nullptr;
}

} // namespace

Error opensslError(ErrorCode code, std::string_view doing)
{
    std::string detail{doing};
    if (const unsigned long number = ERR_peek_last_error(); number != 0) {
        std::array<char, 256> text{};
        ERR_error_string_n(number, text.data(), text.size());
        detail.append(": ").append(text.data());
    }
    ERR_clear_error();
    return Error{code, std::move(detail)};
}

BioHandle bioOver(std::string_view text)
{
    BioHandle bio{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
    CORE_ASSERT(bio != nullptr);
    return bio;
}

std::string contentsOf(BIO* bio)
{
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return size > 0 ? std::string{data, static_cast<std::size_t>(size)} : std::string{};
}

PkeyHandle generateEcKey(const char* curve)
{
    PkeyHandle key{EVP_EC_gen(curve)};
    CORE_ASSERT(key != nullptr);
    return key;
}

SecretBytes privateKeyToPem(EVP_PKEY* key)
{
    BioHandle bio{BIO_new(BIO_s_secmem())};
    CORE_ASSERT(bio != nullptr);
    CORE_ASSERT(PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
    std::string text = contentsOf(bio.get());
    SecretBytes pem = SecretBytes::copyOf(text);
    core::wipe(text);
    return pem;
}

Result<PkeyHandle> privateKeyFromPem(std::string_view pem)
{
    if (PkeyHandle key = ecKeyFromPem(pem)) return key;
    const BioHandle bio = bioOver(pem);
    PkeyHandle key{PEM_read_bio_PrivateKey(bio.get(), nullptr, noPassword, nullptr)};
    if (!key) return opensslError(ErrorCode::InvalidArgument, "reading a private key");
    return key;
}

CertificateHandle nextCertificate(BIO* bio)
{
    return CertificateHandle{PEM_read_bio_X509(bio, nullptr, noPassword, nullptr)};
}

Result<CertificateHandle> certificateFromPem(std::string_view pem)
{
    const BioHandle bio = bioOver(pem);
    CertificateHandle certificate = nextCertificate(bio.get());
    if (!certificate) return opensslError(ErrorCode::InvalidArgument, "reading a certificate");
    return certificate;
}

Result<std::string> derFromPem(std::string_view pem)
{
    const BioHandle bio = bioOver(pem);
    unsigned char* raw = nullptr;
    long size = 0;
    if (PEM_bytes_read_bio(&raw, &size, nullptr, PEM_STRING_X509, bio.get(), noPassword, nullptr) != 1) {
        return opensslError(ErrorCode::InvalidArgument, "reading a certificate");
    }
    const std::string der{reinterpret_cast<const char*>(raw), static_cast<std::size_t>(size)};
    OPENSSL_free(raw);
    const auto* const begin = reinterpret_cast<const unsigned char*>(der.data());
    const unsigned char* at = begin;
    long contentBytes = 0;
    int tag = 0;
    int tagClass = 0;
    const int form = ASN1_get_object(&at, &contentBytes, &tag, &tagClass, size);
    if (form != V_ASN1_CONSTRUCTED || tag != V_ASN1_SEQUENCE || tagClass != V_ASN1_UNIVERSAL || (at - begin) + contentBytes != size) {
        return opensslError(ErrorCode::InvalidArgument, "reading a certificate that is not one DER value");
    }
    return der;
}

std::string certificateToPem(X509* certificate)
{
    BioHandle bio{BIO_new(BIO_s_mem())};
    CORE_ASSERT(bio != nullptr && PEM_write_bio_X509(bio.get(), certificate) == 1);
    return contentsOf(bio.get());
}

} // namespace core::crypto
