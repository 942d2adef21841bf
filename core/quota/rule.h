#pragma once

#include "core/base/result.h"

#include <boost/json/object.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace core::quota {

enum class Kind { RateLimit, LeaseCount };

/// "rate-limit" or "lease-count", as in paths and answers.
std::string_view nameOf(Kind kind);

/// One quota as operators set it. An empty mount path means the whole cluster.
struct Rule {
    Kind kind = Kind::RateLimit;
    std::string name;
    std::string mountPath; // "secret/"
    std::string suffix;    // of the path below the mount, without the '*' at its end
    bool isPrefix = false; // the suffix ended in '*'
    std::string role;      // of a login; then there is no suffix
    double rate = 0;       // requests in each interval, rounded
    std::chrono::seconds interval{1};
    std::chrono::seconds blockInterval{0}; // how long an address is refused after it was over the rate; 0: until the interval ends
    std::uint64_t leaseCountMax = 0;

    bool operator==(const Rule&) const = default;
    /// Whether both are for the same requests.
    bool hasPlaceOf(const Rule& other) const;
    /// As it was written: "secret/data/team*".
    std::string shownPath() const { return mountPath + suffix + (isPrefix ? "*" : ""); }
    /// The members that sys/quotas shows.
    boost::json::object describe() const;

    std::string toText() const; // as it is stored
    /// Errors: Corrupt.
    static Result<Rule> fromText(Kind kind, std::string_view name, std::string_view text);
};

} // namespace core::quota
