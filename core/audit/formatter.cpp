#include "core/audit/formatter.h"

#include "core/audit/request_uri.h"
#include "core/audit/weight.h"
#include "core/base/encoding.h"
#include "core/base/stack_wipe.h"
#include "core/crypto/jwt.h"
#include "core/mount/json_body.h"
#include "core/mount/mount_storage.h"

#include <boost/json.hpp>

#include <algorithm>
#include <array>

namespace core::audit {
namespace {

namespace json = boost::json;

std::string_view view(const json::string& text)
{
    return {text.data(), text.size()};
}

json::array texts(std::span<const std::string> items)
{
    json::array array;
    for (const auto& item : items) array.emplace_back(item);
    return array;
}

/// Empty, false and zero members are left out.
void add(json::object& into, std::string_view name, std::string_view text)
{
    if (!text.empty()) into[name] = text;
}
void add(json::object& into, std::string_view name, std::int64_t number)
{
    if (number != 0) into[name] = number;
}
void add(json::object& into, std::string_view name, json::array array)
{
    if (!array.empty()) into[name] = std::move(array);
}
void add(json::object& into, std::string_view name, json::object object)
{
    if (!object.empty()) into[name] = std::move(object);
}

json::object toObject(const std::map<std::string, std::string>& map)
{
    json::object object;
    for (const auto& [key, value] : map) object[key] = value;
    return object;
}

bool contains(const std::vector<std::string>& list, std::string_view key)
{
    return std::find(list.begin(), list.end(), key) != list.end();
}

/// Headers that prove who the caller is. They are hashed even if they are configured to be in clear. Names are in lower case.
bool carriesSecret(std::string_view header)
{
    static constexpr std::array<std::string_view, 4> kSecret{"x-vault-token", "authorization", "proxy-authorization", "cookie"};
    return std::ranges::find(kSecret, header) != kSecret.end();
}

/// The token inside a wrapping JWT, so that its hash is the same as that of the token itself.
std::string jwtId(const std::string& token)
{
    if (!crypto::looksLikeJwt(token)) return token;
    const auto claims = crypto::unverifiedClaims(token);
    if (!claims) return token;
    boost::system::error_code failed;
    const auto value = json::parse(*claims, failed);
    if (failed || !value.is_object()) return token;
    const auto* id = value.as_object().if_contains("jti");
    return id && id->is_string() ? std::string{view(id->as_string())} : token;
}

/// All data of an answer. Text that is spliced into the envelope is parsed.
json::object dataOf(const mount::Response& response)
{
    json::object data;
    const auto parse = [](std::string_view text) {
        boost::system::error_code failed;
        auto value = json::parse(text, failed, {}, {.max_depth = mount::kJsonDepthStored});
        wipeStack();                               // Boost.JSON decodes strings on the stack
        return failed ? json::value(text) : value; // as text it is hashed as a whole
    };
    if (!response.wholeDataText.empty()) {
        auto value = parse(response.wholeDataText);
        if (value.is_object()) {
            data = std::move(value.as_object());
        } else {
            data["data"] = std::move(value);
        }
    }
    if (response.data) {
        for (const auto& [key, value] : *response.data) data[key] = value;
    }
    for (const auto& [name, text] : response.dataText) data[name] = parse(text);
    return data;
}

} // namespace

std::string hashed(const crypto::HmacKey& salt, std::string_view text)
{
    return "hmac-sha256:" + toHex(crypto::viewOf(salt.mac(text)));
}

/// One entry being written.
class Formatter::Entry {
public:
    Entry(const Formatter& formatter, const Record& record) : m_formatter{formatter}, m_record{record} {}

