#include "core/snapshot/schedule.h"

#include <algorithm>

namespace core::snapshot {
namespace {

namespace json = boost::json;

std::string text(const json::object& object, std::string_view name)
{
    const auto* value = object.if_contains(json::string_view{name.data(), name.size()});
    return value != nullptr && value->is_string() ? std::string{value->as_string()} : std::string{};
}

std::int64_t number(const json::object& object, std::string_view name)
{
    const auto* value = object.if_contains(json::string_view{name.data(), name.size()});
    if (value == nullptr) return 0;
    if (value->is_int64()) return value->as_int64();
    if (value->is_uint64()) return static_cast<std::int64_t>(value->as_uint64());
    return 0;
}

std::int64_t ns(WallTime time)
{
    return time.time_since_epoch().count();
}

WallTime time(const json::object& object, std::string_view name)
{
    return WallTime{std::chrono::nanoseconds{number(object, name)}};
}

} // namespace

json::object ScheduleConfig::toJson() const
{
    return {{"name", name},
            {"interval", interval.count()},
            {"retain", retain},
            {"path_prefix", pathPrefix},
            {"file_prefix", filePrefix},
            {"storage_type", storageType},
            {"local_max_space", localMaxSpace},
            {"anchor", ns(anchor)}};
}

Result<ScheduleConfig> ScheduleConfig::fromJson(const json::object& object)
{
    ScheduleConfig config;
    config.name = text(object, "name");
    config.interval = std::chrono::seconds{number(object, "interval")};
    config.retain = static_cast<int>(number(object, "retain"));
    config.pathPrefix = text(object, "path_prefix");
    config.filePrefix = text(object, "file_prefix");
    config.storageType = text(object, "storage_type");
    config.localMaxSpace = static_cast<std::uint64_t>(number(object, "local_max_space"));
    config.anchor = time(object, "anchor");
    if (config.interval.count() <= 0 || config.retain <= 0 || config.pathPrefix.empty()) {
        return Error{ErrorCode::Corrupt, "a stored snapshot configuration"};
    }
    return config;
}

json::object ScheduleStatus::toJson() const
{
    return {{"last_start", ns(lastStart)},
            {"last_end", ns(lastEnd)},
            {"last_error", lastError},
            {"last_url", lastUrl},
            {"snapshot_start", ns(snapshotStart)},
            {"snapshot_bytes", snapshotBytes},
            {"consecutive_errors", consecutiveErrors},
            {"missed_runs", missedRuns}};
}

ScheduleStatus ScheduleStatus::fromJson(const json::object& object)
{
    ScheduleStatus status;
    status.lastStart = time(object, "last_start");
    status.lastEnd = time(object, "last_end");
    status.lastError = text(object, "last_error");
    status.lastUrl = text(object, "last_url");
    status.snapshotStart = time(object, "snapshot_start");
    status.snapshotBytes = static_cast<std::uint64_t>(number(object, "snapshot_bytes"));
    status.consecutiveErrors = static_cast<std::uint32_t>(number(object, "consecutive_errors"));
    status.missedRuns = static_cast<std::uint64_t>(number(object, "missed_runs"));
    return status;
}

WallTime nextRun(const ScheduleConfig& config, WallTime after)
{
    if (after < config.anchor) return config.anchor + config.interval;
    return config.anchor + ((after - config.anchor) / config.interval + 1) * config.interval;
}

std::uint64_t runsBetween(const ScheduleConfig& config, WallTime after, WallTime upTo)
{
    const auto runsUpTo = [&](WallTime at) {
        return at < config.anchor ? 0 : static_cast<std::int64_t>((at - config.anchor) / config.interval);
    };
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, runsUpTo(upTo) - runsUpTo(after)));
}

std::string fileNameOf(const ScheduleConfig& config, WallTime at)
{
    return config.filePrefix + "-" + std::to_string(ns(at)) + ".snap";
}

bool isFileOf(const ScheduleConfig& config, std::string_view fileName)
{
    if (!fileName.starts_with(config.filePrefix + "-") || !fileName.ends_with(".snap")) return false;
    fileName.remove_prefix(config.filePrefix.size() + 1);
    fileName.remove_suffix(5);
    return !fileName.empty() && fileName.find_first_not_of("0123456789") == std::string_view::npos;
}

} // namespace core::snapshot
