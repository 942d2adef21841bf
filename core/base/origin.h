#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace core {

/// The part of a URL that names a server: scheme, host and port (RFC 6454).
struct Origin {
    std::string scheme; // http or https
    std::string host;   // IPv6 without brackets
    std::uint16_t port = 0;

    /// "https://host:8200", IPv6 in brackets, the port always.
    std::string text() const;
    /// "host:8200"
    std::string hostAndPort() const;
    /// The host is this machine by name or address: localhost, 127.0.0.0/8, ::1.
    bool isLoopback() const;
};

/// Reads "http://host:port" or the same with https. Without a port it is 80 or 443; one '/' may follow. Anything else is refused:
/// user information, a path, a query, a fragment, blanks, control characters. Errors: InvalidArgument; the detail holds at most
/// 200 characters of `text`, without those that a terminal or a log would interpret.
Result<Origin> parseOrigin(std::string_view text);

/// Address of a cluster port: an origin, or "host:port" alone. It speaks TLS whatever the scheme says. Errors: InvalidArgument (also
/// where the port is missing).
Result<Origin> parseClusterAddress(std::string_view text);

/// `text` cut to `charactersMax` bytes, with '?' for each byte that is no printable ASCII character.
std::string printable(std::string_view text, std::size_t charactersMax);

} // namespace core
