#include "core/server/config/listener_rules.h"

#include "core/base/cidr.h"
#include "core/server/config/config_section.h"

#include <boost/beast/core/string.hpp>

#include <algorithm>
#include <limits>

namespace core::server {
namespace {

using namespace policy;

constexpr std::string_view kReservedPrefix = "X-Vault-";

/// A list of addresses and networks, or one text with commas.
void readNetworks(ConfigSection& stanza, std::string_view key, std::vector<std::string>& out)
{
    std::optional<std::vector<std::string>> given;
    stanza.read(key, given);
    if (!given) return;
    out.clear();
    for (const auto& item : *given) {
        std::string_view rest = item;
        while (!rest.empty()) {
            const auto end = rest.find(',');
            auto text = rest.substr(0, end);
            rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
            while (text.starts_with(' ')) text.remove_prefix(1);
            while (text.ends_with(' ')) text.remove_suffix(1);
            if (text.empty()) continue;
            auto network = normalizedCidr(text);
            if (!network) return stanza.fail(key, network.error().detail);
            out.push_back(std::move(*network));
        }
    }
}

/// Zero means the default, as in Vault.
void readLimit(ConfigSection& stanza, std::string_view key, std::size_t& out)
{
    std::uint64_t given = 0;
    stanza.readInteger(key, given, 0, std::uint64_t{1} << 40);
    if (given != 0) out = static_cast<std::size_t>(given);
}

void readTimeout(ConfigSection& stanza, std::string_view key, std::chrono::nanoseconds& out)
{
    std::chrono::nanoseconds given{0};
    stanza.read(key, given);
    if (given.count() != 0) out = given;
}

void readJsonLimits(ConfigSection& stanza, mount::JsonLimits& limits)
{
    readLimit(stanza, "max_json_depth", limits.depthMax);
    readLimit(stanza, "max_json_string_value_length", limits.stringBytesMax);
    readLimit(stanza, "max_json_object_entry_count", limits.objectEntryCountMax);
    readLimit(stanza, "max_json_array_element_count", limits.arrayElementCountMax);
    readLimit(stanza, "max_json_token", limits.tokenCountMax);
    if (limits.depthMax > mount::kJsonDepthLimit) {
        stanza.fail("max_json_depth", "must be at most " + std::to_string(mount::kJsonDepthLimit) + ", not " + std::to_string(limits.depthMax));
    }
}

void readForwardedFor(ConfigSection& stanza, http::ForwardedForRules& rules)
{
    readNetworks(stanza, "x_forwarded_for_authorized_addrs", rules.authorizedNetworks);
    std::uint64_t hopSkips = 0;
    stanza.readInteger("x_forwarded_for_hop_skips", hopSkips, 0, 1000);
    rules.hopSkips = static_cast<std::size_t>(hopSkips);
    stanza.read("x_forwarded_for_reject_not_authorized", rules.rejectsNotAuthorized);
    stanza.read("x_forwarded_for_reject_not_present", rules.rejectsNotPresent);
}

void readProxyProtocol(ConfigSection& stanza, http::ProxyProtocolRules& rules)
{
    using Behavior = http::ProxyProtocolRules::Behavior;
    stanza.readWith(
        "proxy_protocol_behavior",
        [](std::string_view text) -> Result<Behavior> {
            if (text.empty()) return Behavior::Off;
            if (text == "use_always") return Behavior::UseAlways;
            if (text == "allow_authorized") return Behavior::AllowAuthorized;
            if (text == "deny_unauthorized") return Behavior::DenyUnauthorized;
            return Error{ErrorCode::InvalidArgument, "must be use_always, allow_authorized or deny_unauthorized, not \"" + std::string{text} + '"'};
        },
        rules.behavior);
    readNetworks(stanza, "proxy_protocol_authorized_addrs", rules.authorizedNetworks);
    const bool needsNetworks = rules.behavior == Behavior::AllowAuthorized || rules.behavior == Behavior::DenyUnauthorized;
    if (needsNetworks && rules.authorizedNetworks.empty()) stanza.fail("proxy_protocol_behavior", "needs proxy_protocol_authorized_addrs");
}

void readReplyHeaders(ConfigSection& stanza, http::ReplyHeaders& headers)
{
    for (const auto& block : stanza.labelled("custom_response_headers")) {
        for (const auto& entry : *block.body) {
            std::vector<std::string> values;
            if (const auto* text = entry.value.string()) values.push_back(*text);
            const auto* list = entry.value.list();
            if (!list && values.empty()) return stanza.failAt(entry.value.position, "custom_response_headers: a header's value is a list of strings");
            for (const auto& item : list ? *list : hcl::List{}) {
                if (!item.string()) return stanza.failAt(item.position, "custom_response_headers: a header's value is a list of strings");
                values.push_back(*item.string());
            }
            // As in Vault, these two are ignored, because they restrict nothing.
            const bool isReserved = boost::beast::iequals(std::string_view{entry.key}.substr(0, kReservedPrefix.size()), kReservedPrefix);
            if (isReserved || std::ranges::all_of(values, [](const std::string& value) { return value.empty(); })) {
                stanza.warnAt(entry.position, "custom_response_headers: " + entry.key.substr(0, 60) +
                                                  (isReserved ? " is not sent: names that begin with X-Vault- are the server's own"
                                                              : " is not sent: it has no value"));
                continue;
            }
            if (auto added = headers.add(block.label, entry.key, values); !added) {
                return stanza.failAt(entry.position, "custom_response_headers: " + added.error().detail);
            }
        }
    }
}

/// Keys of Vault that would keep clients out, and that this server does not support. Starting without them would let these clients in.
void refuseUnbuilt(ConfigSection& stanza)
{
    std::string text;
    stanza.read("chroot_namespace", text);
    if (!text.empty())
        stanza.fail("chroot_namespace",
                    "confines the listener to a namespace, and this server has no namespaces; remove the key, or use another listener");
    std::string role;
    stanza.read("role", role);
    if (!role.empty() && role != "default") {
        stanza.fail("role", "only \"default\" is served, and \"" + role.substr(0, 60) + "\" would narrow what the listener answers; remove the key");
    }
    for (const auto* key : {"disable_unauthed_rekey_endpoints", "disable_unauthed_generate_root_endpoints"}) {
        bool isOn = false;
        stanza.read(key, isOn);
        if (isOn)
            stanza.fail(key, "is not built; set enable_unauthenticated_access at the top of the file, which closes these endpoints on all listeners");
    }
}

} // namespace

void readListenerRules(ConfigSection& stanza, const hcl::Labelled& block, ListenerRules& rules)
{
    readJsonLimits(stanza, rules.json);
    readForwardedFor(stanza, rules.forwardedFor);
    readProxyProtocol(stanza, rules.proxyProtocol);
    readReplyHeaders(stanza, rules.replyHeaders);
    stanza.read("redact_addresses", rules.redaction.addresses);
    stanza.read("redact_cluster_name", rules.redaction.clusterName);
    stanza.read("redact_version", rules.redaction.version);
    stanza.read("require_request_header", rules.isRequestHeaderRequired);
    stanza.read("disable_replication_status_endpoints", rules.isReplicationStatusOff);
    readTimeout(stanza, "http_read_header_timeout", rules.headerTimeout);
    readTimeout(stanza, "http_read_timeout", rules.readTimeout);
    readTimeout(stanza, "http_write_timeout", rules.writeTimeout);
    readTimeout(stanza, "http_idle_timeout", rules.idleTimeout);
    stanza.read("tls_cipher_suites", rules.tlsCipherSuites);
    std::string versionMax;
    stanza.read("tls_max_version", versionMax);
    if (!versionMax.empty() && versionMax != "tls12" && versionMax != "tls13") {
        stanza.fail("tls_max_version", "must be tls12 or tls13, not \"" + versionMax.substr(0, 60) + '"');
    }
    rules.isTls12Max = versionMax == "tls12";
    if (block.label == "unix") {
        rules.unixSocket.emplace();
        stanza.read("address", rules.unixSocket->path);
        stanza.readWith(
            "socket_mode", [](std::string_view text) -> Result<std::string> { return std::string{text}; }, rules.unixSocket->mode);
        stanza.readWith(
            "socket_user", [](std::string_view text) -> Result<std::string> { return std::string{text}; }, rules.unixSocket->user);
        stanza.readWith(
            "socket_group", [](std::string_view text) -> Result<std::string> { return std::string{text}; }, rules.unixSocket->group);
        if (rules.unixSocket->path.empty()) stanza.failAt(block.position, "listener: address is missing: the path of the socket");
    }
    refuseUnbuilt(stanza);
    stanza.acceptWithoutEffect({"x_forwarded_for_client_cert_header", "x_forwarded_for_client_cert_header_decoders",
                                "tls_prefer_server_cipher_suites", "agent_api", "proxy_api", "purpose", "disable_request_limiter", "cors_enabled",
                                "cors_allowed_origins", "cors_allowed_headers"});
}

} // namespace core::server
