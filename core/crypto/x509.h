#pragma once

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/base/secret_bytes.h"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace core::crypto {

/// A certificate (PEM, one or with its chain) and its private key (PKCS#8 PEM).
struct Identity {
    std::string certificate;
    SecretBytes key;
    Identity clone() const { return {certificate, key.clone()}; }
};

/// Certificates are valid from a little before now, for peers whose clock is slow.
inline constexpr std::chrono::seconds kClockLeeway{300};
inline constexpr std::chrono::hours kAuthorityLifetime{24 * 365 * 100};

struct CertificateRequest {
    std::string commonName{};
    std::vector<std::string> dnsNames{};    // the common name is not added automatically
    std::vector<std::string> ipAddresses{}; // "127.0.0.1", "::1"
    std::chrono::seconds lifetime = kAuthorityLifetime;
};

/// A self-signed authority on P-256 that can sign only leaf certificates. One per replication type and primary.
Result<Identity> makeAuthority(std::string_view commonName, WallTime now, std::chrono::seconds lifetime = kAuthorityLifetime);

/// A leaf on P-256 with a random serial, for server and client use. Errors: InvalidArgument (`authority` is no authority; an impossible name or
/// address), Internal.
Result<Identity> issueCertificate(const Identity& authority, const CertificateRequest& request, WallTime now);

/// A self-signed leaf, for the listener of a development server or a lab. Errors as above.
Result<Identity> makeSelfSigned(const CertificateRequest& request, WallTime now);

struct CertificateInfo {
    std::string commonName{};
    std::string issuerCommonName;
    std::string serial;      // hex
    std::string fingerprint; // SHA-256 of the DER form, 64 hex digits, lower case
    std::vector<std::string> dnsNames;
    std::vector<std::string> ipAddresses;
    WallTime notBefore;
    WallTime notAfter;
    bool isAuthority = false;
};

/// The first certificate of a PEM text. Errors: InvalidArgument.
Result<CertificateInfo> readCertificate(std::string_view pem);

/// SHA-256 of the DER form of the first certificate of a PEM text, 64 hex digits. Does not check that the content is a certificate; readCertificate()
/// does. Errors: InvalidArgument (no PEM, or not one DER value).
Result<std::string> certificateFingerprint(std::string_view pem);

/// Checks that `authority` (PEM, one or more) issued the certificate, and that it is valid now. Errors: InvalidArgument (not certificates),
/// PermissionDenied (another authority, expired, not yet valid).
Result<> verifyCertificate(std::string_view pem, std::string_view authority, WallTime now);

/// Converts between PEM and the base64 of DER, the form in an activation bundle. The way to DER reads only the frame, as certificateFingerprint()
/// does. The way from DER accepts only certificates. Errors: InvalidArgument.
Result<std::string> certificateToBase64Der(std::string_view pem);
Result<std::string> certificateFromBase64Der(std::string_view base64);

} // namespace core::crypto
