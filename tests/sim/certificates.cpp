#include "tests/sim/certificates.h"

#include "core/crypto/x509.h"

#include <algorithm>
#include <map>

namespace sim {

namespace {

/// When a certificate is valid, by itself or before an authority. Never, if it is no certificate or that authority did not issue it.
struct Validity {
    core::WallTime from;
    core::WallTime until;
};

std::map<std::string, std::string> theFingerprints;
std::map<std::string, Validity> theLifetimes;
std::map<std::pair<std::string, std::string>, Validity> theValidities;

const Validity& lifetimeOf(const std::string& certificate)
{
    const auto [at, isNew] = theLifetimes.try_emplace(certificate);
    if (isNew) {
        if (const auto read = core::crypto::readCertificate(certificate)) at->second = {read->notBefore, read->notAfter};
    }
    return at->second;
}

Validity validityOf(const std::string& certificate, const std::string& authority)
{
    const Validity& own = lifetimeOf(certificate);
    const Validity& above = lifetimeOf(authority);
    const Validity both{std::max(own.from, above.from), std::min(own.until, above.until)};
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
    theLifetimes.clear();
    theValidities.clear();
}

} // namespace sim
