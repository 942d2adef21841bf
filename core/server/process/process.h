#pragma once

#include "core/base/result.h"

#include <cstddef>
#include <cstdint>

namespace core::server {

/// Makes the process a safe place for secrets: no core files, no tracing by others, freed memory overwritten, and, unless
/// `isMlockDisabled`, all memory locked out of swap. Raises the soft limit of open files to the hard one, and reserves memory
/// (core/base/memory_wait.h). Call it once, at the start, before threads.
/// Errors: PermissionDenied (memory cannot be locked; the text says what to do).
Result<> protectProcess(bool isMlockDisabled);

/// Sends libprotobuf's messages about malformed bytes to the log instead of standard error. Call it once, at the start, before
/// threads; protectProcess() does it too.
void logLibraryMessages();

/// How many connections all listeners together can have: the limit of open files minus a reserve for storage, audit devices and the
/// cluster port, so that clients never take the descriptor that the next log segment needs.
std::size_t connectionCountMax();
std::size_t connectionCountMax(std::uint64_t descriptorCountMax);

/// Call it at the signal that ends the server. The process then ends after `seconds`, even if something blocks it (a module of an HSM, a disk). What
/// was answered is on disk, as after a crash.
void endWithin(unsigned seconds);

} // namespace core::server
