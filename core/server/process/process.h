#pragma once

#include "core/base/result.h"

#include <cstddef>
#include <cstdint>

namespace core::server {

/// Makes the process a safe place for secrets: no core files, no tracing by others, freed memory overwritten, and, unless
/// `isMlockDisabled`, all memory locked out of swap. Raises the soft limit of open files to the hard one, and keeps memory aside
/// (core/base/memory_wait.h). Once, at the start, before threads.
/// Errors: PermissionDenied (memory cannot be locked; the text says what to do).
Result<> protectProcess(bool isMlockDisabled);

/// What libprotobuf has to say of bytes that do not parse goes to the log, not to standard error. Once, at the start, before
/// threads; protectProcess() does it too.
void logLibraryMessages();

/// How many connections the listeners may hold together: what the process may open, less a reserve for storage, audit devices and the
/// cluster port, so that clients never take the descriptor that the next log segment needs.
std::size_t connectionCountMax();
std::size_t connectionCountMax(std::uint64_t descriptorCountMax);

/// From the signal that ends the server on: the process ends after `seconds` whatever holds it up (a module of an HSM, a disk). What was
/// answered is on disk, as after a crash.
void endWithin(unsigned seconds);

} // namespace core::server
