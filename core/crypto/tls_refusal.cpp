#include "core/crypto/tls_refusal.h"

#include "core/crypto/openssl_handles.h"
#include "core/crypto/x509.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <ctime>

namespace core::crypto {
namespace {

/// The first error of a chain.
struct Refusal {
    int code = X509_V_OK;
    bool isAuthority = false;
    WallTime notBefore, notAfter;
};

WallTime timeOf(const ASN1_TIME* time)
{
    std::tm parts{};
    if (!time || ASN1_TIME_to_tm(time, &parts) != 1) return {};
    return WallTime{std::chrono::seconds{::timegm(&parts)}};
}

int refusalSlot()
{
    static const int slot = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr,
                                                 [](void*, void* owned, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<Refusal*>(owned); });
    return slot;
}

int note(int isGood, X509_STORE_CTX* store)
{
    if (isGood == 1) return isGood;
    auto* connection = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    if (connection == nullptr || SSL_get_ex_data(connection, refusalSlot()) != nullptr) return isGood;
    auto refusal = std::make_unique<Refusal>();
    refusal->code = X509_STORE_CTX_get_error(store);
    refusal->isAuthority = X509_STORE_CTX_get_error_depth(store) > 0;
    if (const X509* certificate = X509_STORE_CTX_get_current_cert(store)) {
        refusal->notBefore = timeOf(X509_get0_notBefore(certificate));
        refusal->notAfter = timeOf(X509_get0_notAfter(certificate));
    }
    if (SSL_set_ex_data(connection, refusalSlot(), refusal.get()) == 1) static_cast<void>(refusal.release());
    return isGood;
}

std::string refusedHere(const Refusal& refusal, WallTime now)
{
    const std::string whose = refusal.isAuthority ? "the authority of the other end's certificate " : "the other end's certificate ";
    if (chainFaultOf(refusal.code) == ChainFault::UnknownAuthority) return whose + std::string{kOtherAuthority};
    switch (refusal.code) {
    case X509_V_ERR_CERT_NOT_YET_VALID:
    case X509_V_ERR_CERT_HAS_EXPIRED: return whose + "is refused here: " + validityText(refusal.notBefore, refusal.notAfter, now);
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return whose + "has another name than a primary's: another cluster, or a program that is no primary, answers at this address";
    case X509_V_ERR_CERT_REJECTED: return whose + "is not the one that the list of members names";
    default: return whose + "is refused here: " + X509_verify_cert_error_string(refusal.code);
    }
}

/// Empty: the alert is not about a certificate.
std::string refusedThere(const ssl_st* connection, unsigned long error, WallTime now)
{
    std::string why;
    switch (ERR_GET_REASON(error)) {
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED: why = "has expired by its clock"; break;
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE: why = "is not valid there (by a clock that is behind, not yet)"; break;
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA: why = "comes from an authority that it does not know"; break;
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED: why = "is not accepted there"; break;
    default: return {};
    }
    std::string text = "the other end refuses this end's certificate: it " + why;
    if (const X509* own = SSL_get_certificate(connection)) {
        text += "; " + validityText(timeOf(X509_get0_notBefore(own)), timeOf(X509_get0_notAfter(own)), now);
    }
    return text;
}

} // namespace

ChainFault chainFaultOf(long verifyResult)
{
    switch (verifyResult) {
    case X509_V_ERR_CERT_NOT_YET_VALID: return ChainFault::NotYetValid;
    case X509_V_ERR_CERT_HAS_EXPIRED: return ChainFault::Expired;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE: return ChainFault::UnknownAuthority;
    default: return ChainFault::Other;
    }
}

void rememberRefusals(ssl_ctx_st* context, int verifyMode)
{
    SSL_CTX_set_verify(context, verifyMode, note);
}

std::string certificateRefusal(const ssl_st* connection, unsigned long error, WallTime now)
{
    if (const auto* refusal = static_cast<const Refusal*>(SSL_get_ex_data(connection, refusalSlot()))) return refusedHere(*refusal, now);
    // The check of a pinned certificate remembers only its result.
    if (const long result = SSL_get_verify_result(connection); result == X509_V_ERR_CERT_REJECTED)
        return refusedHere({static_cast<int>(result), false, {}, {}}, now);
    return ERR_GET_LIB(error) == ERR_LIB_SSL ? refusedThere(connection, error, now) : std::string{};
}

std::string validityText(WallTime notBefore, WallTime notAfter, WallTime now)
{
    const std::string state = now < notBefore ? "it is not yet valid" : now > notAfter ? "it has expired" : "it is valid by this end's clock";
    return state + " (valid from " + toRfc3339(notBefore) + " to " + toRfc3339(notAfter) + "; this end's clock says " + toRfc3339(now) + ")";
}

} // namespace core::crypto
