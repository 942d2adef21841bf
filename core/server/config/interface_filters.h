#pragma once

#include "core/base/result.h"
#include "core/server/config/network_interfaces.h"

#include <string_view>

namespace core::server {

/// The interfaces that `selector` and `value` choose (include), or the others. Selectors: address, name (regular expressions, at most 100
/// characters); flag or flags; network (CIDR), rfc, size (bits of the mask), type (ip, ipv4, ipv6). All except the first two accept values joined by
/// '|'. Errors: InvalidArgument.
Result<std::vector<InterfaceAddress>> filterInterfaces(const std::vector<InterfaceAddress>& input, std::string_view selector, std::string_view value,
                                                       bool isIncluding);

/// Sorts by address, default, name, private, size or type. Several keys are joined by ','; a '-' before a key reverses it. Errors: InvalidArgument.
Result<> sortInterfaces(std::vector<InterfaceAddress>& addresses, std::string_view keys);

/// address, host, mask_bits, name, network, string (ADDRESS/BITS) or type of one. Errors: InvalidArgument.
Result<std::string> interfaceAttribute(const InterfaceAddress& address, std::string_view name);

/// The addresses that other machines can reach: private ones (RFC 6890), or public ones. The default route's interface comes first.
std::vector<InterfaceAddress> reachableInterfaces(const std::vector<InterfaceAddress>& all, bool isPrivate);

/// The addresses of interfaces whose name matches. IPv4 and addresses that can be reached from outside come first. Errors: InvalidArgument
/// (expression).
Result<std::vector<InterfaceAddress>> namedInterfaces(const std::vector<InterfaceAddress>& all, std::string_view expression);

} // namespace core::server
