#pragma once

#include "core/barrier/barrier.h"
#include "core/log/store.h"
#include "core/mount/mount_storage.h"

#include <boost/json/object.hpp>

#include <functional>

namespace core::snapshot {

/// The contents of a cluster, or of a snapshot: counts and times, never values.
struct ContentSurvey {
    struct Mount {
        mount::TableKind kind = mount::TableKind::Secrets;
        mount::MountEntry entry;
        std::uint64_t keyCount = 0; // stored keys
        std::uint64_t bytes = 0;
        std::uint64_t secretCount = 0;   // kv paths
        std::uint64_t versionCount = 0;  // versions of kv version 2
        WallTime newestWrite;            // of kv version 2; epoch: unknown
        std::vector<std::string> sample; // some kv paths, spread over all of them
    };
    std::vector<Mount> mounts; // secrets engines, then auth methods, each by path; without built-in mounts
    std::uint64_t keyCount = 0, bytes = 0;
    std::uint64_t tokenCount = 0;  // service tokens
    std::uint64_t leaseCount = 0;  // tokens and secrets that expire
    std::uint64_t policyCount = 0; // without those that every cluster has
    std::uint64_t auditDeviceCount = 0;
    std::vector<std::string> schedules; // automatic snapshots
    WallTime newestWrite;               // the newest dated item: kv version 2, and tokens

    /// True if there is more than a newly initialised cluster has.
    bool isWorthKeeping() const;
    /// "3 mounts, 1,200 secrets, 41 tokens"
    std::string summary() const;
    boost::json::object toJson() const;
};

/// Reads everything. Names `sampleCount` paths of each kv mount. Errors: Sealed, Corrupt, Io.
Result<ContentSurvey> survey(const log::Store& store, const barrier::Barrier& barrier, std::size_t sampleCount = 0);

/// True if the mount is kv version 2, whose metadata has versions and times.
bool isKvVersion2(const mount::MountEntry& entry);

} // namespace core::snapshot