    json::object authOfToken() const
    {
        json::object auth;
        const auto& request = m_record.request;
        add(auth, "client_token", secret(request.clientToken));
        if (!request.token) {
            addPolicyResults(auth);
            return auth;
        }
        const auto& token = *request.token;
        add(auth, "accessor", accessor(token.accessor));
        add(auth, "display_name", token.displayName);
        static const std::vector<std::string> kNone;
        const auto& added = request.identityPolicies ? *request.identityPolicies : kNone;
        add(auth, "policies", texts(mount::allPolicies(token.policies, added)));
        add(auth, "token_policies", texts(token.policies));
        add(auth, "identity_policies", texts(added));
        addPolicyResults(auth);
        add(auth, "metadata", toObject(token.metadata));
        add(auth, "remaining_uses", std::max<std::int64_t>(token.usesLeft, 0));
        add(auth, "entity_id", token.entityId);
        auth["token_type"] = token.type == token::TokenType::Batch ? "batch" : "service";
        add(auth, "token_ttl", token.creationTtl.count());
        auth["token_issue_time"] = toRfc3339(token.issuedAt);
        return auth;
    }

    json::object request(const std::map<std::string, bool>& headers) const
    {
        const auto& from = m_record.request;
        json::object out;
        add(out, "id", from.id);
        if (from.token) add(out, "client_id", from.token->entityId);
        out["operation"] = policy::toString(m_record.operation);
        addMount(out);
        add(out, "client_token", secret(from.clientToken));
        if (from.token) add(out, "client_token_accessor", accessor(from.token->accessor));
        out["namespace"] = json::object{{"id", "root"}};
        add(out, "path", from.path);
        add(out, "request_uri",
            m_formatter.m_options.isRaw ? from.uri : withHashedQuery(from.uri, [this](std::string_view text) { return m_formatter.hash(text); }));
        static const std::vector<std::string> kNone;
        if (m_record.isDataOmitted && isLong(from)) out["data_omitted_bytes"] = dataBytes(from);
        else add(out, "data", data(from.data, m_record.route ? m_record.route->entry.auditNonHmacRequestKeys : kNone));
        add(out, "remote_address", from.remoteAddress);
        add(out, "remote_port", std::int64_t{from.remotePort});
        if (from.wrapTtl) add(out, "wrap_ttl", std::chrono::floor<std::chrono::seconds>(*from.wrapTtl).count());
        json::object logged;
        for (const auto& header : from.headers) {
            const auto at = headers.find(header.name);
            if (at == headers.end()) continue;
            auto& values = logged[header.name];
            if (!values.is_array()) values = json::array{};
            values.as_array().emplace_back(at->second || carriesSecret(header.name) ? secret(header.value) : header.value);
        }
        add(out, "headers", std::move(logged));
        add(out, "replication_cluster", from.replicationCluster);
        return out;
    }

    /// A refusal, and a 500 that quotes something, can quote values of the request ("invalid duration \"...\""), so its text is data and hashed like
    /// data.
    json::object refusal() const
    {
        json::object out;
        addMount(out);
        out["data"] = json::object{{"error", secret(std::string{m_record.error})}};
        return out;
    }

    json::object response() const
    {
        const auto& from = *m_record.response;
        json::object out;
        addMount(out);
        if (from.auth) add(out, "auth", issuedAuth(*from.auth));
        if (from.lease) add(out, "secret", json::object{{"lease_id", from.lease->id}});
        if (!from.wrap) addData(out, dataOf(from));
        if (from.wrap) add(out, "wrap_info", wrap(*from.wrap));
        add(out, "warnings", texts(from.warnings));
        return out;
    }

private:
    std::string secret(const std::string& text) const { return text.empty() || m_formatter.m_options.isRaw ? text : m_formatter.hash(text); }
    std::string accessor(const std::string& text) const { return m_formatter.m_options.isAccessorHashed ? secret(text) : text; }

    void addPolicyResults(json::object& auth) const
    {
        if (!m_record.isPolicyChecked) return;
        json::object results{{"allowed", m_record.isAllowed}};
        json::array granting;
        for (const auto& name : m_record.grantingPolicies) {
            granting.push_back(json::object{{"name", name}, {"namespace_id", "root"}, {"type", "acl"}});
        }
        add(results, "granting_policies", std::move(granting));
        auth["policy_results"] = std::move(results);
    }

    /// For a query, which is in the URI, if there is no body.
    static std::size_t dataBytes(const mount::Request& request) { return request.bodyBytes > 0 ? request.bodyBytes : request.uri.size(); }

