#pragma once

#include "app/holdfast/commands/command.h"

namespace cli {

/// Prints a seal status with the fields of `sys/leader`. Returns the exit code: 0, or 1 if the leader cannot be read.
int showSealStatus(Invocation& run, const Json& status);

} // namespace cli
