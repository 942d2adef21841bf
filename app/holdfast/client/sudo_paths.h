#pragma once

#include <string_view>

namespace cli {

/// Whether the API asks for the capability `sudo` on this path, for -output-policy.
bool needsSudo(std::string_view path);

} // namespace cli
