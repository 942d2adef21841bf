#include "app/holdfast/server/server_flags.h"

#include "app/holdfast/text/arguments.h"
#include "core/base/duration.h"
#include "core/server/config/config_values.h"

#include <array>
#include <charconv>

namespace cli {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;

constexpr auto kSwitch = FlagKind::Switch;
constexpr auto kText = FlagKind::Text;
constexpr auto kRepeated = FlagKind::Repeated;

constexpr std::array kFlags{
    Flag{"config", kRepeated, ""},
    Flag{"log-level", kText, ""},
    Flag{"log-format", kText, ""},
    Flag{"log-file", kText, ""},
    Flag{"log-rotate-duration", kText, ""},
    Flag{"log-rotate-bytes", kText, ""},
    Flag{"log-rotate-max-files", kText, ""},
    Flag{"combine-logs", kSwitch, ""},
    Flag{"disable-gated-logs", kSwitch, ""},
    Flag{"exit-on-core-shutdown", kSwitch, ""},
    Flag{"recovery", kSwitch, ""},
    Flag{"experiment", kRepeated, ""},
    Flag{"dev", kSwitch, ""},
    Flag{"dev-root-token-id", kText, ""},
    Flag{"dev-listen-address", kText, ""},
    Flag{"dev-no-store-token", kSwitch, ""},
    Flag{"dev-kv-v1", kSwitch, ""},
    Flag{"dev-no-kv", kSwitch, ""},
    Flag{"dev-tls", kSwitch, ""},
    Flag{"dev-tls-cert-dir", kText, ""},
    Flag{"dev-tls-san", kRepeated, ""},
    Flag{"dev-ha", kSwitch, ""},
    Flag{"dev-transactional", kSwitch, ""},
    Flag{"dev-skip-init", kSwitch, ""},
    Flag{"dev-plugin-dir", kText, ""},
    Flag{"dev-plugin-init", kSwitch, ""},
    Flag{"dev-latency", kText, ""},
    Flag{"dev-latency-jitter", kText, ""},
};

/// Reads the text of a flag that was given. Errors: those of `parse`, naming the flag.
template<class Parse, class Out>
Result<> read(const Arguments& arguments, std::string_view flag, Parse parse, std::optional<Out>& out)
{
    if (!arguments.has(flag)) return {};
    auto value = parse(arguments.text(flag));
    if (!value) return std::move(value).error().withContext("-" + std::string{flag});
    out = *std::move(value);
    return {};
}

template<class Number>
Result<Number> parseNumber(std::string_view text)
{
    Number value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) {
        return Error{ErrorCode::InvalidArgument, "must be a whole number, not \"" + std::string{text.substr(0, 100)} + '"'};
    }
    return value;
}

Result<> readLogFlags(const Arguments& arguments, ServerFlags& out)
{
    for (auto& done : {read(arguments, "log-level", core::server::parseLogLevel, out.logLevel),
                       read(arguments, "log-format", core::server::parseLogFormat, out.logFormat),
                       read(
                           arguments, "log-file",
                           [](const std::string& text) -> Result<std::filesystem::path> { return std::filesystem::path{text}; }, out.logFile),
                       read(arguments, "log-rotate-duration", core::parseDuration, out.logRotateAfter),
                       read(arguments, "log-rotate-bytes", parseNumber<std::uint64_t>, out.logRotateBytes),
                       read(arguments, "log-rotate-max-files", parseNumber<std::int64_t>, out.logArchivedFilesMax)}) {
        if (!done) return done;
    }
    if (out.logRotateAfter && out.logRotateAfter->count() < 0) return Error{ErrorCode::InvalidArgument, "-log-rotate-duration: must not be negative"};
    out.isLogCombined = arguments.isOn("combine-logs");
    return {};
}

} // namespace

Result<ServerFlags> parseServerFlags(std::span<const std::string> words)
{
    auto arguments = Arguments::parse(words, kFlags);
    if (!arguments) return std::move(arguments).error();
    ServerFlags out;
    for (const auto& path : arguments->all("config")) out.configs.emplace_back(path);
    if (auto done = readLogFlags(*arguments, out); !done) return std::move(done).error();

    auto& dev = out.dev;
    for (const auto* flag : {"dev", "dev-tls", "dev-ha", "dev-transactional", "dev-kv-v1", "dev-no-kv"}) dev.isOn = dev.isOn || arguments->isOn(flag);
    if (dev.isOn) {
        dev.rootTokenId = arguments->text("dev-root-token-id");
        dev.listenAddress = arguments->text("dev-listen-address");
    } else if (!arguments->text("dev-root-token-id").empty()) {
        out.warnings.emplace_back("-dev-root-token-id has no effect without -dev");
    }
    dev.isTokenStored = !arguments->isOn("dev-no-store-token");
    dev.isKvVersion1 = arguments->isOn("dev-kv-v1");
    dev.isKvMounted = !arguments->isOn("dev-no-kv");
    dev.isInitialized = !arguments->isOn("dev-skip-init");
    dev.isTls = arguments->isOn("dev-tls");
    out.devTlsDirectory = arguments->text("dev-tls-cert-dir");
    out.devTlsNames = arguments->all("dev-tls-san");

    if (arguments->isOn("recovery")) {
        return Error{ErrorCode::InvalidArgument,
                     "-recovery: there is no recovery mode. Restore a snapshot instead: holdfast operator raft snapshot restore -h"};
    }
    for (const auto* flag : {"experiment", "dev-plugin-dir", "dev-latency", "dev-latency-jitter"}) {
        if (arguments->has(flag)) out.warnings.push_back("-" + std::string{flag} + " has no effect");
    }
    for (const auto& word : arguments->positionals())
        out.warnings.push_back("\"" + word + "\" is no flag and has no effect. Flags after it are not read");
    if (!dev.isOn && out.configs.empty()) {
        return Error{ErrorCode::InvalidArgument,
                     "Must specify at least one config path using -config, or -dev for an experimental server in memory."};
    }
    return out;
}

void ServerFlags::applyTo(core::server::Config& config) const
{
    if (logLevel) config.log.level = *logLevel;
    if (logFormat) config.log.format = *logFormat;
    if (logFile) config.logFile.path = *logFile;
    if (logRotateAfter) config.logFile.rotateAfter = *logRotateAfter;
    if (logRotateBytes) config.logFile.rotateBytes = *logRotateBytes;
    if (logArchivedFilesMax) config.logFile.archivedFilesMax = *logArchivedFilesMax;
    config.warnings.insert(config.warnings.begin(), warnings.begin(), warnings.end());
}

} // namespace cli
