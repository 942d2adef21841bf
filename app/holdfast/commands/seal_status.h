#pragma once

#include "app/holdfast/commands/command.h"

namespace cli {

/// Prints a seal status with what `sys/leader` adds to it. Returns the exit code: 0, or 1 where the leader is not to be had.
int showSealStatus(Invocation& run, const Json& status);

} // namespace cli
