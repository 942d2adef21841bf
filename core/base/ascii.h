#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace core {

// ASCII only: other bytes stay as they are, so UTF-8 stays whole. No locale has an effect.

/// Without blanks and line ends at both ends.
inline std::string_view trimmed(std::string_view text, std::string_view blanks = " \t\r\n")
{
    const auto first = text.find_first_not_of(blanks);
    return first == std::string_view::npos ? std::string_view{} : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

inline std::string lowerCased(std::string_view text)
{
    std::string lower{text};
    std::ranges::transform(lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return lower;
}

} // namespace core