    void addMount(json::object& out) const
    {
        if (!m_record.route) return;
        const auto& entry = m_record.route->entry;
        add(out, "mount_point", entry.path);
        add(out, "mount_type", entry.type);
        add(out, "mount_accessor", entry.accessor);
        out["mount_class"] = m_record.route->kind == mount::TableKind::Auth ? "auth" : "secret";
    }

    /// A text stays in clear if the key nearest to it is in the list, at any depth. A listed key does not apply to maps below it.
    void hashValue(json::value& value, bool isClear, const std::vector<std::string>& clearKeys) const
    {
        if (value.is_string()) {
            if (!isClear) value = m_formatter.hash(view(value.as_string()));
        } else if (value.is_array()) {
            for (auto& item : value.as_array()) hashValue(item, isClear, clearKeys);
        } else if (value.is_object()) {
            for (auto& [key, item] : value.as_object()) hashValue(item, contains(clearKeys, key), clearKeys);
        }
    }

    json::object data(json::object data, const std::vector<std::string>& clearKeys) const
    {
        if (m_formatter.m_options.isRaw) return data;
        for (auto& [key, value] : data) hashValue(value, contains(clearKeys, key), clearKeys);
        return data;
    }

    void addData(json::object& out, json::object from) const
    {
        const auto& options = m_formatter.m_options;
        if (options.areListsElided && m_record.operation == policy::Operation::List) {
            for (const std::string_view name : {"keys", "key_info"}) {
                auto* value = from.if_contains(name);
                if (!value) continue;
                if (value->is_array()) *value = value->as_array().size();
                if (value->is_object()) *value = value->as_object().size();
            }
        }
        static const std::vector<std::string> kNone;
        static const std::vector<std::string> kAccessorList{"keys"};
        const bool isAccessorList = m_record.request.path == "auth/token/accessors/" && !options.isAccessorHashed;
        const auto& clear = m_record.route ? m_record.route->entry.auditNonHmacResponseKeys : kNone;
        add(out, "data", data(std::move(from), isAccessorList ? kAccessorList : clear));
    }

    json::object issuedAuth(const mount::Auth& from) const
    {
        json::object auth;
        add(auth, "client_token", secret(from.clientToken));
        add(auth, "accessor", accessor(from.accessor));
        add(auth, "display_name", from.displayName);
        add(auth, "policies", texts(mount::allPolicies(from.policies, from.identityPolicies)));
        add(auth, "token_policies", texts(from.policies));
        add(auth, "identity_policies", texts(from.identityPolicies));
        add(auth, "metadata", toObject(from.metadata));
        add(auth, "num_uses", from.useCount);
        add(auth, "entity_id", from.entityId);
        if (from.isEntityNew) auth["entity_created"] = true;
        add(auth, "token_type", from.tokenType);
        add(auth, "token_ttl", from.ttl.count());
        return auth;
    }

    json::object wrap(const mount::WrapInfo& from) const
    {
        json::object wrap;
        add(wrap, "ttl", from.ttl.count());
        add(wrap, "token", secret(jwtId(from.token)));
        add(wrap, "accessor", accessor(from.accessor));
        add(wrap, "creation_time", from.creationTime);
        add(wrap, "creation_path", from.creationPath);
        add(wrap, "wrapped_accessor", accessor(from.wrappedAccessor));
        return wrap;
    }

    const Formatter& m_formatter;
    const Record& m_record;
};

std::string Formatter::line(const Record& record, WallTime now, const std::map<std::string, bool>& headers) const
{
    const Entry entry{*this, record};
    json::object out;
    out["time"] = toRfc3339(now);
    out["type"] = record.response ? "response" : "request";
    out["auth"] = entry.authOfToken();
    out["request"] = entry.request(headers);
    const bool isRefusal = record.response && record.response->isError &&
                           (record.response->status == 400 || (record.response->status == 500 && record.error.find('"') != std::string_view::npos));
    if (isRefusal) out["response"] = entry.refusal();
    else if (record.response && !record.response->isError) add(out, "response", entry.response());
    if (!isRefusal) add(out, "error", record.error);
    return m_options.prefix + json::serialize(out) + "\n";
}

} // namespace core::audit
