#pragma once

#include "core/snapshot/archive.h"

#include <optional>
#include <string>

namespace core::snapshot {

/// The primary of a replication set that the search has found.
struct FoundPrimary {
    std::string name;    // of the cluster; empty: unknown
    std::string address; // of its API
    std::string seenBy;  // the address of the member that is connected to it; empty: it answered itself
};

/// Asks all members that a snapshot names, at the same time: are you the primary of your set, or connected to it?
///
/// Reads only `sys/replication/status` and `sys/health`, without a token and without checking certificates, because an answer can only stop a
/// restore. No redirects, no proxy, at most 64 KB each. Blocking, at most about 5 s. `ownAddress` is not called.
std::optional<FoundPrimary> findPrimary(const Sets& sets, const std::string& ownAddress);

/// What an operator must do so that the members follow a cluster that was restored from a snapshot of their primary. One line per step.
std::vector<std::string> stepsToBringBack(const Sets& sets);

} // namespace core::snapshot
