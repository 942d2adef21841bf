#pragma once

#include "core/base/result.h"

namespace core::server {

/// Makes the process a safe place for secrets: no core files, no tracing by others, freed memory overwritten, and, unless
/// `isMlockDisabled`, all memory locked out of swap. Once, at the start, before threads.
/// Errors: PermissionDenied (memory cannot be locked; the text says what to do).
Result<> protectProcess(bool isMlockDisabled);

} // namespace core::server
