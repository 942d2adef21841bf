#pragma once

#include "core/base/result.h"
#include "core/mount/response.h"
#include "core/replication/scope/type.h"

#include <optional>

namespace core::replication {

class RoleKeeper;

/// The answer if an operation belongs to another role than the cluster's, in the words of the spec.
mount::Response notPrimary(Type type);
mount::Response notSecondary(Type type);
mount::Response notRelay();
/// The refusal while it is not known which cluster has the type's role: during a switchover of this role, or of the DR role, which takes
/// this role along.
std::optional<mount::Response> unsettled(const RoleKeeper& roles, Type type);
/// The answer if a changed role could not be stored. Also logs a line.
mount::Response storageFailure(const Error& error);
/// 200 with a warning and nothing else.
mount::Response warningOnly(std::string text);

} // namespace core::replication
