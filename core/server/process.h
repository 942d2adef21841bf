#pragma once

#include "core/base/result.h"

namespace core::server {

/// Makes the process a safe place for secrets: no core files, no tracing by others, freed memory overwritten, and, unless
/// `isMlockDisabled`, all memory locked out of swap. Once, at the start, before threads.
/// Errors: PermissionDenied (memory cannot be locked; the text says what to do).
Result<> protectProcess(bool isMlockDisabled);

/// What libprotobuf has to say of bytes that do not parse goes to the log, not to standard error. Once, at the start, before
/// threads; protectProcess() does it too.
void takeUpLibraryMessages();

} // namespace core::server
