#pragma once

#include <string>
#include <string_view>
#include <initializer_list>
#include <utility>

namespace core::logging {

enum class Level { Trace, Debug, Info, Warn, Error, Off };
enum class Format { Standard, Json };

struct Options {
    Level level = Level::Info;
    Format format = Format::Standard;
    std::string file; // empty: standard error
};

/// "trace", "debug", "info", "warn", "error", "off", any case; Info when it is none of them.
Level levelFromText(std::string_view text);

/// Sets up the log of the process. Call it once, before threads start. Until then warnings and errors go to standard error.
void configure(const Options& options);

/// One line: `area` is the module ("log", "replication"), fields are `key=value` pairs. Never a secret. Thread-safe.
using Fields = std::initializer_list<std::pair<std::string_view, std::string>>;
void write(Level level, std::string_view area, std::string_view message, Fields fields = {}) noexcept;
/// Logs an error from an exception handler. Allocates nothing, so it can report a lack of memory. A long `detail` is cut.
void failure(std::string_view area, std::string_view message, std::string_view detail) noexcept;

inline void debug(std::string_view area, std::string_view message, Fields fields = {})
{
    write(Level::Debug, area, message, fields);
}
inline void info(std::string_view area, std::string_view message, Fields fields = {})
{
    write(Level::Info, area, message, fields);
}
inline void warn(std::string_view area, std::string_view message, Fields fields = {})
{
    write(Level::Warn, area, message, fields);
}
inline void error(std::string_view area, std::string_view message, Fields fields = {})
{
    write(Level::Error, area, message, fields);
}

} // namespace core::logging
