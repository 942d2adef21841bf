#pragma once

#include "core/server/config/config.h"

namespace core::server {

/// "host:port", "[::1]:port", ":port" for all addresses, or a host alone with `portDefault`. Errors: InvalidArgument.
Result<ListenAddress> parseAddress(std::string_view text, std::uint16_t portDefault);

/// Checks "http://host:port" or the same with https, and gives it without a trailing '/'. Errors: InvalidArgument.
Result<std::string> parseOrigin(std::string_view text);

/// The same for api_addr; empty means that it is not given. Errors: InvalidArgument.
Result<std::string> parseApiAddr(std::string_view text);
/// The same for cluster_addr. The cluster port always speaks TLS, but existing files use both schemes. The result is https.
Result<std::string> parseClusterAddr(std::string_view text);

/// A whole number; the empty text is 0. Errors: InvalidArgument.
Result<std::int64_t> parseInteger(std::string_view text);

/// Bytes: a number, or one with kb, kib, mb, mib, gb, gib, tb, tib in any case. Errors: InvalidArgument.
Result<std::uint64_t> parseByteCount(std::string_view text);

/// A level in the words of log_level. Errors: InvalidArgument.
Result<logging::Level> parseLogLevel(std::string_view text);

/// A format in the words of log_format. Errors: InvalidArgument.
Result<logging::Format> parseLogFormat(std::string_view text);

/// Go's strconv.ParseBool: 1, t, T, true, TRUE, True and their opposites; empty is false. Errors: InvalidArgument.
Result<bool> parseBoolean(std::string_view text);

/// The environment overrides the file. If the variable is not set, `out` stays. Errors: those of `parse`, with the variable's name.
template<class Parse, class Out>
Result<> take(const Environment& environment, const char* name, Parse parse, Out& out)
{
    const auto text = environment(name);
    if (!text || text->empty()) return {};
    auto parsed = parse(*text);
    if (!parsed) return std::move(parsed).error().withContext(name);
    out = *std::move(parsed);
    return {};
}

} // namespace core::server
