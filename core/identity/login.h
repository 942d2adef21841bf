#pragma once

#include "core/barrier/scope.h"
#include "core/base/random.h"
#include "core/mount/backend.h"
#include "core/mount/response.h"

namespace core::identity {

/// Sets the entity of a login: the one with the alias that the auth method has named, or a new one. Also updates the alias's metadata, and the
/// memberships in external groups. Returns a refusal if the entity is disabled. Errors: ReadOnly (something must change that this cluster must not
/// write: the primary must do the login), those of the views, Corrupt.
Result<std::optional<mount::Response>> setEntity(const barrier::Scope& scope, const mount::MountEntry& mount, Random& random, WallTime now,
                                                 mount::Auth& auth);

/// Makes the entity a member of the external groups with these names at this mount, and ends its membership in the others of this mount.
/// Unknown names are ignored. Errors: as setEntity().
Result<> joinExternalGroups(const barrier::Scope& scope, std::string_view mountAccessor, const std::vector<std::string>& names,
                            const std::string& entityId, WallTime now);

} // namespace core::identity
