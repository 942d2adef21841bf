#include "core/crypto/openssl_handles.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <array>

namespace core::crypto {

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
    const BioHandle bio = bioOver(pem);
    const auto noPassword = [](char*, int, int, void*) { return 0; };
    PkeyHandle key{PEM_read_bio_PrivateKey(bio.get(), nullptr, noPassword, nullptr)};
    if (!key) return opensslError(ErrorCode::InvalidArgument, "reading a private key");
    return key;
}

Result<CertificateHandle> certificateFromPem(std::string_view pem)
{
    const BioHandle bio = bioOver(pem);
    CertificateHandle certificate{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)};
    if (!certificate) return opensslError(ErrorCode::InvalidArgument, "reading a certificate");
    return certificate;
}

std::string certificateToPem(X509* certificate)
{
    BioHandle bio{BIO_new(BIO_s_mem())};
    CORE_ASSERT(bio != nullptr && PEM_write_bio_X509(bio.get(), certificate) == 1);
    return contentsOf(bio.get());
}

} // namespace core::crypto
