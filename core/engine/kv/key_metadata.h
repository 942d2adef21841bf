#pragma once

#include "core/base/clock.h"
#include "core/base/result.h"

#include <boost/json/object.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace core::engine {

struct KvConfig {
    std::uint32_t maxVersions = 0; // 0: kVersionsKeptByDefault
    bool isCasRequired = false;
    std::chrono::nanoseconds deleteVersionAfter{0}; // negative: switched off for the mount
};

struct KvVersion {
    std::uint32_t number = 0;
    WallTime createdAt;
    WallTime deletedAt; // epoch: not deleted; can be in the future (delete_version_after)
    bool isDestroyed = false;

    bool isDeletedAt(WallTime now) const { return deletedAt != WallTime{} && deletedAt <= now; }
    bool isLiveAt(WallTime now) const { return !isDestroyed && !isDeletedAt(now); }
};

/// The metadata of a key: its settings, and the state of each kept version. Stored in binary form; see README.md.
struct KvKeyMetadata {
    std::vector<KvVersion> versions; // by number, without gaps; old ones are trimmed at the front
    std::uint32_t currentVersion = 0;
    std::uint32_t oldestVersion = 0; // 0: nothing has been trimmed
    WallTime createdAt;
    WallTime updatedAt;
    std::uint32_t maxVersions = 0;
    bool isCasRequired = false;
    std::chrono::nanoseconds deleteVersionAfter{0};
    std::map<std::string, std::string> custom;

    KvVersion* find(std::uint32_t number);
    KvVersion* latest() { return find(currentVersion); }

    std::string encode() const;
    /// Errors: Corrupt.
    static Result<KvKeyMetadata> decode(std::string_view bytes);
};

inline constexpr std::uint32_t kVersionsKeptByDefault = 10;

/// The larger of the key's and the mount's limit (spec: engines-and-auth-api.md §3.4).
std::uint32_t versionsKept(const KvConfig& config, const KvKeyMetadata& metadata);
/// When a version that was made at `from` is deleted automatically; the epoch: never.
WallTime deletionTime(const KvConfig& config, const KvKeyMetadata& metadata, WallTime from);

std::string encodeKvConfig(const KvConfig& config);
/// Errors: Corrupt.
Result<KvConfig> decodeKvConfig(std::string_view bytes);

/// {version, created_time, deletion_time, destroyed, custom_metadata}
boost::json::object versionAnswer(const KvVersion& version, const KvKeyMetadata& metadata);
boost::json::value customAnswer(const KvKeyMetadata& metadata);
/// RFC 3339, or "" for the epoch.
std::string timeAnswer(WallTime time);

} // namespace core::engine
