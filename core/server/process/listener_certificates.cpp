#include "core/server/process/listener_certificates.h"

#include "core/base/small_file.h"
#include "core/crypto/tls_refusal.h"
#include "core/crypto/x509.h"

#include <system_error>

namespace core::server {
namespace {

namespace fs = std::filesystem;

void addKeyFile(const ListenerConfig& listener, std::vector<std::string>& out)
{
    std::error_code failed;
    const auto mode = fs::status(listener.tlsKeyFile, failed).permissions();
    if (failed || (mode & (fs::perms::others_read | fs::perms::others_write)) == fs::perms::none) return;
    out.push_back(listener.origin + ": everybody on this machine can " + ((mode & fs::perms::others_read) != fs::perms::none ? "read" : "change") +
                  " the key file " + listener.tlsKeyFile.string() + ". Take the right away: chmod o-rwx " + listener.tlsKeyFile.string());
}

Result<crypto::CertificateInfo> certificateOf(const ListenerConfig& listener)
{
    auto pem = readSmallFile(listener.tlsCertFile, kPemFileBytesMax);
    if (!pem) return std::move(pem).error(); // the listener itself reports it
    return crypto::readCertificate(*pem);
}

void addCertificate(const ListenerConfig& listener, WallTime now, std::vector<std::string>& out)
{
    const auto certificate = certificateOf(listener);
    if (!certificate || (now >= certificate->notBefore && certificate->notAfter - now >= kCertificateWarn)) return;
    const std::string what = listener.origin + ": the certificate " + listener.tlsCertFile.string() + " ";
    if (now < certificate->notBefore || now > certificate->notAfter) {
        out.push_back(what + "is not valid now: " + crypto::validityText(certificate->notBefore, certificate->notAfter, now) +
                      ". Clients refuse this listener. Renew it, or correct the clock");
        return;
    }
    const auto left = std::chrono::duration_cast<std::chrono::hours>(certificate->notAfter - now).count();
    const std::string text = left < 48 ? std::to_string(left) + " hours" : std::to_string(left / 24) + " days";
    out.push_back(what + "expires at " + toRfc3339(certificate->notAfter) + ", in " + text + ". Renew it, then send SIGHUP");
}

} // namespace

std::vector<std::string> certificateWarnings(const std::vector<ListenerConfig>& listeners, WallTime now)
{
    std::vector<std::string> out;
    for (const auto& listener : listeners) {
        if (listener.isTlsDisabled || listener.tlsCertFile.empty()) continue;
        addCertificate(listener, now, out);
        addKeyFile(listener, out);
    }
    return out;
}

std::optional<WallTime> firstCertificateEnd(const std::vector<ListenerConfig>& listeners)
{
    std::optional<WallTime> first;
    for (const auto& listener : listeners) {
        if (listener.isTlsDisabled || listener.tlsCertFile.empty()) continue;
        const auto certificate = certificateOf(listener);
        if (certificate && (!first || certificate->notAfter < *first)) first = certificate->notAfter;
    }
    return first;
}

} // namespace core::server
