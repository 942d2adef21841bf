#pragma once

#include "core/mount/backend.h"
#include "core/transit/key/key_storage.h"

namespace core::transit {

/// The names of keys of a mount whose time of rotation has come. Reads only the rows of keys with a period. Errors: those of the storage.
Result<std::vector<std::string>> keysDueForRotation(const mount::Context& context);

/// Rotates one key if it is still due. RSA can take seconds. False: nothing was due, or the key refuses, which the log says.
/// Errors: those of the storage.
Result<bool> rotateDueKey(mount::Context& context, const std::string& name);

} // namespace core::transit
