#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace core::cluster {

struct HostAndPort {
    std::string host;
    std::uint16_t port = 0;
    bool operator==(const HostAndPort&) const = default;
};

/// "https://host:8201", "host:8201", "[::1]:8201". Errors: InvalidArgument.
Result<HostAndPort> parseAddress(std::string_view text);

} // namespace core::cluster
