#include "core/mount/codec.h"

#include "core/base/stack_wipe.h"
#include "core/mount/json_body.h"

#include <boost/json.hpp>

namespace core::mount {
namespace {

namespace json = boost::json;
using std::chrono::nanoseconds;
using std::chrono::seconds;

json::array toJson(const std::vector<std::string>& items)
{
    json::array array;
    for (const auto& item : items) array.emplace_back(item);
    return array;
}

json::object toJson(const std::map<std::string, std::string>& items)
{
    json::object object;
    for (const auto& [key, value] : items) object[key] = value;
    return object;
}

/// Reads members of a received object. A member with the wrong type makes the whole object unsound.
class JsonMembers {
public:
    explicit JsonMembers(const json::object& from) : m_from{from} {}

    std::string text(std::string_view name)
    {
        const auto* value = find(name, json::kind::string);
        return value ? std::string{value->as_string()} : std::string{};
    }
    bool flag(std::string_view name)
    {
        const auto* value = find(name, json::kind::bool_);
        return value && value->as_bool();
    }
    std::int64_t number(std::string_view name)
    {
        const auto* value = find(name, json::kind::int64);
        return value ? value->as_int64() : 0;
    }
    const json::object* object(std::string_view name)
    {
        const auto* value = find(name, json::kind::object);
        return value ? &value->as_object() : nullptr;
    }
    const json::array* array(std::string_view name)
    {
        const auto* value = find(name, json::kind::array);
        return value ? &value->as_array() : nullptr;
    }
    std::vector<std::string> list(std::string_view name)
    {
        std::vector<std::string> items;
        if (const auto* values = array(name)) {
            for (const auto& item : *values) {
                if (item.is_string()) items.emplace_back(item.as_string());
            }
        }
        return items;
    }
    std::map<std::string, std::string> map(std::string_view name)
    {
        std::map<std::string, std::string> items;
        if (const auto* values = object(name)) {
            for (const auto& [key, item] : *values) {
                if (item.is_string()) items[std::string{key}] = item.as_string();
            }
        }
        return items;
    }
    bool isSound() const { return m_isSound; }

private:
    const json::value* find(std::string_view name, json::kind kind)
    {
        const auto* value = m_from.if_contains(name);
        if (!value || value->is_null()) return nullptr;
        if (value->kind() == kind) return value;
        m_isSound = false;
        return nullptr;
    }

