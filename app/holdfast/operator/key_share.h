#pragma once

#include "app/holdfast/commands/command.h"

#include <string>
#include <string_view>
#include <vector>

namespace cli {

/// How the terminal asks for a key share.
struct SharePrompt {
    std::string_view nonce = "Operation nonce: ";
    std::string_view key = "Key share";
};

/// A key share, with the nonce of the attempt that it is for.
struct KeyShare {
    core::SecretBytes key;
    std::string nonce;

    Json toJson() const;
};

/// Reads a share: from the first argument, for `-` from standard input, without an argument from the terminal. The terminal shows the nonce of
/// `attempt`, which is the server's progress report, so the key holder need not repeat it. Otherwise -nonce has it. Errors: those of reading,
/// InvalidArgument (no nonce); with the text for the user.
core::Result<KeyShare> readKeyShare(Invocation& run, const Json& attempt, const SharePrompt& prompt = {});

/// An operation that needs a threshold of key shares. Key holders give one share each.
struct ShareAttempt {
    std::string path;         // <path>/attempt starts the attempt, reports its progress and cancels it; <path>/update takes a share
    std::string startCommand; // for the user, if there is no attempt
    int (*show)(Invocation&, const Json& progress);
};

/// The options -init, -cancel, -status and -nonce.
std::vector<Flag> shareFlags();

/// Does what these options say. Without -init, -cancel and -status it gives a share.
int runShareAttempt(Invocation& run, const ShareAttempt& attempt);

/// Shows the progress of an attempt: nonce, progress and `more` as a table, or `progress` unchanged in other formats.
int showAttempt(Invocation& run, const Json& progress, const std::vector<Row>& more);

} // namespace cli
