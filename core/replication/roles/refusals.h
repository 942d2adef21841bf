#pragma once

#include "core/base/result.h"
#include "core/mount/response.h"
#include "core/replication/scope/type.h"

namespace core::replication {

/// The answer if an operation belongs to another role than the cluster's, in the words of the spec.
mount::Response notPrimary(Type type);
mount::Response notSecondary(Type type);
mount::Response notRelay();
/// The answer if a changed role could not be stored. Also logs a line.
mount::Response storageFailure(const Error& error);
/// 200 with a warning and nothing else.
mount::Response warningOnly(std::string text);

} // namespace core::replication
