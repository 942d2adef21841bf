#include "core/crypto/x509.h"

#include "core/base/encoding.h"
#include "core/crypto/digest.h"
#include "core/crypto/openssl_handles.h"
#include "core/crypto/tls_refusal.h"

#include <arpa/inet.h>
#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <ctime>

namespace core::crypto {
namespace {

using NamesHandle = std::unique_ptr<GENERAL_NAMES, Release<GENERAL_NAMES_free>>;
constexpr std::size_t kSerialBytes = 16;
constexpr const char* kCurve = "P-256";
constexpr int kCurveNid = NID_X9_62_prime256v1;

bool isPlainName(std::string_view name)
{
    // A name that goes into OpenSSL's extension text must not be able to add entries of its own.
    return !name.empty() && name.size() <= 253 && std::all_of(name.begin(), name.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_' || c == '*';
    });
}

bool isAddress(const std::string& address)
{
    std::array<unsigned char, 16> raw{};
    return ::inet_pton(AF_INET, address.c_str(), raw.data()) == 1 || ::inet_pton(AF_INET6, address.c_str(), raw.data()) == 1;
}

bool setName(X509_NAME* name, std::string_view commonName)
{
    return X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(commonName.data()),
                                      static_cast<int>(commonName.size()), -1, 0) == 1;
}

bool addExtension(X509* certificate, X509* issuer, int nid, const std::string& value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509V3_set_ctx_nodb(&context);
    const ExtensionHandle extension{X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str())};
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool setTime(ASN1_TIME* to, WallTime time)
{
    return ASN1_TIME_set(to, static_cast<std::time_t>(toUnixSeconds(time))) != nullptr;
}

/// X509_set_pubkey() would encode the key (on kCurve) and decode it again, which costs forty times more.
bool setPublicKey(X509* certificate, EVP_PKEY* key)
{
    unsigned char* point = nullptr;
    const std::size_t size = EVP_PKEY_get1_encoded_public_key(key, &point);
    if (size > 0 && X509_PUBKEY_set0_param(X509_get_X509_PUBKEY(certificate), OBJ_nid2obj(NID_X9_62_id_ecPublicKey), V_ASN1_OBJECT,
                                           OBJ_nid2obj(kCurveNid), point, static_cast<int>(size)) == 1) {
        return true; // the certificate owns the point now
    }
    OPENSSL_free(point);
    return false;
}

Result<CertificateHandle> prepare(std::string_view commonName, WallTime now, std::chrono::seconds lifetime, EVP_PKEY* key)
{
    if (commonName.empty() || commonName.size() > 64) {
        return Error{ErrorCode::InvalidArgument, "a common name has 1 to 64 characters"};
    }
    CertificateHandle certificate{X509_new()};
    std::array<unsigned char, kSerialBytes> raw{};
    CORE_ASSERT(certificate && RAND_bytes(raw.data(), raw.size()) == 1);
    raw[0] = static_cast<unsigned char>((raw[0] & 0x7f) | 0x40); // positive, and always of the same length
    const BignumHandle serial{BN_bin2bn(raw.data(), raw.size(), nullptr)};
    const bool isSet = X509_set_version(certificate.get(), X509_VERSION_3) == 1 && serial &&
                       BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate.get())) != nullptr &&
                       setTime(X509_getm_notBefore(certificate.get()), now - kClockLeeway) &&
                       setTime(X509_getm_notAfter(certificate.get()), now + lifetime) && setPublicKey(certificate.get(), key) &&
                       setName(X509_get_subject_name(certificate.get()), commonName);
    if (!isSet) return opensslError(ErrorCode::InvalidArgument, "describing a certificate");
    return certificate;
}

Result<Identity> finish(X509* certificate, EVP_PKEY* key, EVP_PKEY* issuerKey)
{
    if (X509_sign(certificate, issuerKey, EVP_sha256()) <= 0) {
        return opensslError(ErrorCode::Internal, "signing a certificate");
    }
    return Identity{certificateToPem(certificate), privateKeyToPem(key)};
}

