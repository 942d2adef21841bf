#pragma once

#include "app/holdfast/text/json.h"

#include <istream>
#include <span>

namespace cli {

/// Reads the data words of `write` and similar commands into one JSON object: `key=value`, `key=@file`, `key=-` (standard input),
/// `key=\@text` for text that begins with '@', `@file` and `-` for a whole JSON object. Values are JSON strings; a key that is given
/// more than once becomes a list. Errors: InvalidArgument (no '=', standard input used twice, not a JSON object), Io.
core::Result<Json> readKeyValues(std::span<const std::string> words, std::istream& in);

/// A whole file. Errors: Io.
core::Result<std::string> readFile(const std::string& path);

} // namespace cli
