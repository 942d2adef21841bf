#pragma once

#include "core/barrier/barrier.h"
#include "core/storage/engine.h"

#include <boost/json/object.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace core::snapshot {

enum class Change { Added, Removed, Changed };

/// One difference: a path with the versions that exist, never a value.
struct Difference {
    std::string area;  // "secrets", "auth", "mounts", "policies", "system"
    std::string mount; // "secret/", or empty
    std::string path;  // within the mount; the mount's or policy's name
    Change change = Change::Changed;
    std::vector<std::uint32_t> versionsBefore, versionsAfter; // kv version 2
};

struct Diff {
    struct Counts {
        std::uint64_t added = 0, removed = 0, changed = 0;
    };
    /// By area. Some areas are only counted: "tokens", "leases", "wrapping", "cubbyhole".
    std::map<std::string, Counts> counts;
    std::vector<Difference> entries; // in the order of the storage
    bool isTruncated = false;        // there are more than were asked for; the counts include all

    bool isEmpty() const { return counts.empty(); }
    boost::json::object toJson() const;
};

/// What differs between two contents of one cluster, both opened with its keyring. At most `entriesMax` differences are named. Values that were only
/// sealed again count as equal. Errors: Sealed, Corrupt, Io.
Result<Diff> diff(const storage::Reader& before, const storage::Reader& after, const barrier::Barrier& barrier, std::size_t entriesMax);

} // namespace core::snapshot