Result<> describeLeaf(X509* certificate, X509* issuer, const CertificateRequest& request)
{
    std::string alternatives;
    const auto add = [&alternatives](const char* kind, const std::string& value) {
        if (!alternatives.empty()) alternatives += ',';
        alternatives.append(kind).append(value);
    };
    for (const auto& name : request.dnsNames) {
        if (!isPlainName(name)) return Error{ErrorCode::InvalidArgument, "not a DNS name: " + name};
        add("DNS:", name);
    }
    for (const auto& address : request.ipAddresses) {
        if (!isAddress(address)) return Error{ErrorCode::InvalidArgument, "not an IP address: " + address};
        add("IP:", address);
    }
    const bool isSet = addExtension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
                       addExtension(certificate, issuer, NID_key_usage, "critical,digitalSignature") &&
                       addExtension(certificate, issuer, NID_ext_key_usage, "serverAuth,clientAuth") &&
                       addExtension(certificate, issuer, NID_subject_key_identifier, "hash") &&
                       (alternatives.empty() || addExtension(certificate, issuer, NID_subject_alt_name, alternatives));
    if (!isSet) return opensslError(ErrorCode::InvalidArgument, "describing a certificate");
    return {};
}

std::string commonNameOf(const X509_NAME* name)
{
    const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    if (at < 0) return {};
    unsigned char* text = nullptr;
    const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    if (size < 0) return {};
    std::string out{reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)};
    OPENSSL_free(text);
    return out;
}

WallTime timeOf(const ASN1_TIME* time)
{
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
    return WallTime{std::chrono::seconds{::timegm(&parts)}};
}

std::string derOf(X509* certificate)
{
    unsigned char* der = nullptr;
    const int size = i2d_X509(certificate, &der);
    CORE_ASSERT(size > 0);
    std::string out{reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)};
    OPENSSL_free(der);
    return out;
}

void readAlternatives(const X509* certificate, CertificateInfo& info)
{
    const NamesHandle names{static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr))};
    for (int at = 0; names && at < sk_GENERAL_NAME_num(names.get()); ++at) {
        const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), at);
        if (name->type != GEN_DNS && name->type != GEN_IPADD) continue;
        const ASN1_STRING* value = name->type == GEN_DNS ? name->d.dNSName : name->d.iPAddress;
        const std::string raw{reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)), static_cast<std::size_t>(ASN1_STRING_length(value))};
        if (name->type == GEN_DNS) {
            info.dnsNames.push_back(raw);
            continue;
        }
        std::array<char, INET6_ADDRSTRLEN> text{};
        if (::inet_ntop(raw.size() == 4 ? AF_INET : AF_INET6, raw.data(), text.data(), text.size()) != nullptr) {
            info.ipAddresses.emplace_back(text.data());
        }
    }
}

} // namespace

