#pragma once

#include "core/base/result.h"

#include <span>
#include <string>
#include <string_view>

namespace core {

/// The network in normal form, `10.0.0.0/8` or `2001:db8::/32`. For a single host only the address, `10.1.2.3`.
/// Errors: InvalidArgument.
Result<std::string> normalizedCidr(std::string_view text);

/// True if the address is in one of the networks. IPv4 in IPv6 form counts as IPv4. Text that is no address or network matches nothing.
bool isInAnyCidr(std::string_view address, std::span<const std::string> networks);

/// True if every address of the network is in one of the networks. Otherwise as isInAnyCidr().
bool isNetworkInAny(std::string_view network, std::span<const std::string> networks);

} // namespace core
