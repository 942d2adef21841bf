#pragma once

#include <algorithm>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>

namespace cli {

/// Prints the help of a command if the words ask for it. Returns true if it did.
inline bool askedForHelp(std::span<const std::string> words, std::string_view help)
{
    const auto isAsking = [](std::string_view word) { return word == "-h" || word == "-help" || word == "--help"; };
    if (std::ranges::none_of(words, isAsking)) return false;
    std::fwrite(help.data(), 1, help.size(), stdout);
    return true;
}

} // namespace cli
