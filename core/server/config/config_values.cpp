#include "core/server/config/config_values.h"

#include "core/base/go_text.h"
#include "core/base/log_levels.h"
#include "core/base/origin.h"

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

} // namespace

std::string toString(const ListenAddress& address)
{
    return HostAndPort{address.host, address.port}.text();
}

Result<ListenAddress> parseAddress(std::string_view text, std::uint16_t portDefault)
{
    const auto address = parseHostAndPort(text.starts_with(':') ? "0.0.0.0" + std::string{text} : std::string{text}, portDefault);
    if (!address) return invalid("not an address of the form host:port:", text);
    return ListenAddress{address->host, address->port};
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
    if (rest.starts_with(':')) return invalid("a URL without a host:", text);
    if (!core::parseOrigin(text)) return invalid("not a URL of the form scheme://host:port:", text);
    return scheme + "://" + std::string{rest}; // with the port only if it was given
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

Result<std::string> parseApiAddr(std::string_view text)
{
    if (text.empty()) return std::string{};
    return parseOrigin(text);
}

Result<std::string> parseClusterAddr(std::string_view text)
{
    auto origin = parseApiAddr(text);
    if (origin && origin->starts_with("http://")) origin = "https://" + origin->substr(7);
    return origin;
}

Result<std::int64_t> parseInteger(std::string_view text)
{
    if (text.empty()) return 0;
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return Error{ErrorCode::InvalidArgument, "must be a whole number"};
    return value;
}

} // namespace core::server
