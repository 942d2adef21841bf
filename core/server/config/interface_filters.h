#pragma once

#include "core/base/result.h"
#include "core/server/config/network_interfaces.h"

#include <string_view>

namespace core::server {

/// Those that `selector` and `value` choose (include), or the others: address, name (regular expressions, at most 100 characters);
/// flag or flags; network (CIDR), rfc, size (bits of the mask), type (ip, ipv4, ipv6). All but the first two take values joined by '|'.
/// Errors: InvalidArgument.
Result<std::vector<InterfaceAddress>> filterInterfaces(const std::vector<InterfaceAddress>& input, std::string_view selector, std::string_view value,
                                                       bool isIncluding);

/// By address, default, name, private, size or type, several of them joined by ','; '-' before one turns it round. Errors: InvalidArgument.
Result<> sortInterfaces(std::vector<InterfaceAddress>& addresses, std::string_view keys);

/// address, host, mask_bits, name, network, string (ADDRESS/BITS) or type of one. Errors: InvalidArgument.
Result<std::string> interfaceAttribute(const InterfaceAddress& address, std::string_view name);

/// What others can reach, the default route's interface first: private addresses (RFC 6890), or public ones.
std::vector<InterfaceAddress> reachableInterfaces(const std::vector<InterfaceAddress>& all, bool isPrivate);

/// The addresses of interfaces whose name matches, IPv4 and what can be reached from outside first. Errors: InvalidArgument (expression).
Result<std::vector<InterfaceAddress>> namedInterfaces(const std::vector<InterfaceAddress>& all, std::string_view expression);

} // namespace core::server
