#pragma once

#include "core/crypto/tls_probe.h"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core::cluster {

/// The result of one check, and the next step.
struct Finding {
    enum class Level { Ok, Warn, Fail, Unknown }; // Unknown: not checked, or it could not be
    std::string check;
    Level level = Level::Unknown;
    std::string detail;
    std::string nextStep;      // empty: none
    std::string from = "here"; // or "there": found by the other end when it checked back
};

using Findings = std::vector<Finding>;

/// The word for a level in the API's answer: "ok", "warn", "fail" or "unknown".
const char* toString(Finding::Level level);
/// The level that a word means. Another cluster wrote the word, so every other text means Unknown.
Finding::Level levelFromWire(std::string_view word);
/// "fail" if one check failed, else "warn" if one warned, else "ok". A check that was not made changes nothing.
Finding::Level worstOf(const Findings& findings);

/// The result of a call to the other API.
struct ApiFacts {
    bool isReached = false;
    std::string error; // why it was not reached
    int status = 0;
    boost::json::object body;
    WallTime askedAt, answeredAt; // by the clock here
};

// The checks below use facts alone. They quote nothing that the other end has sent, except for names, versions and times of limited length.

/// Which of the two clusters would follow the other.
enum class Follows {
    Unknown, // taken from the other end's modes, if it shows them
    Here,    // an activation token was given
    There,   // this is a check back
};
void checkHealth(const ApiFacts& health, const std::string& ownVersion, Follows follows, Findings& out);
void checkCertificate(const std::string& check, const crypto::TlsProbe& probe, WallTime now, Findings& out);
/// `probes`: of the cluster port, one for each of the two link protocols, performance first.
void checkClusterPort(const std::string& address, const crypto::TlsProbe (&probes)[2], WallTime now, Findings& out);
/// `claims`: of the activation token, unverified. `lookup`: the other end's answer about the token, if it was asked.
void checkToken(const std::string& claims, const std::string& targetAddress, const ApiFacts& lookup, WallTime now, Findings& out);
void checkRoom(std::uint64_t freeBytes, std::optional<std::uint64_t> neededBytes, Findings& out);

/// A text from another cluster in quotes: printable, at most 120 characters.
std::string shownText(std::string_view text);

} // namespace core::cluster
