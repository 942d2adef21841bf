#include "core/http/message.h"
#include "core/mount/plain_json.h"

#include <boost/json/serialize.hpp>

#include <algorithm>

namespace core::http {
namespace {

namespace json = boost::json;
using policy::Operation;

void appendText(std::string& out, std::string_view text)
{
    out.append(json::serialize(json::string_view{text.data(), text.size()}));
}

void appendMember(std::string& out, std::string_view name)
{
    appendText(out, name);
    out.push_back(':');
}

json::array textArray(const std::vector<std::string>& texts)
{
    json::array out;
    for (const auto& text : texts) out.emplace_back(text);
    return out;
}

std::string withoutBraces(const std::string& object)
{
    return object.substr(1, object.size() - 2);
}

/// The `data` member as text: parsed members, spliced members, or the caller's own text; "null" if there is none.
std::string dataText(const mount::Response& response)
{
    if (!response.wholeDataText.empty()) return response.wholeDataText;
    if (!response.data && response.dataText.empty()) return "null";
    if (response.dataText.empty()) return mount::serializePlain(*response.data);
    std::string out{"{"};
    for (const auto& [name, text] : response.dataText) {
        if (out.size() > 1) out.push_back(',');
        appendMember(out, name);
        out.append(text);
    }
    if (response.data && !response.data->empty()) out.append(",").append(withoutBraces(mount::serializePlain(*response.data)));
    out.push_back('}');
    return out;
}

json::value authValue(const mount::Response& response)
{
    if (!response.auth) return nullptr;
    const auto& auth = *response.auth;
    json::object metadata;
    for (const auto& [key, value] : auth.metadata) metadata[key] = value;
    json::object value{{"client_token", auth.clientToken},
                       {"accessor", auth.accessor},
                       {"policies", textArray(mount::allPolicies(auth.policies, auth.identityPolicies))},
                       {"token_policies", textArray(auth.policies)},
                       {"metadata", auth.metadata.empty() ? json::value(nullptr) : json::value(std::move(metadata))},
                       {"lease_duration", auth.ttl.count()},
                       {"renewable", auth.isRenewable},
                       {"entity_id", auth.entityId},
                       {"token_type", auth.tokenType},
                       {"orphan", auth.isOrphan},
                       {"mfa_requirement", nullptr},
                       {"num_uses", auth.useCount}};
    if (!auth.identityPolicies.empty()) value["identity_policies"] = textArray(auth.identityPolicies);
    return value;
}

json::value wrapValue(const mount::Response& response)
{
    if (!response.wrap) return nullptr;
    const auto& wrap = *response.wrap;
    json::object value{{"token", wrap.token},
                       {"accessor", wrap.accessor},
                       {"ttl", wrap.ttl.count()},
                       {"creation_time", wrap.creationTime},
                       {"creation_path", wrap.creationPath}};
    if (!wrap.wrappedAccessor.empty()) value["wrapped_accessor"] = wrap.wrappedAccessor;
    return value;
}

json::value warningsValue(const mount::Response& response)
{
    if (response.warnings.empty()) return nullptr;
    return textArray(response.warnings);
}

std::string envelope(const mount::Request& request, const mount::Response& response)
{
    std::string out;
    out.reserve(512 + response.wholeDataText.size());
    out.append("{\"request_id\":");
    appendText(out, response.wrap ? std::string_view{} : std::string_view{request.id});
    out.append(",\"lease_id\":");
    appendText(out, response.lease ? std::string_view{response.lease->id} : std::string_view{});
    out.append(",\"renewable\":").append(response.lease && response.lease->isRenewable ? "true" : "false");
    out.append(",\"lease_duration\":").append(std::to_string(response.lease ? response.lease->duration.count() : 0));
    out.append(",\"data\":").append(response.wrap ? "null" : dataText(response));
    out.append(",\"wrap_info\":").append(json::serialize(wrapValue(response)));
    out.append(",\"warnings\":").append(json::serialize(warningsValue(response)));
    out.append(",\"auth\":").append(response.wrap ? "null" : json::serialize(authValue(response)));
    if (response.isInjected && response.data && !response.data->empty() && !response.wrap) {
        json::object injected;
        for (const auto& [key, value] : *response.data) {
            const std::string_view name{key.data(), key.size()};
            constexpr std::string_view taken[] = {"request_id", "lease_id", "renewable", "lease_duration", "data", "wrap_info", "warnings", "auth"};
            if (std::find(std::begin(taken), std::end(taken), name) == std::end(taken)) injected[key] = value;
        }
        if (!injected.empty()) out.append(",").append(withoutBraces(mount::serializePlain(injected)));
    }
    out.append("}\n");
    return out;
}

Reply errorBody(int status, const mount::Response& response)
{
    json::object body{{"errors", textArray(response.errors)}};
    if (response.data) body["data"] = *response.data;
    if (!response.warnings.empty()) body["warnings"] = textArray(response.warnings);
    Reply reply;
    reply.status = status;
    reply.body = mount::serializePlain(body) + "\n";
    return reply;
}

} // namespace

std::string envelopeOf(const mount::Request& request, const mount::Response& response)
{
    auto text = envelope(request, response);
    text.pop_back();
    return text;
}

Reply errorReply(int status, std::initializer_list<std::string_view> errors)
{
    mount::Response response;
    for (const auto error : errors) response.errors.emplace_back(error);
    return errorBody(status, response);
}

namespace {

Reply encodeBody(const mount::Request& request, mount::Response& response)
{
    Reply reply;
    if (response.isRaw) {
        reply.status = response.status == 0 ? 200 : response.status;
        reply.body = std::move(response.rawBody);
        reply.file = std::move(response.rawFile);
        reply.stream = std::move(response.rawStream);
        reply.contentType = std::move(response.rawContentType);
        return reply;
    }
    if (response.isError) return errorBody(response.status == 0 ? 400 : response.status, response);
    reply.status = response.status;
    if (reply.status == 0) {
        const bool isRead = request.operation == Operation::Read || request.operation == Operation::List || request.operation == Operation::Help;
        if (response.hasContent() || !response.warnings.empty()) {
            reply.status = 200;
        } else if (isRead) {
            return errorBody(404, response);
        } else {
            reply.status = 204;
        }
    }
    if (reply.status != 204) {
        reply.body = response.hasContent() || !response.warnings.empty() || reply.status != 202 ? envelope(request, response) : std::string{};
    }
    return reply;
}

} // namespace

Reply encode(const mount::Request& request, mount::Response&& response)
{
    Reply reply = encodeBody(request, response);
    for (auto& [name, value] : response.headers) reply.headers.push_back({std::move(name), std::move(value)});
    return reply;
}

} // namespace core::http
