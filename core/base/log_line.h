#pragma once

#include "core/base/logging.h"

#include <string>

namespace core::logging {

/// One line of the log as of now, without its end. What a peer or a client put into a field adds no second one.
std::string lineOf(Format format, Level level, std::string_view area, std::string_view message, Fields fields);

} // namespace core::logging
