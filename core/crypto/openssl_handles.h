#pragma once

// Only for the sources of this module: owners of OpenSSL's objects, and its errors as our errors.

#include "core/base/result.h"
#include "core/base/secret_bytes.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>

namespace core::crypto {

struct CertificateInfo;

template<auto release>
struct Release {
    template<class Object>
    void operator()(Object* object) const
    {
        release(object);
    }
};

using PkeyHandle = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using PkeyContextHandle = std::unique_ptr<EVP_PKEY_CTX, Release<EVP_PKEY_CTX_free>>;
using DigestContextHandle = std::unique_ptr<EVP_MD_CTX, Release<EVP_MD_CTX_free>>;
using BignumHandle = std::unique_ptr<BIGNUM, Release<BN_clear_free>>;
using BioHandle = std::unique_ptr<BIO, Release<BIO_free_all>>;
using SignatureHandle = std::unique_ptr<ECDSA_SIG, Release<ECDSA_SIG_free>>;
using CertificateHandle = std::unique_ptr<X509, Release<X509_free>>;
using ExtensionHandle = std::unique_ptr<X509_EXTENSION, Release<X509_EXTENSION_free>>;
using StoreHandle = std::unique_ptr<X509_STORE, Release<X509_STORE_free>>;
using StoreContextHandle = std::unique_ptr<X509_STORE_CTX, Release<X509_STORE_CTX_free>>;

/// The text of the thread's error queue, which is emptied. OpenSSL's reasons contain no key material.
Error opensslError(ErrorCode code, std::string_view doing);

/// A read-only BIO over text. The text must outlive it.
BioHandle bioOver(std::string_view text);
std::string contentsOf(BIO* bio);

/// A new key on the curve ("P-256", "P-521").
PkeyHandle generateEcKey(const char* curve);
/// PKCS#8 PEM, not encrypted.
SecretBytes privateKeyToPem(EVP_PKEY* key);
/// Errors: InvalidArgument (no private key, or an encrypted one).
Result<PkeyHandle> privateKeyFromPem(std::string_view pem);
/// Errors: InvalidArgument (no certificate).
Result<CertificateHandle> certificateFromPem(std::string_view pem);
/// The next certificate of a PEM text. Null: none, or it cannot be read. An encrypted one counts as unreadable; nobody is asked for a password.
CertificateHandle nextCertificate(BIO* bio);
/// The DER form of the first certificate. Only its frame is read, because parsing it costs a hundred times more. Errors: InvalidArgument (no
/// certificate, or not one DER value).
Result<std::string> derFromPem(std::string_view pem);
std::string certificateToPem(X509* certificate);
/// As in x509.h, but without PEM.
std::string fingerprintOf(X509* certificate);
CertificateInfo describe(X509* certificate);

} // namespace core::crypto
