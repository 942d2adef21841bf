#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core::http {

/// The beginning of a connection with the PROXY protocol, versions 1 and 2 (HAProxy's proxy-protocol.txt).
struct ProxyHeader {
    enum class Kind {
        Incomplete, // more bytes are needed to decide
        Absent,     // the connection begins with something else
        Malformed,
        Present
    };
    struct Source {
        std::string address; // IPv4 or IPv6, in normal form
        std::uint16_t port = 0;
    };

    Kind kind = Kind::Incomplete;
    std::size_t byteCount = 0;    // of the header, if it is present
    std::optional<Source> source; // empty: the proxy speaks for itself (LOCAL, UNKNOWN), so the peer's own address counts
};

/// The longest accepted header: the specification's addresses, and space for extensions of version 2.
inline constexpr std::size_t kProxyHeaderBytesMax = 2048;

ProxyHeader parseProxyHeader(std::string_view bytes);

/// A listener's keys proxy_protocol_*, with Vault's meaning.
struct ProxyProtocolRules {
    enum class Behavior { Off, UseAlways, AllowAuthorized, DenyUnauthorized };

    Behavior behavior = Behavior::Off;
    std::vector<std::string> authorizedNetworks; // for the last two

    /// True if a connection from this peer is served at all.
    bool isServed(std::string_view peerAddress) const;
    /// True if the address in its header is trusted. Otherwise the header is read and ignored.
    bool isBelieved(std::string_view peerAddress) const;
};

} // namespace core::http
