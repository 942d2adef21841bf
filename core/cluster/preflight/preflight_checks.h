#pragma once

#include "core/crypto/tls_probe.h"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <vector>

namespace core::cluster {

/// One thing that was looked at, and what to do about it.
struct Finding {
    std::string check;
    std::string level; // "ok", "warn", "fail", "unknown" (was not or could not be looked at)
    std::string detail;
    std::string nextStep;      // empty: nothing
    std::string from = "here"; // or "there": what the far end has found when it checked back
};

using Findings = std::vector<Finding>;

/// What a call of the other API brought.
struct ApiFacts {
    bool isReached = false;
    std::string error; // why not
    int status = 0;
    boost::json::object body;
    WallTime askedAt, answeredAt; // here
};

/// From facts alone. None of them quotes what the other end has sent, but for names, versions and times of limited length.
/// Which of the two would follow the other.
enum class Follows {
    Unknown, // as the other end's modes tell, if they do
    Here,    // an activation token was given
    There,   // this is a check back
};
void checkHealth(const ApiFacts& health, const std::string& ownVersion, Follows follows, Findings& out);
void checkCertificate(const std::string& check, const crypto::TlsProbe& probe, WallTime now, Findings& out);
/// `probes`: of the cluster port, one for each of the two link protocols, performance first.
void checkClusterPort(const std::string& address, const crypto::TlsProbe (&probes)[2], WallTime now, Findings& out);
/// `claims` of the activation token as it says them; `lookup` is the other end's word on it, where it was asked.
void checkToken(const std::string& claims, const std::string& targetAddress, const ApiFacts& lookup, WallTime now, Findings& out);
void checkRoom(std::uint64_t freeBytes, std::optional<std::uint64_t> neededBytes, Findings& out);

/// "…" of a text from elsewhere: printable, at most 120 characters.
std::string shownText(std::string_view text);

} // namespace core::cluster
