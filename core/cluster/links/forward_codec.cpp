#include "core/cluster/links/forward_codec.h"

#include "core/token/token_entry.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace core::cluster {

namespace wire = replication::wire;

namespace {

/// Reads what the primary has written. So it must not be stricter than the primary was.
Result<boost::json::object> parseObject(const std::string& text)
{
    boost::json::parse_options options;
    options.max_depth = mount::kJsonDepthStored;
    options.allow_invalid_utf8 = true;
    boost::system::error_code failed;
    auto value = boost::json::parse(text, failed, {}, options);
    if (failed || !value.is_object()) return Error{ErrorCode::Corrupt, "a forwarded object is not JSON"};
    return std::move(value.get_object());
}

std::string writeAuth(const mount::Auth& auth)
{
    boost::json::object object;
    boost::json::array policies(auth.policies.begin(), auth.policies.end());
    boost::json::array cidrs(auth.boundCidrs.begin(), auth.boundCidrs.end());
    boost::json::object metadata;
    for (const auto& [name, value] : auth.metadata) metadata[name] = value;
    object["policies"] = std::move(policies);
    object["metadata"] = std::move(metadata);
    object["display_name"] = auth.displayName;
    object["ttl"] = auth.ttl.count();
    object["max_ttl"] = auth.maxTtl.count();
    object["explicit_max_ttl"] = auth.explicitMaxTtl.count();
    object["period"] = auth.period.count();
    object["num_uses"] = auth.useCount;
    object["token_type"] = auth.tokenType;
    object["bound_cidrs"] = std::move(cidrs);
    object["entity_id"] = auth.entityId;
    object["renewable"] = auth.isRenewable;
    object["orphan"] = auth.isOrphan;
    object["no_default_policy"] = auth.hasNoDefaultPolicy;
    return boost::json::serialize(object);
}

Result<mount::Auth> readAuth(const std::string& text)
{
    auto object = parseObject(text);
    if (!object) return std::move(object).error();
    const auto textOf = [&](const char* name) { return std::string{object->at(name).as_string()}; };
    const auto secondsOf = [&](const char* name) { return std::chrono::seconds{object->at(name).to_number<std::int64_t>()}; };
    mount::Auth auth;
    try {
        for (const auto& policy : object->at("policies").as_array()) auth.policies.emplace_back(policy.as_string());
        for (const auto& cidr : object->at("bound_cidrs").as_array()) auth.boundCidrs.emplace_back(cidr.as_string());
        for (const auto& [name, value] : object->at("metadata").as_object()) {
            auth.metadata.emplace(std::string{name}, std::string{value.as_string()});
        }
        auth.displayName = textOf("display_name");
        auth.ttl = secondsOf("ttl");
        auth.maxTtl = secondsOf("max_ttl");
        auth.explicitMaxTtl = secondsOf("explicit_max_ttl");
        auth.period = secondsOf("period");
        auth.useCount = object->at("num_uses").to_number<std::int64_t>();
        auth.tokenType = textOf("token_type");
        auth.entityId = textOf("entity_id");
        auth.isRenewable = object->at("renewable").as_bool();
        auth.isOrphan = object->at("orphan").as_bool();
        auth.hasNoDefaultPolicy = object->at("no_default_policy").as_bool();
    } catch (const std::exception&) {
        return Error{ErrorCode::Corrupt, "a forwarded auth object lacks something"};
    }
    return auth;
}

} // namespace

wire::ForwardRequest toWire(const mount::Request& request)
{
    wire::ForwardRequest out;
    out.set_id(request.id);
    out.set_operation(std::string{policy::toString(request.operation)});
    out.set_path(request.path);
    out.set_data(boost::json::serialize(request.data));
    out.set_body(request.body);
    out.set_remote_address(request.remoteAddress);
    out.set_remote_port(request.remotePort);
    for (const auto& header : request.headers) {
        // The token stays here: it is a secret of this cluster, and the primary could not check it.
        if (header.name == "x-vault-token" || header.name == "authorization") continue;
        auto& copy = *out.add_headers();
        copy.set_name(header.name);
        copy.set_value(header.value);
    }
    out.set_uri(request.uri);
    out.set_content_type(request.contentType);
    if (request.wrapTtl) out.set_wrap_ttl_ns(request.wrapTtl->count());
    if (request.token) {
        auto& token = *out.mutable_token();
        token.set_accessor(request.token->accessor);
        for (const auto& policy : request.token->policies) token.add_policies(policy);
        token.set_display_name(request.token->displayName);
        token.set_entity_id(request.token->entityId);
        token.set_path(request.token->path);
        token.set_is_batch(request.token->type == token::TokenType::Batch);
        for (const auto& [name, value] : request.token->metadata) {
            auto& copy = *token.add_metadata();
            copy.set_name(name);
            copy.set_value(value);
        }
    }
    return out;
}

