#include "tests/sim/certificates.h"

#include "core/crypto/x509.h"

#include <map>

namespace sim {

namespace {

std::map<std::string, std::string> theFingerprints;
std::map<std::pair<std::string, std::string>, bool> theIssued;

} // namespace

std::string fingerprintOf(const std::string& certificate)
{
    const auto [at, isNew] = theFingerprints.try_emplace(certificate);
    if (isNew) at->second = core::crypto::certificateFingerprint(certificate).value_or("");
    return at->second;
}

bool isIssuedBy(const std::string& certificate, const std::string& authority, core::WallTime now)
{
    const auto [at, isNew] = theIssued.try_emplace({certificate, authority});
    if (isNew) at->second = core::crypto::verifyCertificate(certificate, authority, now).has_value();
    return at->second;
}

void forgetCertificates()
{
    theFingerprints.clear();
    theIssued.clear();
}

} // namespace sim
