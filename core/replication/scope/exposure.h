#pragma once

#include "core/barrier/scope.h"
#include "core/replication/scope/link_filter.h"

#include <boost/json/object.hpp>

namespace core::replication {

/// What a secondary has been given as long as it was a member, for the operator who has to replace it after the secondary was compromised: the
/// mounts that its link carried, with what each holds, and the keys that every member has. `scope` is its link's, before the revocation.
/// Errors: those of the view, Corrupt.
Result<boost::json::object> exposureOf(const barrier::Scope& store, const LinkFilter& link, const std::string& id);

} // namespace core::replication
