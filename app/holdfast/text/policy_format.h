#pragma once

#include "core/base/result.h"

#include <string>
#include <string_view>

namespace cli {

/// The same HCL with an indent of two blanks per level, one blank around `=` and before `{`, and aligned `=` of neighbouring lines.
/// Strings, comments and heredocs stay unchanged. Errors: InvalidArgument (an unclosed string, comment or bracket, or one bracket too
/// many), with the line.
core::Result<std::string> formatPolicyText(std::string_view text);

} // namespace cli
