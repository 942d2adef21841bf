#pragma once

#include "core/http/forwarded_for.h"
#include "core/http/proxy_header.h"
#include "core/http/redaction.h"
#include "core/http/reply_headers.h"
#include "core/http/unix_socket.h"
#include "core/mount/json_body.h"

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace core::policy::hcl {
struct Labelled;
}

namespace core::server {

class ConfigSection;

/// The keys of a listener that limit what a client can send, whom the server believes, and what it shows. Names, meaning and
/// defaults are Vault's.
struct ListenerRules {
    mount::JsonLimits json;                                            // max_json_*
    http::ForwardedForRules forwardedFor;                              // x_forwarded_for_*
    http::ProxyProtocolRules proxyProtocol;                            // proxy_protocol_*
    http::Redaction redaction;                                         // redact_*
    http::ReplyHeaders replyHeaders;                                   // custom_response_headers
    bool isRequestHeaderRequired = false;                              // require_request_header
    bool isReplicationStatusOff = false;                               // disable_replication_status_endpoints
    std::chrono::nanoseconds headerTimeout = std::chrono::seconds{10}; // http_read_header_timeout
    std::chrono::nanoseconds readTimeout = std::chrono::seconds{30};   // http_read_timeout
    std::chrono::nanoseconds writeTimeout{0};                          // http_write_timeout; zero: max_request_duration
    std::chrono::nanoseconds idleTimeout = std::chrono::minutes{5};    // http_idle_timeout
    std::string tlsCipherSuites;                                       // IANA names, commas between; for TLS 1.2 only
    bool isTls12Max = false;                                           // tls_max_version
    std::optional<http::UnixSocket> unixSocket;                        // of a listener "unix"
};

/// Reads them from a listener's stanza. A restricting key that this server does not support stops the start; other keys without effect become
/// warnings. Errors are kept in the section.
void readListenerRules(ConfigSection& stanza, const policy::hcl::Labelled& block, ListenerRules& rules);

} // namespace core::server