Result<mount::Request> fromWire(const wire::ForwardRequest& in, const mount::JsonLimits& limits)
{
    mount::Request request;
    const auto operation = policy::operationFromText(in.operation());
    if (!operation) return Error{ErrorCode::Corrupt, "a forwarded request without an operation"};
    // Some engines store the body as text, while policies judge the fields. So the fields are read from the body: a secondary that lets the
    // two differ gets its body judged. Only unwrapping changes a field on the way (the token), and it stores no body.
    const bool hasBody = !in.body().empty() && !in.path().starts_with("sys/wrapping/");
    auto data = mount::parseBoundedJson(hasBody ? in.body() : in.data(), limits);
    if (!data) return std::move(data).error();
    if (!data->is_object()) return Error{ErrorCode::Corrupt, "a forwarded object is not JSON"};
    request.id = in.id();
    request.operation = *operation;
    request.path = in.path();
    request.data = std::move(data->get_object());
    if (hasBody) request.body = in.body();
    request.remoteAddress = in.remote_address();
    request.remotePort = static_cast<std::uint16_t>(in.remote_port());
    for (const auto& header : in.headers()) request.headers.push_back({header.name(), header.value()});
    request.uri = in.uri();
    request.contentType = in.content_type();
    if (in.wrap_ttl_ns() != 0) request.wrapTtl = std::chrono::nanoseconds{in.wrap_ttl_ns()};
    if (in.has_token()) {
        auto token = std::make_shared<token::TokenEntry>();
        token->accessor = in.token().accessor();
        token->policies.assign(in.token().policies().begin(), in.token().policies().end());
        token->displayName = in.token().display_name();
        token->entityId = in.token().entity_id();
        token->path = in.token().path();
        token->type = in.token().is_batch() ? token::TokenType::Batch : token::TokenType::Service;
        for (const auto& item : in.token().metadata()) token->metadata.emplace(item.name(), item.value());
        request.token = std::move(token);
    }
    return request;
}

wire::ForwardAnswer toWire(const mount::Response& response)
{
    wire::ForwardAnswer out;
    out.set_status(response.status);
    out.set_is_error(response.isError);
    out.set_has_data(response.data.has_value());
    if (response.data) out.set_data(boost::json::serialize(*response.data));
    for (const auto& [name, text] : response.dataText) {
        auto& copy = *out.add_data_text();
        copy.set_name(name);
        copy.set_value(text);
    }
    out.set_whole_data_text(response.wholeDataText);
    if (response.auth) out.set_auth(writeAuth(*response.auth));
    if (response.lease) {
        out.set_has_lease(true);
        out.set_lease_id(response.lease->id);
        out.set_lease_seconds(response.lease->duration.count());
        out.set_is_lease_renewable(response.lease->isRenewable);
    }
    for (const auto& warning : response.warnings) out.add_warnings(warning);
    for (const auto& error : response.errors) out.add_errors(error);
    if (response.wrapTtl) out.set_wrap_ttl_ns(response.wrapTtl->count());
    out.set_is_wrap_jwt(response.isWrapFormatJwt);
    out.set_is_raw(response.isRaw);
    out.set_raw_body(response.rawBody);
    out.set_raw_content_type(response.rawContentType);
    out.set_is_injected(response.isInjected);
    return out;
}

Result<mount::Response> fromWire(const wire::ForwardAnswer& in)
{
    mount::Response response;
    response.status = in.status();
    response.isError = in.is_error();
    if (in.has_data()) {
        auto data = parseObject(in.data());
        if (!data) return std::move(data).error();
        response.data = std::move(*data);
    }
    for (const auto& item : in.data_text()) response.dataText.emplace_back(item.name(), item.value());
    response.wholeDataText = in.whole_data_text();
    if (!in.auth().empty()) {
        auto auth = readAuth(in.auth());
        if (!auth) return std::move(auth).error();
        response.auth = std::move(*auth);
    }
    if (in.has_lease()) {
        response.lease = mount::SecretLease{in.lease_id(), std::chrono::seconds{in.lease_seconds()}, in.is_lease_renewable()};
    }
    response.warnings.assign(in.warnings().begin(), in.warnings().end());
    response.errors.assign(in.errors().begin(), in.errors().end());
    if (in.wrap_ttl_ns() != 0) response.wrapTtl = std::chrono::nanoseconds{in.wrap_ttl_ns()};
    response.isWrapFormatJwt = in.is_wrap_jwt();
    response.isRaw = in.is_raw();
    response.rawBody = in.raw_body();
    response.rawContentType = in.raw_content_type();
    response.isInjected = in.is_injected();
    return response;
}

} // namespace core::cluster
