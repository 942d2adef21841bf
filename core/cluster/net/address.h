#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace core::cluster {

struct Address {
    std::string host;
    std::uint16_t port = 0;
    bool operator==(const Address&) const = default;
};

/// "https://host:8201", "host:8201", "[::1]:8201". Errors: InvalidArgument.
Result<Address> parseAddress(std::string_view text);

} // namespace core::cluster
