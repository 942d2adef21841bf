#pragma once

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/snapshot/s3_destination.h"

#include <boost/json/object.hpp>

#include <cstdint>
#include <memory>
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
    S3Options s3;                    // if storage_type is "aws-s3"; its prefix is path_prefix
    WallTime anchor;                 // its creation: runs are at anchor + n × interval

    /// Includes the credentials, so treat the result as a secret.
    boost::json::object toJson() const;
    static Result<ScheduleConfig> fromJson(const boost::json::object& object);
    /// The place for its snapshots. `cancellation` must outlive the destination.
    std::unique_ptr<Destination> open(const Cancellation& cancellation) const;
};

/// The results of one configuration's runs, as stored.
struct ScheduleStatus {
    WallTime lastStart, lastEnd; // epoch: never
    std::string lastError;
    std::string lastUrl;    // of the last success
    WallTime snapshotStart; // of the last success
    std::uint64_t snapshotBytes = 0;
    std::uint32_t consecutiveErrors = 0;
    std::uint64_t errorCount = 0, successCount = 0;
    std::uint64_t missedRuns = 0;                   // due while the server was down, sealed or busy
    WallTime lastMissed;                            // when the last one of those was due
    std::uint64_t storedCount = 0, storedBytes = 0; // of this configuration's files, after the last run that could list them
    std::chrono::milliseconds saveDuration{0}, rotateDuration{0};

    // The last snapshot that was fetched from its destination and restored into a store of its own.
    std::string provenUrl;
    WallTime provenAt;
    std::string provenRoot;
    std::uint64_t provenKeys = 0;
    std::chrono::milliseconds proofDuration{0};

    boost::json::object toJson() const;
    static ScheduleStatus fromJson(const boost::json::object& object);
};

/// The first run after `after`, on the configuration's fixed schedule.
WallTime nextRun(const ScheduleConfig& config, WallTime after);
/// The number of scheduled runs in (after, upTo].
std::uint64_t runsBetween(const ScheduleConfig& config, WallTime after, WallTime upTo);

/// "<file_prefix>-<unix nanoseconds>.snap"
std::string fileNameOf(const ScheduleConfig& config, WallTime at);
/// True if the file is a snapshot of this configuration.
bool isFileOf(const ScheduleConfig& config, std::string_view fileName);

} // namespace core::snapshot
