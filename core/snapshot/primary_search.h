#pragma once

#include "core/snapshot/archive.h"

#include <optional>
#include <string>

namespace core::snapshot {

/// The primary of a replication set, as it was found.
struct FoundPrimary {
    std::string name;    // of the cluster; empty: it did not say
    std::string address; // of its API
    std::string seenBy;  // the address of the member that is connected to it; empty: it answered itself
};

/// Asks the members that a snapshot names, all at once, whether one of them is the primary of its sets, or is connected to it.
///
/// Only `sys/replication/status` and `sys/health` are read, without a token and without looking at certificates: an answer only ever
/// stops a restore. No redirects, no proxy, at most 64 KB each. Blocking, some 5 s at most. `ownAddress` is not asked.
std::optional<FoundPrimary> findPrimary(const Sets& sets, const std::string& ownAddress);

/// What an operator does so that the members follow a cluster that was restored from a snapshot of their primary; one line each.
std::vector<std::string> stepsToBringBack(const Sets& sets);

} // namespace core::snapshot
