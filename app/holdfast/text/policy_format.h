#pragma once

#include "core/base/result.h"

#include <string>
#include <string_view>

namespace cli {

/// The same HCL with two blanks of indent per level, one blank around `=` and before `{`, and `=` of neighbouring lines
/// below each other. Strings, comments and heredocs stay as they are. Errors: InvalidArgument (an unclosed string, comment
/// or bracket, or one too many), with the line.
core::Result<std::string> formatPolicyText(std::string_view text);

} // namespace cli
