#include "tests/sim/certificates.h"

#include "core/crypto/x509.h"

#include <algorithm>
#include <map>

namespace sim {

namespace {

/// When a certificate stands before an authority; never, where that one did not issue it.
struct Validity {
    core::WallTime from;
    core::WallTime until;
};

std::map<std::string, std::string> theFingerprints;
std::map<std::pair<std::string, std::string>, Validity> theValidities;

Validity validityOf(const std::string& certificate, const std::string& authority)
{
    const auto own = core::crypto::readCertificate(certificate);
    const auto above = core::crypto::readCertificate(authority);
    if (!own || !above) return {};
    const Validity both{std::max(own->notBefore, above->notBefore), std::min(own->notAfter, above->notAfter)};
    return core::crypto::verifyCertificate(certificate, authority, both.from) ? both : Validity{};
}

} // namespace

std::string fingerprintOf(const std::string& certificate)
{
    const auto [at, isNew] = theFingerprints.try_emplace(certificate);
    if (isNew) at->second = core::crypto::certificateFingerprint(certificate).value_or("");
    return at->second;
}

bool isIssuedBy(const std::string& certificate, const std::string& authority, core::WallTime now)
{
    const auto [at, isNew] = theValidities.try_emplace({certificate, authority});
    if (isNew) at->second = validityOf(certificate, authority);
    return now >= at->second.from && now <= at->second.until;
}

void forgetCertificates()
{
    theFingerprints.clear();
    theValidities.clear();
}

} // namespace sim
