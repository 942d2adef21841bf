#include "core/engine/kv/kv_v2_handlers.h"

#include "core/engine/kv/json_text.h"
#include "core/mount/fields.h"
#include "core/mount/json_body.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace core::engine {
namespace {

namespace json = boost::json;
using mount::Fields;
using mount::Response;

/// The text of the request's member "data"; empty if it has none. A refusal if it is not an object.
struct DataText {
    std::optional<std::string> text;
    std::optional<Response> refusal;
};

DataText dataTextOf(const mount::Request& request)
{
    Fields fields{request.data};
    const auto* parsed = fields.object("data");
    if (!parsed) return {std::nullopt, fields.refusal()};
    if (isJsonObjectText(request.body)) {
        auto text = jsonMemberText(request.body, "data");
        if (text && *text && isJsonObjectText(**text)) return {std::string{**text}, std::nullopt};
    }
    return {json::serialize(*parsed), std::nullopt};
}

/// Empty if the write can continue.
std::optional<Response> refuseByCas(const mount::Request& request, const KvConfig& config, const KvKeyMetadata& metadata)
{
    std::optional<std::int64_t> cas;
    Fields top{request.data};
    const auto* options = top.object("options");
    if (top.refusal()) return top.refusal(); // a value that is not a map could have been meant as a check
    if (options) {
        Fields fields{*options};
        cas = fields.integer("cas");
        if (fields.refusal()) return Response::badRequest("error parsing check-and-set parameter");
    }
    if (!cas && (config.isCasRequired || metadata.isCasRequired)) {
        return Response::badRequest("check-and-set parameter required for this call");
    }
    if (cas && *cas != static_cast<std::int64_t>(metadata.currentVersion)) {
        return Response::badRequest("check-and-set parameter did not match the current version");
    }
    return std::nullopt;
}

/// 404 with the version's metadata, for a version that is deleted or destroyed; `member` is null in it.
Response goneAnswer(std::string_view member, const KvVersion& version, const KvKeyMetadata& metadata)
{
    auto response = Response::ofData({{member, nullptr}, {"metadata", versionAnswer(version, metadata)}});
    response.status = 404;
    return response;
}

struct FoundVersion {
    KvKeyMetadata metadata;
    KvVersion version;
};

/// The version that the field "version" names; 0 is the latest. Empty if there is none.
Result<std::optional<FoundVersion>> findVersion(const KvV2Call& call, std::int64_t wanted)
{
    auto metadata = call.storage.metadata(call.path);
    if (!metadata) return metadata.error();
    if (!*metadata || wanted < 0) return std::optional<FoundVersion>{};
    const auto number = wanted == 0 ? (*metadata)->currentVersion : static_cast<std::uint32_t>(wanted);
    const auto* version = (*metadata)->find(number);
    if (!version) return std::optional<FoundVersion>{};
    const auto copy = *version;
    return std::optional<FoundVersion>{FoundVersion{std::move(**metadata), copy}};
}

/// Objects with their leaves (lists and empty objects too) replaced by null, `depth` levels deep; 0 is all.
json::object shapeOf(const json::object& value, std::int64_t depth)
{
    json::object shape;
    for (const auto& [key, member] : value) {
        const auto* inner = member.if_object();
        if (inner && !inner->empty() && depth != 1) shape.emplace(key, shapeOf(*inner, depth == 0 ? 0 : depth - 1));
        else shape.emplace(key, nullptr);
    }
    return shape;
}

/// Runs `change` on each named version that exists, and stores the key if any changed.
template<class Change>
Result<Response> changeVersions(KvV2Call& call, std::string_view missingText, const Change& change)
{
    Fields fields{call.request.data};
    const auto numbers = fields.integers("versions");
    if (fields.refusal()) return *fields.refusal();
    if (!numbers || numbers->empty()) return Response::badRequest(std::string{missingText});
    auto metadata = call.storage.metadata(call.path);
    if (!metadata) return metadata.error();
    if (!*metadata) return Response{};
    bool isChanged = false;
    for (const auto number : *numbers) {
        auto* version = number > 0 && number <= UINT32_MAX ? (*metadata)->find(static_cast<std::uint32_t>(number)) : nullptr;
        if (!version || version->isDestroyed) continue;
        auto changed = change(*version, **metadata);
        if (!changed) return changed.error();
        isChanged = isChanged || *changed;
    }
    if (!isChanged) return Response{};
    (*metadata)->updatedAt = call.now;
    if (auto stored = call.storage.putMetadata(call.path, **metadata); !stored) return stored.error();
    return Response{};
}

} // namespace

