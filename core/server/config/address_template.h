#pragma once

#include "core/base/result.h"
#include "core/server/config/network_interfaces.h"

#include <string>
#include <string_view>
#include <vector>

namespace core::server {

inline constexpr std::size_t kAddressTemplateBytesMax = 4096;

/// Replaces the templates in an address, such as `https://{{ GetPrivateIP }}:8200`, by what this machine's interfaces have. The language
/// is the part of go-sockaddr's language that Vault's users write (see its documentation; core/server/README.md lists it):
///
///   GetPrivateIP, GetPublicIP, GetInterfaceIP "REGEX", and GetAllInterfaces with
///   | include "WHAT" "VALUE" | exclude "WHAT" "VALUE" | sort "KEY,…" | limit N | attr "NAME" | join "NAME" "SEPARATOR"
///
/// Text without `{{` stays as it is. Any text gives an address or an error, in bounded time. Errors: InvalidArgument (a function
/// that is not known, by its name; no or more than one address; a template that is not closed).
Result<std::string> expandAddressTemplate(std::string_view text, const std::vector<InterfaceAddress>& interfaces);

} // namespace core::server
