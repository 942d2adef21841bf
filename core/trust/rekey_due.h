#pragma once

#include "core/barrier/scope.h"
#include "core/base/clock.h"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace core::trust {

/// What revocations leave to do for sys/rekey. Shared data, so a new primary knows it too.
struct RekeyDue {
    WallTime revokedAt;                   // the last revocation; the revoked member knows all terms older than this
    std::vector<std::string> compromised; // ids of members that were revoked as compromised since the last rekey, at most kMax
    std::vector<std::string> revoked;     // ids of members that were revoked otherwise; they can still turn out to be compromised. At most kMax
    std::uint64_t renewal = 0;            // how often all members were told to make new keys K and T
    std::set<std::string> formerKeys;     // keyHash() of their member keys when they were last told
    bool isUnfinished = false;            // a revocation as compromised is stored; the new term and the demand for new keys are not yet

    static constexpr std::string_view kKey = "s/core/trust/rekey-due";
    static constexpr std::size_t kMax = 64;
    static constexpr const char* kText = "rekey required: the revoked member knows the root key";

    bool isRequired() const { return !compromised.empty(); }
    /// If nothing is stored: nothing to do. Errors: Corrupt, those of the view.
    static Result<RekeyDue> load(const barrier::Scope& scope);
    Result<> store(const barrier::Scope& scope) const;
    /// The same as a write for a transaction of somebody else. Errors: Sealed.
    Result<log::Operation> operation(const barrier::Barrier& barrier) const;
    void add(std::string id);
    /// The oldest one goes when there are too many.
    void addRevoked(const std::string& id);
    /// True for the id of a member that was revoked in either way.
    bool knows(const std::string& id) const;
};

} // namespace core::trust
