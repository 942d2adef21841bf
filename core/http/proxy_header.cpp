#include "core/http/proxy_header.h"

#include "core/base/cidr.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace core::http {
namespace {

using Kind = ProxyHeader::Kind;
using Source = ProxyHeader::Source;

constexpr std::string_view kSignature1 = "PROXY ";
constexpr std::string_view kSignature2{"\r\n\r\n\0\r\nQUIT\n", 12};
constexpr std::size_t kLineBytesMax = 107; // with its line break

ProxyHeader malformed()
{
    return {.kind = Kind::Malformed, .byteCount = 0, .source = std::nullopt};
}

std::optional<std::uint16_t> portOf(std::string_view text)
{
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return port;
}

std::optional<std::string> textOf(int family, const void* bytes)
{
    std::array<char, INET6_ADDRSTRLEN> out{};
    if (!::inet_ntop(family, bytes, out.data(), out.size())) return std::nullopt;
    return std::string{out.data()};
}

std::optional<std::string> normalized(int family, std::string_view text)
{
    std::array<unsigned char, 16> bytes{};
    if (::inet_pton(family, std::string{text}.c_str(), bytes.data()) != 1) return std::nullopt;
    return textOf(family, bytes.data());
}

/// "PROXY TCP4 192.0.2.1 192.0.2.2 4711 8200\r\n"
ProxyHeader parseVersion1(std::string_view bytes)
{
    const auto end = bytes.substr(0, kLineBytesMax).find("\r\n");
    if (end == std::string_view::npos) return bytes.size() < kLineBytesMax ? ProxyHeader{} : malformed();
    ProxyHeader header{.kind = Kind::Present, .byteCount = end + 2, .source = std::nullopt};
    std::string_view line = bytes.substr(kSignature1.size(), end - kSignature1.size());
    std::vector<std::string_view> words;
    while (true) {
        const auto space = line.find(' ');
        words.push_back(line.substr(0, space));
        if (space == std::string_view::npos) break;
        line.remove_prefix(space + 1);
    }
    if (words.front() == "UNKNOWN") return header; // the rest of the line is ignored
    const bool isVersion4 = words.front() == "TCP4";
    if ((!isVersion4 && words.front() != "TCP6") || words.size() != 5) return malformed();
    const int family = isVersion4 ? AF_INET : AF_INET6;
    auto source = normalized(family, words[1]);
    const auto port = portOf(words[3]);
    if (!source || !normalized(family, words[2]) || !port || !portOf(words[4])) return malformed();
    header.source = Source{std::move(*source), *port};
    return header;
}

std::size_t numberAt(std::string_view bytes, std::size_t at)
{
    return static_cast<std::size_t>(static_cast<unsigned char>(bytes[at])) << 8 | static_cast<unsigned char>(bytes[at + 1]);
}

/// Signature, version and command, family, length; then source and destination addresses, then their ports.
ProxyHeader parseVersion2(std::string_view bytes)
{
    constexpr std::size_t kFixedBytes = 16;
    if (bytes.size() < kFixedBytes) return {};
    const auto versionAndCommand = static_cast<unsigned char>(bytes[12]);
    const auto family = static_cast<unsigned char>(bytes[13]);
    const std::size_t length = numberAt(bytes, 14);
    const unsigned command = versionAndCommand & 0x0fU;
    if (versionAndCommand >> 4 != 2 || command > 1) return malformed();
    if (kFixedBytes + length > kProxyHeaderBytesMax) return malformed();
    if (bytes.size() < kFixedBytes + length) return {};
    ProxyHeader header{.kind = Kind::Present, .byteCount = kFixedBytes + length, .source = std::nullopt};
    if (command == 0) return header; // LOCAL: a health check by the proxy itself
    const bool isTcp4 = family == 0x11;
    const bool isTcp6 = family == 0x21;
    if (!isTcp4 && !isTcp6) return header; // not the address of a TCP connection: treated like LOCAL
    const std::size_t addressBytes = isTcp4 ? 4 : 16;
    if (length < 2 * addressBytes + 4) return malformed();
    auto source = textOf(isTcp4 ? AF_INET : AF_INET6, bytes.data() + kFixedBytes);
    if (!source) return malformed();
    header.source = Source{std::move(*source), static_cast<std::uint16_t>(numberAt(bytes, kFixedBytes + 2 * addressBytes))};
    return header;
}

} // namespace

ProxyHeader parseProxyHeader(std::string_view bytes)
{
    const auto beginsAs = [&](std::string_view signature) {
        const auto count = std::min(bytes.size(), signature.size());
        return bytes.substr(0, count) == signature.substr(0, count);
    };
    if (beginsAs(kSignature2)) return bytes.size() < kSignature2.size() ? ProxyHeader{} : parseVersion2(bytes);
    if (beginsAs(kSignature1)) return bytes.size() < kSignature1.size() ? ProxyHeader{} : parseVersion1(bytes);
    return {.kind = Kind::Absent, .byteCount = 0, .source = std::nullopt};
}

bool ProxyProtocolRules::isServed(std::string_view peerAddress) const
{
    return behavior != Behavior::DenyUnauthorized || isInAnyCidr(peerAddress, authorizedNetworks);
}

bool ProxyProtocolRules::isBelieved(std::string_view peerAddress) const
{
    if (behavior == Behavior::Off) return false;
    return behavior == Behavior::UseAlways || isInAnyCidr(peerAddress, authorizedNetworks);
}

} // namespace core::http