Result<Response> readKvData(KvV2Call& call)
{
    Fields fields{call.request.data};
    const auto wanted = fields.integer("version").value_or(0);
    if (fields.refusal()) return *fields.refusal();
    auto found = findVersion(call, wanted);
    if (!found) return found.error();
    if (!*found) return Response{};
    const auto& [metadata, version] = **found;
    if (!version.isLiveAt(call.now)) return goneAnswer("data", version, metadata);
    auto text = call.storage.value(call.path, version.number);
    if (!text) return text.error();
    auto response = Response::ofData({{"metadata", versionAnswer(version, metadata)}});
    response.dataText.emplace_back("data", std::move(*text));
    return response;
}

Result<Response> writeKvData(KvV2Call& call)
{
    auto data = dataTextOf(call.request);
    if (data.refusal) return *data.refusal;
    if (!data.text) return Response::badRequest("no data provided");
    auto config = call.storage.config();
    if (!config) return config.error();
    auto stored = call.storage.metadata(call.path);
    if (!stored) return stored.error();
    auto metadata = std::move(*stored).value_or(KvKeyMetadata{});
    if (auto refusal = refuseByCas(call.request, *config, metadata)) return *refusal;
    auto added = addVersion(call.storage, *config, call.path, metadata, *data.text, call.now);
    if (!added) return added.error();
    return Response::ofData(versionAnswer(*added, metadata));
}

Result<Response> patchKvData(KvV2Call& call)
{
    if (auto refusal = refusePatchType(call.request)) return *refusal;
    auto patch = dataTextOf(call.request);
    if (patch.refusal) return *patch.refusal;
    if (!patch.text) return Response::badRequest("no data provided");
    auto found = findVersion(call, 0);
    if (!found) return found.error();
    if (!*found) return Response::error(404, {});
    auto& [metadata, version] = **found;
    if (!version.isLiveAt(call.now)) {
        // The answer to a write describes the new version. A read shows a deleted version in the same form.
        auto response = goneAnswer("data", version, metadata);
        for (auto& [name, value] : versionAnswer(version, metadata)) response.data->emplace(name, value);
        return response;
    }
    auto config = call.storage.config();
    if (!config) return config.error();
    if (auto refusal = refuseByCas(call.request, *config, metadata)) return *refusal;
    auto text = call.storage.value(call.path, version.number);
    if (!text) return text.error();
    auto merged = mergeJsonText(*text, *patch.text);
    if (!merged) return merged.error();
    auto added = addVersion(call.storage, *config, call.path, metadata, *merged, call.now);
    if (!added) return added.error();
    return Response::ofData(versionAnswer(*added, metadata));
}

Result<Response> deleteKvData(KvV2Call& call)
{
    auto metadata = call.storage.metadata(call.path);
    if (!metadata) return metadata.error();
    auto* latest = *metadata ? (*metadata)->latest() : nullptr;
    if (!latest || !latest->isLiveAt(call.now)) return Response{};
    latest->deletedAt = call.now;
    (*metadata)->updatedAt = call.now;
    if (auto stored = call.storage.putMetadata(call.path, **metadata); !stored) return stored.error();
    return Response{};
}

Result<Response> readKvSubkeys(KvV2Call& call)
{
    Fields fields{call.request.data};
    const auto wanted = fields.integer("version").value_or(0);
    const auto depth = fields.integer("depth").value_or(0);
    if (fields.refusal()) return *fields.refusal();
    if (depth < 0) return Response::badRequest("depth cannot be negative");
    auto found = findVersion(call, wanted);
    if (!found) return found.error();
    if (!*found) return Response{};
    const auto& [metadata, version] = **found;
    if (!version.isLiveAt(call.now)) return goneAnswer("subkeys", version, metadata);
    auto text = call.storage.value(call.path, version.number);
    if (!text) return text.error();
    json::error_code failed;
    const auto value = json::parse(*text, failed, {}, {.max_depth = mount::kJsonDepthStored});
    if (failed || !value.is_object()) return Error{ErrorCode::Corrupt, "kv value is not a JSON object"};
    return Response::ofData({{"subkeys", shapeOf(value.get_object(), depth)}, {"metadata", versionAnswer(version, metadata)}});
}

Result<Response> deleteKvVersions(KvV2Call& call)
{
    return changeVersions(call, "No version number provided", [&](KvVersion& version, const KvKeyMetadata&) -> Result<bool> {
        if (version.isDeletedAt(call.now)) return false;
        version.deletedAt = call.now;
        return true;
    });
}

Result<Response> undeleteKvVersions(KvV2Call& call)
{
    auto config = call.storage.config();
    if (!config) return config.error();
    return changeVersions(call, "No version number provided", [&](KvVersion& version, const KvKeyMetadata& metadata) -> Result<bool> {
        version.deletedAt = deletionTime(*config, metadata, call.now);
        return true;
    });
}

Result<Response> destroyKvVersions(KvV2Call& call)
{
    return changeVersions(call, "no version number provided", [&](KvVersion& version, const KvKeyMetadata&) -> Result<bool> {
        if (auto erased = call.storage.eraseValue(call.path, version.number); !erased) return erased.error();
        version.isDestroyed = true;
        return true;
    });
}

} // namespace core::engine
