#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace core {

/// Texts as programs in Go write them: clients compare error texts, and the servers whose API this is are written in Go.

/// The text in double quotes with Go's escapes (`strconv.Quote`): `a\tb`, `\x00`, `\u200b`.
std::string goQuoted(std::string_view text);

/// Whether every character is one that Go calls printable: no controls, no blanks but U+0020, no marks of direction.
bool isGoPrintable(std::string_view text);

/// Where standard base64 with padding goes wrong, as Go counts; nothing when it does not. Line ends are skipped.
std::optional<std::size_t> base64Fault(std::string_view text);

/// Several errors as one text: `2 errors occurred:\n\t* a\n\t* b\n\n`.
template<class Texts>
std::string joinedErrors(const Texts& texts)
{
    std::string joined = std::to_string(texts.size()) + (texts.size() == 1 ? " error occurred:\n" : " errors occurred:\n");
    for (const auto& text : texts) joined.append("\t* ").append(text).append("\n");
    return joined + "\n";
}

} // namespace core
