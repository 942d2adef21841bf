#pragma once

#include "core/base/clock.h"
#include "core/base/result.h"

#include <chrono>
#include <string>
#include <vector>

namespace core::token {

/// The system's lease times, unless the configuration sets others.
inline constexpr std::chrono::seconds kSystemLeaseTtl{768 * 3600};

struct TtlRequest {
    std::chrono::seconds increment{0}; // what the caller asks for
    std::chrono::seconds roleTtl{0};   // what the auth method or role gives
    std::chrono::seconds roleMax{0};
    std::chrono::seconds explicitMax{0};
    std::chrono::seconds period{0};
    std::chrono::seconds mountDefault = kSystemLeaseTtl; // effective
    std::chrono::seconds mountMax = kSystemLeaseTtl;     // effective
    WallTime start;                                      // creation
    WallTime now;
};

struct Ttl {
    std::chrono::seconds ttl{0};
    std::vector<std::string> warnings;
};

/// How long a token or lease lives from now on (spec: engines-and-auth-api.md §1.6).
/// Errors: FailedPrecondition (past the max TTL).
Result<Ttl> computeTtl(const TtlRequest& request);

} // namespace core::token
