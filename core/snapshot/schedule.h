#pragma once

#include "core/base/clock.h"
#include "core/base/result.h"

#include <boost/json/object.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace core::snapshot {

/// One automatic snapshot configuration (spec: system-api.md §13.1), as stored.
struct ScheduleConfig {
    std::string name;
    std::chrono::seconds interval{0};
    int retain = 1;
    std::string pathPrefix;
    std::string filePrefix = "vault-snapshot";
    std::string storageType;
    std::uint64_t localMaxSpace = 0; // bytes
    WallTime anchor; // when it was made: runs are at anchor + n × interval

    boost::json::object toJson() const;
    static Result<ScheduleConfig> fromJson(const boost::json::object& object);
};

/// What became of the runs of one configuration, as stored.
struct ScheduleStatus {
    WallTime lastStart, lastEnd; // epoch: never
    std::string lastError;
    std::string lastUrl; // of the last success
    WallTime snapshotStart; // of the last success
    std::uint64_t snapshotBytes = 0;
    std::uint32_t consecutiveErrors = 0;
    std::uint64_t missedRuns = 0; // due while the server was down, sealed or busy

    boost::json::object toJson() const;
    static ScheduleStatus fromJson(const boost::json::object& object);
};

/// The first run after `after`, on the fixed cadence of the configuration.
WallTime nextRun(const ScheduleConfig& config, WallTime after);
/// How many runs of the cadence lie in (after, upTo].
std::uint64_t runsBetween(const ScheduleConfig& config, WallTime after, WallTime upTo);

/// "<file_prefix>-<unix nanoseconds>.snap"
std::string fileNameOf(const ScheduleConfig& config, WallTime at);
/// Whether a file in the directory is a snapshot of this configuration.
bool isFileOf(const ScheduleConfig& config, std::string_view fileName);

} // namespace core::snapshot
