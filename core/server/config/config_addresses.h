#pragma once

#include "core/policy/hcl.h"
#include "core/server/config/network_interfaces.h"

#include <filesystem>

namespace core::server {

/// Replaces the templates in api_addr, cluster_addr, and the address and cluster_address of listeners by their values. `interfaces`
/// is called only if there is a template. Errors: InvalidArgument ("file:line: key: what is wrong").
Result<> expandAddresses(policy::hcl::Object& root, const std::filesystem::path& file, const InterfaceSource& interfaces);

} // namespace core::server
