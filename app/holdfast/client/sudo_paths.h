#pragma once

#include <string_view>

namespace cli {

/// Whether the API demands the capability `sudo` on this path. For -output-policy.
bool needsSudo(std::string_view path);

} // namespace cli
