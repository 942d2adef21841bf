#include "core/server/config/config_values.h"

#include "core/base/go_text.h"
#include "core/base/log_levels.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace core::server {
namespace {

Error invalid(std::string_view what, std::string_view text)
{
    return Error{ErrorCode::InvalidArgument, std::string{what} + " \"" + std::string{text.substr(0, 200)} + "\""};
}

std::string lowered(std::string_view text)
{
    std::string out{text};
    std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
    return out;
}

bool isHostName(std::string_view host)
{
    return !host.empty() && std::ranges::all_of(host, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    });
}

bool isIpv6(std::string_view host)
{
    return host.find(':') != std::string_view::npos && std::ranges::all_of(host, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' || c == '.';
           });
}

} // namespace

std::string toString(const ListenAddress& address)
{
    const bool isBracketed = address.host.find(':') != std::string::npos;
    return (isBracketed ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

Result<ListenAddress> parseAddress(std::string_view text, std::uint16_t portDefault)
{
    const auto wrong = invalid("not an address of the form host:port:", text);
    ListenAddress address{{}, portDefault};
    std::string_view port;
    if (text.starts_with('[')) {
        const auto close = text.find(']');
        if (close == std::string_view::npos || !isIpv6(text.substr(1, close - 1))) return wrong;
        address.host = text.substr(1, close - 1);
        port = text.substr(close + 1);
        if (!port.empty() && port.front() != ':') return wrong;
    } else {
        const auto colon = text.rfind(':');
        const auto host = text.substr(0, colon);
        if (text.empty() || (!host.empty() && !isHostName(host))) return wrong;
        address.host = host.empty() ? "0.0.0.0" : host;
        if (colon != std::string_view::npos) port = text.substr(colon);
    }
    if (port.empty()) return address;
    port.remove_prefix(1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
    if (port.empty() || error != std::errc{} || end != port.data() + port.size()) return wrong;
    return address;
}

Result<std::string> parseOrigin(std::string_view text)
{
    const auto separator = text.find("://");
    const auto scheme = lowered(text.substr(0, separator));
    if (separator == std::string_view::npos || (scheme != "https" && scheme != "http")) {
        return invalid("not a URL that begins with http:// or https://:", text);
    }
    auto rest = text.substr(separator + 3);
    if (rest.ends_with('/')) rest.remove_suffix(1);
    const std::uint16_t portDefault = scheme == "http" ? 80 : 443;
    if (rest.starts_with(':')) return invalid("a URL without a host:", text);
    auto address = parseAddress(rest, portDefault);
    if (!address || address->port == 0) return invalid("not a URL of the form scheme://host:port:", text);
    return scheme + "://" + std::string{rest};
}

Result<std::uint64_t> parseByteCount(std::string_view text)
{
    struct Unit {
        std::string_view name;
        std::uint64_t bytes;
    };
    static constexpr std::array<Unit, 9> kUnits = {{{"", 1},
                                                    {"kb", 1'000},
                                                    {"kib", 1u << 10},
                                                    {"mb", 1'000'000},
                                                    {"mib", 1u << 20},
                                                    {"gb", 1'000'000'000},
                                                    {"gib", 1u << 30},
                                                    {"tb", 1'000'000'000'000},
                                                    {"tib", std::uint64_t{1} << 40}}};
    std::uint64_t count = 0;
    const auto* const textEnd = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), textEnd, count);
    if (error != std::errc{}) return invalid("not a number of bytes:", text);
    std::string_view suffix{end, static_cast<std::size_t>(textEnd - end)};
    while (suffix.starts_with(' ')) suffix.remove_prefix(1);
    const auto unit = std::ranges::find(kUnits, lowered(suffix), &Unit::name);
    if (unit == kUnits.end() || count > std::numeric_limits<std::uint64_t>::max() / unit->bytes) {
        return invalid("not a number of bytes:", text);
    }
    return count * unit->bytes;
}

Result<logging::Level> parseLogLevel(std::string_view text)
{
    if (const auto level = logging::knownLevel(text)) return *level;
    return invalid("unknown log level (trace, debug, info, warn or error):", text);
}

Result<logging::Format> parseLogFormat(std::string_view text)
{
    const auto format = lowered(text);
    if (format.empty() || format == "standard") return logging::Format::Standard;
    if (format == "json") return logging::Format::Json;
    return invalid("must be standard or json, not", text);
}

Result<bool> parseBoolean(std::string_view text)
{
    if (text.empty()) return false;
    if (const auto value = goBoolean(text)) return *value;
    return invalid("neither true nor false:", text);
}

} // namespace core::server
