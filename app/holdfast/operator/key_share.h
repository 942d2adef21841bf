#pragma once

#include "app/holdfast/commands/command.h"

namespace cli {

/// Reads the key share of a command: from its first argument, for `-` from standard input, without an argument from the terminal, with
/// `prompt`. Errors: those of reading.
core::Result<core::SecretBytes> readKeyShare(Invocation& run, const std::string& prompt);

/// Shows the progress of an attempt that collects key shares: nonce, progress and `more` as a table, or `data` unchanged in other formats.
int showAttempt(Invocation& run, const Json& data, const std::vector<Row>& more);

} // namespace cli
