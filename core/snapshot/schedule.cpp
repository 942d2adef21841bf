#include "core/snapshot/schedule.h"

#include "core/snapshot/local_destination.h"

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

bool flag(const json::object& object, std::string_view name)
{
    const auto* value = object.if_contains(json::string_view{name.data(), name.size()});
    return value != nullptr && value->is_bool() && value->get_bool();
}

SecretBytes secret(const json::object& object, std::string_view name)
{
    return SecretBytes::copyOf(std::string_view{text(object, name)});
}

std::uint64_t count(const json::object& object, std::string_view name)
{
    return static_cast<std::uint64_t>(number(object, name));
}

std::chrono::milliseconds ms(const json::object& object, std::string_view name)
{
    return std::chrono::milliseconds{number(object, name)};
}

json::object toJson(const S3Options& s3)
{
    return {{"bucket", s3.bucket},
            {"region", s3.region},
            {"endpoint", s3.endpoint},
            {"disable_tls", s3.isTlsDisabled},
            {"path_style", s3.isPathStyle},
            {"encrypts", s3.usesServerSideEncryption},
            {"kms", s3.usesKms},
            {"kms_key", s3.kmsKey},
            {"ca_file", s3.caFile},
            {"access_key_id", s3.accessKeyId.view()},
            {"secret_access_key", s3.secretAccessKey.view()},
            {"session_token", s3.sessionToken.view()}};
}

S3Options s3FromJson(const json::object& object)
{
    return {.bucket = text(object, "bucket"),
            .region = text(object, "region"),
            .prefix = {},
            .endpoint = text(object, "endpoint"),
            .isTlsDisabled = flag(object, "disable_tls"),
            .isPathStyle = flag(object, "path_style"),
            .usesServerSideEncryption = flag(object, "encrypts"),
            .usesKms = flag(object, "kms"),
            .kmsKey = text(object, "kms_key"),
            .caFile = text(object, "ca_file"),
            .accessKeyId = secret(object, "access_key_id"),
            .secretAccessKey = secret(object, "secret_access_key"),
            .sessionToken = secret(object, "session_token")};
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
            {"s3", storageType == "aws-s3" ? json::value(snapshot::toJson(s3)) : json::value{}},
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
    const auto* s3 = object.if_contains("s3");
    if (s3 != nullptr && s3->is_object()) config.s3 = s3FromJson(s3->get_object());
    if (config.interval.count() <= 0 || config.retain <= 0 || (config.storageType == "local" && config.pathPrefix.empty())) {
        return Error{ErrorCode::Corrupt, "a stored snapshot configuration"};
    }
    return config;
}

std::unique_ptr<Destination> ScheduleConfig::open(const Cancellation& cancellation) const
{
    if (storageType != "aws-s3") return std::make_unique<LocalDestination>(pathPrefix);
    auto options = s3.clone();
    options.prefix = pathPrefix;
    while (options.prefix.starts_with('/')) options.prefix.erase(0, 1);
    while (options.prefix.ends_with('/')) options.prefix.pop_back();
    return std::make_unique<S3Destination>(std::move(options), cancellation);
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
            {"errors", errorCount},
            {"successes", successCount},
            {"missed_runs", missedRuns},
            {"last_missed", ns(lastMissed)},
            {"stored_count", storedCount},
            {"stored_bytes", storedBytes},
            {"save_ms", saveDuration.count()},
            {"rotate_ms", rotateDuration.count()},
            {"proven_url", provenUrl},
            {"proven_at", ns(provenAt)},
            {"proven_root", provenRoot},
            {"proven_keys", provenKeys},
            {"proof_ms", proofDuration.count()}};
}

ScheduleStatus ScheduleStatus::fromJson(const json::object& object)
{
    ScheduleStatus status;
    status.lastStart = time(object, "last_start");
    status.lastEnd = time(object, "last_end");
    status.lastError = text(object, "last_error");
    status.lastUrl = text(object, "last_url");
    status.snapshotStart = time(object, "snapshot_start");
    status.snapshotBytes = count(object, "snapshot_bytes");
    status.consecutiveErrors = static_cast<std::uint32_t>(number(object, "consecutive_errors"));
    status.errorCount = count(object, "errors");
    status.successCount = count(object, "successes");
    status.missedRuns = count(object, "missed_runs");
    status.lastMissed = time(object, "last_missed");
    status.storedCount = count(object, "stored_count");
    status.storedBytes = count(object, "stored_bytes");
    status.saveDuration = ms(object, "save_ms");
    status.rotateDuration = ms(object, "rotate_ms");
    status.provenUrl = text(object, "proven_url");
    status.provenAt = time(object, "proven_at");
    status.provenRoot = text(object, "proven_root");
    status.provenKeys = count(object, "proven_keys");
    status.proofDuration = ms(object, "proof_ms");
    return status;
}

WallTime nextRun(const ScheduleConfig& config, WallTime after)
{
    if (after < config.anchor) return config.anchor + config.interval;
    return config.anchor + ((after - config.anchor) / config.interval + 1) * config.interval;
}

std::uint64_t runsBetween(const ScheduleConfig& config, WallTime after, WallTime upTo)
{
    const auto runsUpTo = [&](WallTime at) { return at < config.anchor ? 0 : static_cast<std::int64_t>((at - config.anchor) / config.interval); };
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
