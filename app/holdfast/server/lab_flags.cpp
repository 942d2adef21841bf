#include "app/holdfast/server/lab_flags.h"

#include "app/holdfast/text/arguments.h"
#include "core/server/config/config_values.h"

#include <array>

namespace cli {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;

constexpr std::array kFlags{
    Flag{"format", FlagKind::Text, ""},
    Flag{"dir", FlagKind::Text, ""},
    Flag{"port", FlagKind::Number, ""},
    Flag{"log-level", FlagKind::Text, ""},
};
constexpr int kPortMin = 1024;  // smaller ones need the rights of root
constexpr int kPortMax = 64999; // the lab also uses the ports up to 21 above

Error badValue(std::string_view flag, std::string_view value, std::string_view wanted)
{
    return Error{ErrorCode::InvalidArgument,
                 "invalid value \"" + std::string{value} + "\" for flag -" + std::string{flag} + ": must be " + std::string{wanted}};
}

} // namespace

Result<LabFlags> parseLabFlags(std::span<const std::string> words)
{
    const auto arguments = Arguments::parse(words, kFlags);
    if (!arguments) return arguments.error();
    if (!arguments->positionals().empty()) {
        return Error{ErrorCode::InvalidArgument, "unexpected argument \"" + arguments->positionals().front() + "\": the lab has only options"};
    }
    LabFlags out;
    const auto format = arguments->text("format", "table");
    if (format != "table" && format != "json") return badValue("format", format, "table or json");
    out.isJson = format == "json";
    if (arguments->has("dir")) {
        if (arguments->text("dir").empty()) return badValue("dir", "", "the path of a folder");
        out.lab.directory = arguments->text("dir");
    }
    if (arguments->has("port")) {
        const auto port = arguments->number("port", 0);
        if (!port) return port.error();
        if (*port < kPortMin || *port > kPortMax) return badValue("port", arguments->text("port"), "a port from 1024 to 64999");
        out.lab.firstPort = static_cast<std::uint16_t>(*port);
    }
    if (arguments->has("log-level")) {
        const auto text = arguments->text("log-level");
        const auto level = core::server::parseLogLevel(text);
        if (!level || text.empty()) return badValue("log-level", text, "trace, debug, info, warn or error");
        out.logLevel = *level;
    }
    return out;
}

} // namespace cli
