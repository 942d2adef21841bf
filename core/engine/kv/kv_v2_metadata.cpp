#include "core/engine/kv/kv_v2_handlers.h"

#include "core/base/duration.h"
#include "core/base/go_text.h"
#include "core/mount/fields.h"

#include <boost/json/object.hpp>

#include <algorithm>

namespace core::engine {
namespace {

namespace json = boost::json;
using mount::Fields;
using mount::Response;

constexpr std::size_t kCustomKeysMax = 64;
constexpr std::size_t kCustomKeyBytesMax = 128;
constexpr std::size_t kCustomValueBytesMax = 512;

/// Names all faults at once, in Vault's words.
std::optional<Response> refuseCustom(const std::map<std::string, std::string>& custom)
{
    std::vector<std::string> faults;
    const auto add = [&](const std::string& text) { faults.push_back("custom_metadata validation failed: " + text); };
    const auto addLength = [&](const std::string& what, std::size_t size, const char* name, std::size_t most) {
        if (size > 0 && size <= most) return;
        add("length of " + what + " is " + std::to_string(size) + " but must be 0 < len(" + name + ") <= " + std::to_string(most));
    };
    if (custom.size() > kCustomKeysMax) {
        add("payload must contain at most " + std::to_string(kCustomKeysMax) + " keys, provided " + std::to_string(custom.size()));
        return Response::badRequest(joinedErrors(faults));
    }
    for (const auto& [key, value] : custom) {
        const auto quoted = goQuoted(key);
        addLength("key " + quoted, key.size(), "key", kCustomKeyBytesMax);
        addLength("value for key " + quoted, value.size(), "value", kCustomValueBytesMax);
        if (!isGoPrintable(key)) add("key " + quoted + " (" + key + ") contains unprintable characters");
        if (!isGoPrintable(value)) add("value for key " + quoted + " contains unprintable characters");
    }
    return faults.empty() ? std::nullopt : std::optional{Response::badRequest(joinedErrors(faults))};
}

/// A string, or a number or boolean as text; empty for lists and maps.
std::optional<std::string> textOf(const json::value& value)
{
    const json::object single{{"value", value}};
    return Fields{single}.text("value");
}

/// Merges (patch) or replaces the custom metadata. A refusal if a value is not text and cannot become text.
std::optional<Response> applyCustom(const json::value& given, bool isPatch, std::map<std::string, std::string>& custom)
{
    if (given.is_null()) {
        if (isPatch) custom.clear();
        return std::nullopt;
    }
    std::map<std::string, std::string> changed;
    if (isPatch) changed = custom;
    if (const auto* object = given.if_object()) {
        for (const auto& [key, value] : *object) {
            const std::string name{key};
            if (isPatch && value.is_null()) changed.erase(name);
            else if (value.is_null()) changed[name] = {};
            else if (auto text = textOf(value)) changed[name] = std::move(*text);
            else return Response::badRequest("custom_metadata validation failed: value for key \"" + name + "\" must be a string");
        }
    } else {
        const json::object single{{"custom_metadata", given}};
        Fields fields{single};
        auto map = fields.map("custom_metadata");
        if (!map) return fields.refusal();
        changed.merge(*map);
    }
    if (auto refusal = refuseCustom(changed)) return refusal;
    custom = std::move(changed);
    return std::nullopt;
}

/// max_versions, cas_required and delete_version_after, which the mount and each key have.
template<class Settings>
std::optional<Response> applySettings(const json::object& data, bool isPatch, Settings& settings)
{
    Fields fields{data};
    const auto isReset = [&](std::string_view name) { return isPatch && fields.isNamed(name) && !fields.has(name); };
    const auto versions = isReset("max_versions") ? 0 : fields.integer("max_versions");
    const auto isCasRequired = isReset("cas_required") ? false : fields.boolean("cas_required");
    const auto after = isReset("delete_version_after") ? std::chrono::nanoseconds{0} : fields.duration("delete_version_after");
    if (fields.refusal()) return fields.refusal();
    if (versions && (*versions < 0 || *versions > UINT32_MAX)) return Response::badRequest("max_versions is out of range");
    if (versions) settings.maxVersions = static_cast<std::uint32_t>(*versions);
    if (isCasRequired) settings.isCasRequired = *isCasRequired;
    if (after) settings.deleteVersionAfter = *after;
    return std::nullopt;
}

bool namesAnySetting(const Fields& fields)
{
    return fields.isNamed("max_versions") || fields.isNamed("cas_required") || fields.isNamed("delete_version_after") ||
           fields.isNamed("custom_metadata");
}

Response metadataAnswer(const KvKeyMetadata& metadata)
{
    json::object versions;
    for (const auto& version : metadata.versions) {
        versions.emplace(std::to_string(version.number), json::object{{"created_time", timeAnswer(version.createdAt)},
                                                                      {"deletion_time", timeAnswer(version.deletedAt)},
                                                                      {"destroyed", version.isDestroyed}});
    }
    return Response::ofData({{"cas_required", metadata.isCasRequired},
                             {"created_time", timeAnswer(metadata.createdAt)},
                             {"current_version", metadata.currentVersion},
                             {"custom_metadata", customAnswer(metadata)},
                             {"delete_version_after", toGoDuration(metadata.deleteVersionAfter)},
                             {"max_versions", metadata.maxVersions},
                             {"oldest_version", metadata.oldestVersion},
                             {"updated_time", timeAnswer(metadata.updatedAt)},
                             {"versions", std::move(versions)}});
}

Result<Response> changeMetadata(KvV2Call& call, bool isPatch)
{
    if (isPatch) {
        if (auto refusal = refusePatchType(call.request)) return *refusal;
    }
    const auto& data = call.request.data;
    const bool namesAny = namesAnySetting(Fields{data});
    if (!namesAny && !isPatch) return Response{};
    auto stored = call.storage.metadata(call.path);
    if (!stored) return stored.error();
    if (isPatch && !*stored) return Response::error(404, {}); // also if nothing changes: it must not look written
    if (!namesAny) return Response{};
    auto metadata = std::move(*stored).value_or(KvKeyMetadata{});
    if (auto refusal = applySettings(data, isPatch, metadata)) return *refusal;
    if (const auto* custom = data.if_contains("custom_metadata")) {
        if (auto refusal = applyCustom(*custom, isPatch, metadata.custom)) return *refusal;
    }
    if (metadata.createdAt == WallTime{}) metadata.createdAt = call.now;
    metadata.updatedAt = call.now;
    auto config = call.storage.config();
    if (!config) return config.error();
    if (auto put = call.storage.putMetadata(call.path, metadata); !put) return put.error();

    Response response;
    if (config->isCasRequired && Fields{data}.has("cas_required") && !metadata.isCasRequired) {
        response.warnings.push_back("\"cas_required\" set to false, but is mandated by backend config. This value will be ignored.");
    }
    return response;
}

} // namespace

Result<Response> listKvKeys(KvV2Call& call)
{
    auto folder = call.path;
    if (!folder.empty() && !folder.ends_with('/')) folder.push_back('/');
    auto keys = call.storage.list(folder);
    if (!keys) return keys.error();
    return mount::keysAnswer(*keys);
}

Result<Response> readKvMetadata(KvV2Call& call)
{
    auto metadata = call.storage.metadata(call.path);
    if (!metadata) return metadata.error();
    return *metadata ? metadataAnswer(**metadata) : Response{};
}

Result<Response> writeKvMetadata(KvV2Call& call)
{
    return changeMetadata(call, false);
}

Result<Response> patchKvMetadata(KvV2Call& call)
{
    return changeMetadata(call, true);
}

Result<Response> deleteKvMetadata(KvV2Call& call)
{
    auto metadata = call.storage.metadata(call.path);
    if (!metadata) return metadata.error();
    if (!*metadata) return Response{};
    if (auto erased = call.storage.eraseKey(call.path, **metadata); !erased) return erased.error();
    return Response{};
}

Result<Response> readKvConfig(KvV2Call& call)
{
    auto config = call.storage.config();
    if (!config) return config.error();
    return Response::ofData(
        {{"cas_required", config->isCasRequired},
         // Any negative time switches it off, and is shown as one second.
         {"delete_version_after", toGoDuration(std::max<std::chrono::nanoseconds>(config->deleteVersionAfter, std::chrono::seconds{-1}))},
         {"max_versions", config->maxVersions}});
}

Result<Response> writeKvConfig(KvV2Call& call)
{
    auto config = call.storage.config();
    if (!config) return config.error();
    if (!namesAnySetting(Fields{call.request.data})) return Response{};
    if (auto refusal = applySettings(call.request.data, false, *config)) return *refusal;
    if (auto stored = call.storage.putConfig(*config); !stored) return stored.error();
    return Response{};
}

std::optional<Response> refusePatchType(const mount::Request& request)
{
    const std::string_view type{request.contentType};
    if (type.substr(0, type.find(';')) == "application/merge-patch+json") return std::nullopt;
    return Response::error(415, "PATCH requires Content-Type of application/merge-patch+json");
}

} // namespace core::engine