    const json::object& m_from;
    bool m_isSound = true;
};

Result<json::object> parseObject(std::string_view text, const char* what)
{
    boost::system::error_code failed;
    auto value = json::parse(text, failed, {}, {.max_depth = kJsonDepthStored});
    wipeStack(); // Boost.JSON decodes strings on the stack
    if (failed || !value.is_object()) return Error{ErrorCode::Corrupt, std::string{what} + " is not a JSON object"};
    return std::move(value.as_object());
}

json::object authToJson(const Auth& auth)
{
    return {{"client_token", auth.clientToken},
            {"accessor", auth.accessor},
            {"policies", toJson(auth.policies)},
            {"metadata", toJson(auth.metadata)},
            {"display_name", auth.displayName},
            {"ttl", auth.ttl.count()},
            {"max_ttl", auth.maxTtl.count()},
            {"explicit_max_ttl", auth.explicitMaxTtl.count()},
            {"period", auth.period.count()},
            {"num_uses", auth.useCount},
            {"token_type", auth.tokenType},
            {"bound_cidrs", toJson(auth.boundCidrs)},
            {"entity_id", auth.entityId},
            {"identity_policies", toJson(auth.identityPolicies)},
            {"renewable", auth.isRenewable},
            {"orphan", auth.isOrphan},
            {"no_default_policy", auth.hasNoDefaultPolicy}};
}

Auth authFromJson(JsonMembers members)
{
    Auth auth;
    auth.clientToken = members.text("client_token");
    auth.accessor = members.text("accessor");
    auth.policies = members.list("policies");
    auth.metadata = members.map("metadata");
    auth.displayName = members.text("display_name");
    auth.ttl = seconds{members.number("ttl")};
    auth.maxTtl = seconds{members.number("max_ttl")};
    auth.explicitMaxTtl = seconds{members.number("explicit_max_ttl")};
    auth.period = seconds{members.number("period")};
    auth.useCount = members.number("num_uses");
    auth.tokenType = members.text("token_type");
    auth.boundCidrs = members.list("bound_cidrs");
    auth.entityId = members.text("entity_id");
    auth.identityPolicies = members.list("identity_policies");
    auth.isRenewable = members.flag("renewable");
    auth.isOrphan = members.flag("orphan");
    auth.hasNoDefaultPolicy = members.flag("no_default_policy");
    return auth;
}

json::object wrapToJson(const WrapInfo& wrap)
{
    return {{"token", wrap.token},
            {"accessor", wrap.accessor},
            {"ttl", wrap.ttl.count()},
            {"creation_time", wrap.creationTime},
            {"creation_path", wrap.creationPath},
            {"wrapped_accessor", wrap.wrappedAccessor}};
}

WrapInfo wrapFromJson(JsonMembers members)
{
    WrapInfo wrap;
    wrap.token = members.text("token");
    wrap.accessor = members.text("accessor");
    wrap.ttl = seconds{members.number("ttl")};
    wrap.creationTime = members.text("creation_time");
    wrap.creationPath = members.text("creation_path");
    wrap.wrappedAccessor = members.text("wrapped_accessor");
    return wrap;
}

} // namespace

std::string encodeResponse(const Response& response)
{
    json::object out;
    out["status"] = response.status;
    if (response.data) out["data"] = *response.data;
    if (!response.dataText.empty()) {
        json::array texts;
        for (const auto& [name, text] : response.dataText) texts.push_back(json::array{name, text});
        out["data_text"] = std::move(texts);
    }
    if (!response.wholeDataText.empty()) out["whole_data_text"] = response.wholeDataText;
    if (response.auth) out["auth"] = authToJson(*response.auth);
    if (response.lease) {
        out["lease"] =
            json::object{{"id", response.lease->id}, {"duration", response.lease->duration.count()}, {"renewable", response.lease->isRenewable}};
    }
    if (response.wrap) out["wrap"] = wrapToJson(*response.wrap);
    if (!response.warnings.empty()) out["warnings"] = toJson(response.warnings);
    if (!response.errors.empty()) out["errors"] = toJson(response.errors);
    if (response.isError) out["is_error"] = true;
    if (response.isWrongCredential) out["wrong_credential"] = true;
    if (response.wrapTtl) out["wrap_ttl"] = response.wrapTtl->count();
    if (response.isWrapFormatJwt) out["wrap_jwt"] = true;
    if (response.isInjected) out["injected"] = true;
    return json::serialize(out);
}

Result<Response> decodeResponse(std::string_view text)
{
    auto parsed = parseObject(text, "answer");
    if (!parsed) return parsed.error();
    JsonMembers members{*parsed};
    Response response;
    response.status = static_cast<int>(members.number("status"));
    if (const auto* data = members.object("data")) response.data = *data;
    if (const auto* texts = members.array("data_text")) {
        for (const auto& pair : *texts) {
            if (!pair.is_array() || pair.as_array().size() != 2 || !pair.as_array()[0].is_string() || !pair.as_array()[1].is_string()) {
                return Error{ErrorCode::Corrupt, "answer has malformed data_text"};
            }
            response.dataText.emplace_back(pair.as_array()[0].as_string(), pair.as_array()[1].as_string());
        }
    }
    response.wholeDataText = members.text("whole_data_text");
    if (const auto* auth = members.object("auth")) response.auth = authFromJson(JsonMembers{*auth});
    if (const auto* found = members.object("lease")) {
        JsonMembers lease{*found};
        response.lease = SecretLease{lease.text("id"), seconds{lease.number("duration")}, lease.flag("renewable")};
    }
    if (const auto* wrap = members.object("wrap")) response.wrap = wrapFromJson(JsonMembers{*wrap});
    response.warnings = members.list("warnings");
    response.errors = members.list("errors");
    response.isError = members.flag("is_error");
    response.isWrongCredential = members.flag("wrong_credential");
    if (const auto* ttl = parsed->if_contains("wrap_ttl"); ttl && ttl->is_int64()) response.wrapTtl = nanoseconds{ttl->as_int64()};
    response.isWrapFormatJwt = members.flag("wrap_jwt");
    response.isInjected = members.flag("injected");
    if (!members.isSound()) return Error{ErrorCode::Corrupt, "answer has members of other types"};
    return response;
}

std::string encodeRequest(const Request& request)
{
    json::object out;
    out["id"] = request.id;
    out["operation"] = policy::toString(request.operation);
    out["path"] = request.path;
    out["data"] = request.data;
    if (!request.body.empty()) out["body"] = request.body;
    if (request.wrapTtl) out["wrap_ttl"] = request.wrapTtl->count();
    if (request.isWrapFormatJwt) out["wrap_jwt"] = true;
    out["remote_address"] = request.remoteAddress;
    out["remote_port"] = request.remotePort;
    json::array headers;
    for (const auto& header : request.headers) headers.push_back(json::array{header.name, header.value});
    out["headers"] = std::move(headers);
    out["uri"] = request.uri;
    out["content_type"] = request.contentType;
    return json::serialize(out);
}

Result<Request> decodeRequest(std::string_view text)
{
    auto parsed = parseObject(text, "request");
    if (!parsed) return parsed.error();
    JsonMembers members{*parsed};
    Request request;
    request.id = members.text("id");
    const auto operation = policy::operationFromText(members.text("operation"));
    if (!operation) return Error{ErrorCode::Corrupt, "request of an unknown operation"};
    request.operation = *operation;
    request.path = members.text("path");
    if (const auto* data = members.object("data")) request.data = *data;
    request.body = members.text("body");
    request.bodyBytes = text.size();
    if (const auto* ttl = parsed->if_contains("wrap_ttl"); ttl && ttl->is_int64()) request.wrapTtl = nanoseconds{ttl->as_int64()};
    request.isWrapFormatJwt = members.flag("wrap_jwt");
    request.remoteAddress = members.text("remote_address");
    request.remotePort = static_cast<std::uint16_t>(members.number("remote_port"));
    if (const auto* headers = members.array("headers")) {
        for (const auto& pair : *headers) {
            if (!pair.is_array() || pair.as_array().size() != 2 || !pair.as_array()[0].is_string() || !pair.as_array()[1].is_string()) {
                return Error{ErrorCode::Corrupt, "request has malformed headers"};
            }
            request.headers.push_back({std::string{pair.as_array()[0].as_string()}, std::string{pair.as_array()[1].as_string()}});
        }
    }
    request.uri = members.text("uri");
    request.contentType = members.text("content_type");
    if (!members.isSound()) return Error{ErrorCode::Corrupt, "request has members of other types"};
    return request;
}

} // namespace core::mount
