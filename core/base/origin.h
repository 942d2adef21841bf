#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace core {

/// A host and a port.
struct HostAndPort {
    std::string host; // IPv6 without brackets
    std::uint16_t port = 0;

    /// "host:8200", IPv6 in brackets.
    std::string text() const;
};

/// Reads "host:port", "[::1]:port", or a host alone, which gets `portDefault`. Nothing else is accepted: no scheme, no path, no blanks. Port 0 is
/// accepted, because a listener with it takes any free port. Errors: InvalidArgument, with a detail as below.
Result<HostAndPort> parseHostAndPort(std::string_view text, std::uint16_t portDefault);

/// The part of a URL that names a server: scheme, host and port (RFC 6454).
struct Origin {
    std::string scheme; // http or https
    std::string host;   // IPv6 without brackets
    std::uint16_t port = 0;

    /// "https://host:8200", IPv6 in brackets, the port always.
    std::string text() const;
    /// "host:8200"
    std::string hostAndPort() const;
    /// True if the host is this machine: localhost, 127.0.0.0/8, ::1.
    bool isLoopback() const;
};

/// Reads "http://host:port" or the same with https. Without a port it is 80 or 443. One '/' can follow. Everything else is refused: user information,
/// a path, a query, a fragment, blanks, control characters. Errors: InvalidArgument. The detail has at most 200 characters of `text`, and none that a
/// terminal or a log would interpret.
Result<Origin> parseOrigin(std::string_view text);

/// The origin of a URL, which can have a path, a query and a fragment as well. Errors: as parseOrigin().
Result<Origin> originOfUrl(std::string_view url);

/// The address of a cluster port: an origin, or only "host:port". The cluster port always speaks TLS, so the scheme does not matter. Errors:
/// InvalidArgument (also if the port is missing).
Result<Origin> parseClusterAddress(std::string_view text);

/// `text` cut to `charactersMax` bytes, with '?' for each byte that is no printable ASCII character.
std::string printable(std::string_view text, std::size_t charactersMax);

} // namespace core
