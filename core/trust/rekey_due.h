#pragma once

#include "core/barrier/scope.h"
#include "core/base/clock.h"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace core::trust {

/// What revocations leave to do for sys/rekey: kept among the shared data, so that whichever cluster becomes the primary knows.
struct RekeyDue {
    WallTime revokedAt;                   // the last revocation; a term older than this is known to who was revoked
    std::vector<std::string> compromised; // ids of members that were revoked as compromised since the last rekey, at most kMax
    std::uint64_t renewal = 0;            // how often all members have been told to make new keys K and T
    std::set<std::string> formerKeys;     // keyHash() of the member keys that they had when they were told last

    static constexpr std::string_view kKey = "s/core/trust/rekey-due";
    static constexpr std::size_t kMax = 64;
    static constexpr const char* kText = "rekey required: the revoked member knows the root key";

    bool isRequired() const { return !compromised.empty(); }
    /// Nothing to do where nothing is stored. Errors: Corrupt, those of the view.
    static Result<RekeyDue> load(const barrier::Scope& scope);
    Result<> store(const barrier::Scope& scope) const;
    void add(std::string id);
};

} // namespace core::trust