Result<Identity> makeAuthority(std::string_view commonName, WallTime now, std::chrono::seconds lifetime)
{
    const PkeyHandle key = generateEcKey(kCurve);
    auto certificate = prepare(commonName, now, lifetime, key.get());
    if (!certificate) return std::move(certificate).error();
    X509* raw = certificate->get();
    const bool isSet =
        setName(X509_get_issuer_name(raw), commonName) && addExtension(raw, raw, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
        addExtension(raw, raw, NID_key_usage, "critical,keyCertSign,cRLSign") && addExtension(raw, raw, NID_subject_key_identifier, "hash");
    if (!isSet) return opensslError(ErrorCode::InvalidArgument, "describing an authority");
    return finish(raw, key.get(), key.get());
}

Result<Identity> issueCertificate(const Identity& authority, const CertificateRequest& request, WallTime now)
{
    auto issuer = certificateFromPem(authority.certificate);
    if (!issuer) return std::move(issuer).error();
    auto issuerKey = privateKeyFromPem(authority.key.view());
    if (!issuerKey) return std::move(issuerKey).error();
    if (X509_check_ca(issuer->get()) != 1 || X509_check_private_key(issuer->get(), issuerKey->get()) != 1) {
        ERR_clear_error();
        return Error{ErrorCode::InvalidArgument, "this is no authority with its key"};
    }
    const PkeyHandle key = generateEcKey(kCurve);
    auto certificate = prepare(request.commonName, now, request.lifetime, key.get());
    if (!certificate) return std::move(certificate).error();
    X509* raw = certificate->get();
    if (X509_set_issuer_name(raw, X509_get_subject_name(issuer->get())) != 1) {
        return opensslError(ErrorCode::Internal, "naming the issuer");
    }
    if (auto described = describeLeaf(raw, issuer->get(), request); !described) return std::move(described).error();
    if (!addExtension(raw, issuer->get(), NID_authority_key_identifier, "keyid")) {
        return opensslError(ErrorCode::Internal, "naming the issuer's key");
    }
    return finish(raw, key.get(), issuerKey->get());
}

Result<Identity> makeSelfSigned(const CertificateRequest& request, WallTime now)
{
    const PkeyHandle key = generateEcKey(kCurve);
    auto certificate = prepare(request.commonName, now, request.lifetime, key.get());
    if (!certificate) return std::move(certificate).error();
    X509* raw = certificate->get();
    if (!setName(X509_get_issuer_name(raw), request.commonName)) {
        return opensslError(ErrorCode::InvalidArgument, "naming the issuer");
    }
    if (auto described = describeLeaf(raw, raw, request); !described) return std::move(described).error();
    return finish(raw, key.get(), key.get());
}

CertificateInfo describe(X509* raw)
{
    CertificateInfo info;
    info.commonName = commonNameOf(X509_get_subject_name(raw));
    info.issuerCommonName = commonNameOf(X509_get_issuer_name(raw));
    const BignumHandle serial{ASN1_INTEGER_to_BN(X509_get0_serialNumber(raw), nullptr)};
    std::string serialBytes(serial ? static_cast<std::size_t>(BN_num_bytes(serial.get())) : 0, '\0');
    if (serial) BN_bn2bin(serial.get(), reinterpret_cast<unsigned char*>(serialBytes.data()));
    info.serial = toHex(serialBytes);
    info.fingerprint = fingerprintOf(raw);
    info.notBefore = timeOf(X509_get0_notBefore(raw));
    info.notAfter = timeOf(X509_get0_notAfter(raw));
    info.isAuthority = X509_check_ca(raw) == 1;
    readAlternatives(raw, info);
    return info;
}

Result<CertificateInfo> readCertificate(std::string_view pem)
{
    auto certificate = certificateFromPem(pem);
    if (!certificate) return std::move(certificate).error();
    return describe(certificate->get());
}

std::string fingerprintOf(X509* certificate)
{
    return sha256Hex(derOf(certificate));
}

Result<std::string> certificateFingerprint(std::string_view pem)
{
    const auto der = derFromPem(pem);
    if (!der) return der.error();
    return sha256Hex(*der);
}

Result<> verifyCertificate(std::string_view pem, std::string_view authority, WallTime now)
{
    auto certificate = certificateFromPem(pem);
    if (!certificate) return std::move(certificate).error();
    const StoreHandle store{X509_STORE_new()};
    const StoreContextHandle context{X509_STORE_CTX_new()};
    CORE_ASSERT(store && context);
    const BioHandle bio = bioOver(authority);
    int count = 0;
    while (const CertificateHandle trusted = nextCertificate(bio.get())) {
        CORE_ASSERT(X509_STORE_add_cert(store.get(), trusted.get()) == 1);
        ++count;
    }
    ERR_clear_error();
    if (count == 0) return Error{ErrorCode::InvalidArgument, "no certificate of an authority"};
    CORE_ASSERT(X509_STORE_CTX_init(context.get(), store.get(), certificate->get(), nullptr) == 1);
    X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(context.get()), static_cast<std::time_t>(toUnixSeconds(now)));
    if (X509_verify_cert(context.get()) != 1) {
        ERR_clear_error();
        const int why = X509_STORE_CTX_get_error(context.get());
        std::string text = X509_verify_cert_error_string(why);
        const X509* refused = X509_STORE_CTX_get_current_cert(context.get());
        if (refused && (why == X509_V_ERR_CERT_NOT_YET_VALID || why == X509_V_ERR_CERT_HAS_EXPIRED)) {
            text += ": " + validityText(timeOf(X509_get0_notBefore(refused)), timeOf(X509_get0_notAfter(refused)), now);
        }
        return Error{ErrorCode::PermissionDenied, std::move(text)};
    }
    return {};
}

Result<std::string> certificateToBase64Der(std::string_view pem)
{
    const auto der = derFromPem(pem);
    if (!der) return der.error();
    return toBase64(*der);
}

Result<std::string> certificateFromBase64Der(std::string_view base64)
{
    const auto der = fromBase64(base64);
    if (!der) return der.error();
    const auto* at = reinterpret_cast<const unsigned char*>(der->data());
    const auto* end = at + der->size();
    const CertificateHandle certificate{d2i_X509(nullptr, &at, static_cast<long>(der->size()))};
    if (!certificate || at != end) return opensslError(ErrorCode::InvalidArgument, "reading a certificate");
    return certificateToPem(certificate.get());
}

} // namespace core::crypto
