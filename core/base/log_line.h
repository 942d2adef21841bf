#pragma once

#include "core/base/logging.h"

#include <string>

namespace core::logging {

/// One line of the log with the present time, without line end. A field without a value is left out. A field from a peer or a client cannot start
/// a second line or another field: a value with a blank, a quote, a backslash, `=` or an unprintable character is in quotes, escaped as in Go.
std::string lineOf(Format format, Level level, std::string_view area, std::string_view message, Fields fields);

} // namespace core::logging
