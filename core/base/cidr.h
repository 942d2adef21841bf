#pragma once

#include "core/base/result.h"

#include <span>
#include <string>
#include <string_view>

namespace core {

/// The network in normal form, `10.0.0.0/8` or `2001:db8::/32`; that of one host is the address alone, `10.1.2.3`.
/// Errors: InvalidArgument.
Result<std::string> normalizedCidr(std::string_view text);

/// Whether the address lies in one of the networks. IPv4 in IPv6 form counts as IPv4; what does not parse matches nothing.
bool isInAnyCidr(std::string_view address, std::span<const std::string> networks);

} // namespace core
