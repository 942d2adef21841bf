#pragma once

#include "core/identity/entity_rows.h"
#include "core/identity/group_rows.h"

namespace core::identity {

/// Removes the entity with its aliases, and from its groups. Errors: those of the views.
Result<> eraseEntity(const barrier::Scope& scope, const Entity& entity, WallTime now);

/// Moves aliases and memberships of `from` to `to`, and removes `from`. Policies and metadata of `from` are lost. The caller has made sure that no two
/// aliases have the same mount. Errors: those of the views.
Result<> mergeEntity(const barrier::Scope& scope, const Entity& from, Entity& to, WallTime now);

} // namespace core::identity
