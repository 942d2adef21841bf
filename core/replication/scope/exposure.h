#pragma once

#include "core/barrier/scope.h"
#include "core/replication/scope/link_filter.h"

#include <boost/json/object.hpp>

namespace core::replication {

/// Reports what a compromised secondary received while it was a member, so that an operator knows what to replace: the mounts that its link
/// carried with their contents, and the keys that every member has. `link` is the filter of its link before the revocation. Errors: those
/// of the view, Corrupt.
Result<boost::json::object> exposureOf(const barrier::Scope& store, const LinkFilter& link, const std::string& id);

} // namespace core::replication
