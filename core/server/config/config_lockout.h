#pragma once

#include "core/server/config/config_section.h"

namespace core::server {

/// Reads one `user_lockout "all" | "userpass" | "ldap" | "approle"` stanza (spec: quotas-namespaces-misc.md §4). A later stanza with the same
/// label overrides the values that it sets. Errors: InvalidArgument.
Result<> readLockoutStanza(ConfigSection& stanza, const policy::hcl::Labelled& block, auth::LockoutSettings& settings);

} // namespace core::server
