#pragma once

#include "core/identity/entity.h"
#include "core/identity/entity_rows.h"
#include "core/identity/group_rows.h"
#include "core/identity/mount_names.h"

#include <boost/json/object.hpp>

namespace core::identity {

// Entities, aliases and groups as the API shows them (spec: identity-api.md §2 to §4).

/// Errors: those of the rows.
Result<boost::json::object> describe(const Entity& entity, const GroupRows& groups, const MountNames& mounts);
boost::json::object describe(const Alias& alias, const MountNames& mounts);
boost::json::object describe(const Group& group, const MountNames& mounts);

/// The alias as its own path shows it.
boost::json::object describeAlone(const Alias& alias, const MountNames& mounts);
/// The row of an alias in a list of aliases.
boost::json::object aliasInfo(const Alias& alias, const MountNames& mounts);
/// The row of an entity in a list of entities.
boost::json::object entityInfo(const Entity& entity, const MountNames& mounts);
/// The row of a group in a list of groups.
boost::json::object groupInfo(const Group& group, const MountNames& mounts);

} // namespace core::identity
