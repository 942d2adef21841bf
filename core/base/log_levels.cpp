#include "core/base/log_levels.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cctype>
#include <string>

namespace core::logging {
namespace {

constexpr std::array<std::string_view, 17> kLoggers = {"audit",       "auth",    "cluster",  "core",  "drill",    "http",
                                                       "identity",    "lease",   "log",      "mount", "protobuf", "quota",
                                                       "replication", "request", "snapshot", "sys",   "transit"};
static_assert(std::ranges::is_sorted(kLoggers));

std::atomic<Level> s_configured{Level::Warn}; // until configure()

struct Levels {
    Levels()
    {
        for (auto& each : own) each = Level::Warn;
    }
    std::array<std::atomic<Level>, kLoggers.size()> own;
};

std::array<std::atomic<Level>, kLoggers.size()>& levels()
{
    static Levels all;
    return all.own;
}

std::atomic<Level>* find(std::string_view logger)
{
    const auto at = std::ranges::lower_bound(kLoggers, logger);
    if (at == kLoggers.end() || *at != logger) return nullptr;
    return &levels()[static_cast<std::size_t>(at - kLoggers.begin())];
}

} // namespace

std::span<const std::string_view> loggerNames()
{
    return kLoggers;
}

std::string_view levelName(Level level)
{
    switch (level) {
    case Level::Trace: return "trace";
    case Level::Debug: return "debug";
    case Level::Info: return "info";
    case Level::Warn: return "warn";
    case Level::Error: return "error";
    case Level::Off: return "off";
    }
    return "info";
}

std::optional<Level> knownLevel(std::string_view text)
{
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    std::string level{text};
    std::ranges::transform(level, level.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (level == "trace") return Level::Trace;
    if (level == "debug") return Level::Debug;
    if (level == "info" || level == "notice" || level.empty()) return Level::Info;
    if (level == "warn" || level == "warning") return Level::Warn;
    if (level == "error" || level == "err") return Level::Error;
    return std::nullopt;
}

std::optional<Level> levelOf(std::string_view logger)
{
    const auto* level = find(logger);
    return level ? std::optional{level->load()} : std::nullopt;
}

bool setLevel(std::string_view logger, Level level)
{
    auto* own = find(logger);
    if (own) *own = level;
    return own != nullptr;
}

void setLevels(Level level)
{
    for (auto& each : levels()) each = level;
}

void setConfiguredLevel(Level level)
{
    s_configured = level;
    setLevels(level);
}

bool resetLevel(std::string_view logger)
{
    return setLevel(logger, s_configured);
}

void resetLevels()
{
    setLevels(s_configured);
}

bool isWritten(std::string_view logger, Level level)
{
    const auto* own = find(logger);
    const Level least = own ? own->load(std::memory_order_relaxed) : s_configured.load(std::memory_order_relaxed);
    return level >= least && level != Level::Off;
}

} // namespace core::logging
