#include "core/base/origin.h"

#include <algorithm>
#include <charconv>

namespace core {
namespace {

bool isName(std::string_view host)
{
    return !host.empty() && host.size() <= 253 && std::ranges::all_of(host, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    });
}

bool isIpv6(std::string_view host)
{
    return host.find(':') != std::string_view::npos && host.size() <= 45 && std::ranges::all_of(host, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' || c == '.';
           });
}

std::string lowered(std::string_view text)
{
    std::string out{text};
    std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
    return out;
}

} // namespace

std::string printable(std::string_view text, std::size_t charactersMax)
{
    std::string out{text.substr(0, charactersMax)};
    std::ranges::replace_if(
        out, [](char c) { return c < 0x20 || c > 0x7e; }, '?');
    return out;
}

std::string HostAndPort::text() const
{
    const bool isBracketed = host.find(':') != std::string::npos;
    return (isBracketed ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<HostAndPort> parseHostAndPort(std::string_view text, std::uint16_t portDefault)
{
    const Error wrong{ErrorCode::InvalidArgument, "\"" + printable(text, 200) + "\" is not an address of the form host:port"};
    HostAndPort out{{}, portDefault};
    std::string_view port;
    if (text.starts_with('[')) {
        const auto close = text.find(']');
        if (close == std::string_view::npos || !isIpv6(text.substr(1, close - 1))) return wrong;
        out.host = text.substr(1, close - 1);
        port = text.substr(close + 1);
    } else {
        const auto colon = text.find(':');
        if (!isName(text.substr(0, colon))) return wrong;
        out.host = text.substr(0, colon);
        if (colon != std::string_view::npos) port = text.substr(colon);
    }
    if (port.empty()) return out;
    if (!port.starts_with(':') || port.size() < 2 || port.size() > 6) return wrong;
    port.remove_prefix(1);
    const auto [end, failed] = std::from_chars(port.data(), port.data() + port.size(), out.port);
    if (failed != std::errc{} || end != port.data() + port.size()) return wrong;
    return out;
}

std::string Origin::hostAndPort() const
{
    return HostAndPort{host, port}.text();
}

std::string Origin::text() const
{
    return scheme + "://" + hostAndPort();
}

bool Origin::isLoopback() const
{
    return host == "localhost" || host == "::1" || host.starts_with("127.");
}

Result<Origin> parseOrigin(std::string_view text)
{
    const Error wrong{ErrorCode::InvalidArgument,
                      "\"" + printable(text, 200) +
                          "\" is not an address such as https://host:8200; it holds a scheme (http or https), a host and a port, nothing else"};
    const auto separator = text.find("://");
    if (separator == std::string_view::npos) return wrong;
    Origin origin;
    origin.scheme = lowered(text.substr(0, separator));
    if (origin.scheme != "http" && origin.scheme != "https") return wrong;
    origin.port = origin.scheme == "http" ? 80 : 443;
    auto rest = text.substr(separator + 3);
    if (rest.ends_with('/')) rest.remove_suffix(1);
    auto address = parseHostAndPort(rest, origin.port);
    if (!address || address->port == 0) return wrong;
    origin.host = std::move(address->host);
    origin.port = address->port;
    return origin;
}

Result<Origin> originOfUrl(std::string_view url)
{
    const auto separator = url.find("://");
    const auto authorityAt = separator == std::string_view::npos ? 0 : separator + 3;
    return parseOrigin(url.substr(0, url.find_first_of("/?#", authorityAt)));
}

Result<Origin> parseClusterAddress(std::string_view text)
{
    const auto separator = text.find("://");
    const auto rest = separator == std::string_view::npos ? text : text.substr(separator + 3);
    auto origin = parseOrigin(separator == std::string_view::npos ? "https://" + std::string{text} : std::string{text});
    const auto port = rest.rfind(':');
    const auto bracket = rest.rfind(']');
    const bool hasPort = port != std::string_view::npos && (bracket == std::string_view::npos || port > bracket);
    if (origin && hasPort) return origin;
    return Error{ErrorCode::InvalidArgument, "\"" + printable(text, 200) +
                                                 "\" is not an address of a cluster port such as https://host:8201; it holds "
                                                 "a host and a port, nothing else"};
}

} // namespace core
