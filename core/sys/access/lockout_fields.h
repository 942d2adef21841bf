#pragma once

#include "core/auth/lockout/user_lockout.h"
#include "core/mount/fields.h"

namespace core::sys {

/// `user_lockout_config` of a tuning or of `config` when an auth method is enabled (spec: quotas-namespaces-misc.md §4).
struct LockoutFields {
    std::optional<mount::UserLockoutChange> change; // empty: the field is missing
    std::optional<mount::Response> refusal;
};
/// `type` is that of the auth method; empty for a secrets engine.
LockoutFields readLockoutFields(mount::Fields& fields, std::string_view type);

/// Adds the `user_lockout_*` members if the mount has any.
void addLockoutMembers(boost::json::object& into, const mount::UserLockoutTuning& tuning);

} // namespace core::sys
