#pragma once

#include "core/barrier/barrier.h"
#include "core/log/store.h"
#include "core/mount/mount_storage.h"

#include <boost/json/object.hpp>

#include <functional>

namespace core::snapshot {

/// What a cluster, or a snapshot of one, holds: counts and times, never values.
struct ContentSurvey {
    struct Mount {
        mount::TableKind kind = mount::TableKind::Secrets;
        mount::MountEntry entry;
        std::uint64_t keyCount = 0; // stored entries
        std::uint64_t bytes = 0;
        std::uint64_t secretCount = 0;   // paths of kv
        std::uint64_t versionCount = 0;  // of kv version 2
        WallTime newestWrite;            // of kv version 2; epoch: not known
        std::vector<std::string> sample; // some paths of kv, spread over all
    };
    std::vector<Mount> mounts; // secrets engines, then auth methods, each by path; without sys/ and what every cluster has
    std::uint64_t keyCount = 0, bytes = 0;
    std::uint64_t tokenCount = 0;  // service tokens
    std::uint64_t leaseCount = 0;  // tokens and secrets that expire
    std::uint64_t policyCount = 0; // besides those that every cluster has
    std::uint64_t auditDeviceCount = 0;
    std::vector<std::string> schedules; // automatic snapshots
    WallTime newestWrite;               // of what is dated: kv version 2, and tokens

    /// Whether there is more than a cluster has when it has just been initialised.
    bool isWorthKeeping() const;
    /// "3 mounts, 1,200 secrets, 41 tokens"
    std::string summary() const;
    boost::json::object toJson() const;
};

/// Goes through all of it. `sampleCount` paths of each kv mount are named. Errors: Sealed, Corrupt, Io.
Result<ContentSurvey> survey(const log::Store& store, const barrier::Barrier& barrier, std::size_t sampleCount = 0);

/// Whether a mount is kv of version 2, whose metadata tells versions and times.
bool isKvVersion2(const mount::MountEntry& entry);

} // namespace core::snapshot
