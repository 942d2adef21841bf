#pragma once

#include "core/base/result.h"
#include "core/base/secret_bytes.h"

#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>

namespace cli {

/// What the command line needs from its process. Tests replace it.
struct Context {
    /// The value of an environment variable; empty if it is not set.
    std::function<std::string(const char*)> environment;
    std::istream& in;
    std::ostream& out;
    std::ostream& err;
    bool outIsTerminal = false;
    /// Shows a question on the terminal and reads a line without echo. Errors: Unavailable (no terminal), Cancelled.
    std::function<core::Result<core::SecretBytes>(std::string_view question)> ask;
};

/// The real process. `askTerminal` switches the echo off, and on again, even after an interrupt.
Context processContext();

/// All of standard input. Only the returned bytes hold it.
core::SecretBytes readSecret(std::istream& in);

/// Without blanks and line ends at both sides.
core::SecretBytes trimmed(const core::SecretBytes& secret);
std::string_view trimmed(std::string_view text);
/// Turns a path as people write it, such as " /team/ ", into the API's form "team".
std::string withoutSlashes(std::string_view path);

} // namespace cli
