#pragma once

#include "core/policy/hcl.h"
#include "core/server/config/config_section.h"

namespace core::server {

/// Reads the contents of one file into a configuration. Other files can have been read into it before. Templates of addresses must be expanded. Errors:
/// InvalidArgument.
Result<> readConfigRoot(const std::filesystem::path& file, const policy::hcl::Object& root, Config& config);

/// Reads one `listener "tcp" | "unix"` stanza of the file and adds it to the configuration. Unix sockets come last. Errors: InvalidArgument.
Result<> readListenerStanza(const std::filesystem::path& file, const policy::hcl::Labelled& block, Config& config);

/// Reads one `user_lockout "all" | "userpass" | "ldap" | "approle"` stanza (spec: quotas-namespaces-misc.md §4). A later stanza with the same
/// label overrides the values that it sets. Errors: InvalidArgument.
Result<> readLockoutStanza(ConfigSection& stanza, const policy::hcl::Labelled& block, auth::LockoutSettings& settings);

} // namespace core::server
