#pragma once

#include "app/holdfast/commands/command.h"

namespace cli {

/// The key share that a command was given as its first argument; `-` reads it from standard input, and without an argument the terminal is
/// asked with `prompt`. Errors: those of reading.
core::Result<core::SecretBytes> readKeyShare(Invocation& run, const std::string& prompt);

/// Shows how far an attempt that collects key shares has come: nonce, progress and `more` as a table, or `data` as it is in other formats.
int showAttempt(Invocation& run, const Json& data, const std::vector<Row>& more);

} // namespace cli
