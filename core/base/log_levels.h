#pragma once

#include "core/base/logging.h"

#include <optional>
#include <span>
#include <string_view>

namespace core::logging {

/// The loggers of the process: one for each area that logs. Each has its own level, which is kept until the process ends. Thread-safe.
std::span<const std::string_view> loggerNames(); // sorted
std::string_view levelName(Level level);
/// trace, debug, info (also notice and empty), warn (warning), error (err), in any case, with blanks around. Empty for other text.
std::optional<Level> knownLevel(std::string_view text);

/// Empty: no logger has this name.
std::optional<Level> levelOf(std::string_view logger);
/// False: no logger has this name.
bool setLevel(std::string_view logger, Level level);
void setLevels(Level level);

/// Called by configure(): the level that all loggers get now, and to which the next two functions reset them.
void setConfiguredLevel(Level level);
bool resetLevel(std::string_view logger);
void resetLevels();

/// True if a line of this level is written. For an unknown logger the configured level counts.
bool isWritten(std::string_view logger, Level level);

} // namespace core::logging
