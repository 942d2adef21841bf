#pragma once

#include "app/holdfast/text/context.h"

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

/// A command that is no client of a server, such as `server`. It parses its words itself.
struct Mode {
    std::string_view name;
    std::string_view synopsis;
    std::function<int(std::span<const std::string> arguments)> run;
};

/// Runs `holdfast WORDS…` and returns its exit code: 0 done, 1 wrong use or local error, 2 refused by the server, 127 no such command. For
/// `status` 1 and 2 have another meaning.
int runCommandLine(std::span<const std::string> words, Context& context, std::span<const Mode> modes = {});

/// "kv get", "status" and so on, sorted; without modes.
std::vector<std::string_view> commandNames();

/// The words that can stand at the end of a command line that is being typed: "holdfast kv g" gives "get". Sorted, each once.
std::vector<std::string> completionsOf(std::string_view line, std::span<const Mode> modes = {});

} // namespace cli
