#include "core/sys/settings/key_rotation.h"

#include "core/base/duration.h"
#include "core/mount/fields.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace core::sys {
namespace {

namespace json = boost::json;
using mount::Response;
using std::chrono::seconds;

constexpr std::string_view kFolder = "core/rotate/";
constexpr std::string_view kName = "config";
constexpr seconds kIntervalMin = std::chrono::hours{24};

Result<Response> read(const Call& call)
{
    auto rotation = loadKeyRotation(call.scope());
    if (!rotation) return rotation.error();
    json::object data{{"max_operations", rotation->maxOperations}, {"interval", 0}, {"enabled", rotation->isEnabled}};
    if (rotation->interval.count() > 0) data["interval"] = toGoDuration(rotation->interval);
    return Response::ofData(std::move(data));
}

Result<Response> write(Call& call)
{
    auto stored = loadKeyRotation(call.scope());
    if (!stored && stored.error().code != ErrorCode::Corrupt) return stored.error();
    auto rotation = stored ? *stored : KeyRotation{}; // a damaged row is replaced by the new values and the defaults
    const auto operations = call.fields.integer("max_operations");
    const auto interval = call.fields.duration("interval");
    rotation.isEnabled = call.fields.booleanOr("enabled", rotation.isEnabled);
    if (call.fields.refusal()) return *call.fields.refusal();
    if (operations) {
        if (*operations < static_cast<std::int64_t>(KeyRotation::kOperationsMin) ||
            *operations > static_cast<std::int64_t>(KeyRotation::kOperationsMax)) {
            return Response::badRequest("max_operations must be in the range [" + std::to_string(KeyRotation::kOperationsMin) + "," +
                                        std::to_string(KeyRotation::kOperationsMax) + "]");
        }
        rotation.maxOperations = static_cast<std::uint64_t>(*operations);
    }
    if (interval) {
        if (interval->count() != 0 && *interval < kIntervalMin) {
            return Response::badRequest("interval must be greater or equal to " + toGoDuration(kIntervalMin));
        }
        rotation.interval = std::chrono::floor<seconds>(*interval);
    }
    const json::object data{{"max_operations", rotation.maxOperations}, {"interval_s", rotation.interval.count()}, {"enabled", rotation.isEnabled}};
    if (auto put = call.scope().shared(std::string{kFolder}).put(kName, json::serialize(data)); !put) return put.error();
    return Response{};
}

} // namespace

bool KeyRotation::isDue(const barrier::Barrier::KeyStatus& status, WallTime now) const
{
    if (!isEnabled) return false;
    return status.encryptionCount >= maxOperations || (interval.count() > 0 && now - status.installedAt >= interval);
}

Result<KeyRotation> loadKeyRotation(const barrier::Scope& scope)
{
    auto text = scope.shared(std::string{kFolder}).get(kName);
    if (!text) return text.error();
    KeyRotation rotation;
    if (!*text) return rotation;
    json::error_code failed;
    const auto value = json::parse(**text, failed);
    const Error damaged{ErrorCode::Corrupt, "the stored settings of sys/rotate/config are damaged; write them again"};
    if (failed || !value.is_object()) return damaged;
    mount::Fields fields{value.get_object()};
    const auto operations = fields.integer("max_operations");
    const auto interval = fields.integer("interval_s");
    rotation.isEnabled = fields.booleanOr("enabled", true);
    if (!operations || !interval || *operations < 1 || *interval < 0 || fields.refusal()) return damaged;
    rotation.maxOperations = static_cast<std::uint64_t>(*operations);
    rotation.interval = seconds{*interval};
    return rotation;
}

namespace {

const FieldList kRotationFields{{"max_operations", FieldType::Integer, "After how many encryptions a term is replaced.", "3865470566"},
                                {"interval", FieldType::Duration, "After which time a term is replaced; at least 24 hours, 0 is never.", "0"},
                                {"enabled", FieldType::Boolean, "The keyring rotates by itself.", "true"}};

} // namespace

void addKeyRotationRoutes(RouteTable& routes)
{
    routes.add({.verbs = Verb::Read,
                .pattern = "rotate/config",
                .handle = [](Call& call) { return read(call); },
                .fields = kNoFields,
                .help = "Reads or sets when the keyring rotates automatically: `max_operations`, `interval`, `enabled`."});
    routes.add({.verbs = Verb::Write,
                .pattern = "rotate/config",
                .handle = write,
                .isForwardable = true,
                .fields = kRotationFields,
                .isWithoutWarnings = true});
}

} // namespace core::sys
