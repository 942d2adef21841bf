#pragma once

#include "core/base/logging.h"

#include <optional>
#include <span>
#include <string_view>

namespace core::logging {

/// The loggers of the process: one for each area that writes lines. Each has a level of its own, which lives as long as the process.
/// Thread-safe.
std::span<const std::string_view> loggerNames(); // sorted
std::string_view levelName(Level level);
/// trace, debug, info (also notice and empty), warn (warning), error (err), in any case and with blanks around; nothing for other text.
std::optional<Level> knownLevel(std::string_view text);

/// Nothing: no logger has this name.
std::optional<Level> levelOf(std::string_view logger);
/// False: no logger has this name.
bool setLevel(std::string_view logger, Level level);
void setLevels(Level level);

/// configure(): the level that all loggers have now, and get back by the two below.
void setConfiguredLevel(Level level);
bool resetLevel(std::string_view logger);
void resetLevels();

/// Whether a line of this level is written. A name that is no logger's has the configured level.
bool isWritten(std::string_view logger, Level level);

} // namespace core::logging
