#pragma once

#include "core/base/result.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace core {

/// Texts as programs in Go write them. Clients compare error texts, and the servers whose API we offer are written in Go.

/// The text in double quotes with Go's escapes (`strconv.Quote`): `a\tb`, `\x00`, `\u200b`.
std::string goQuoted(std::string_view text);

/// True if every character is printable in Go's sense: no controls, no blanks except U+0020, no marks of direction.
bool isGoPrintable(std::string_view text);

/// True or false as Go's `strconv.ParseBool` reads them: 1, t, T, TRUE, true, True, and the opposites. Empty: anything else, also an empty text.
std::optional<bool> goBoolean(std::string_view text);

/// The position at which standard base64 with padding is wrong, counted as Go does. Empty if it is right. Line ends are skipped.
std::optional<std::size_t> base64Fault(std::string_view text);

/// Decodes standard base64 with padding as Go does; line ends are skipped. Errors: InvalidArgument, with Go's text.
Result<std::string> decodeGoBase64(std::string_view text);

/// Several errors as one text: `2 errors occurred:\n\t* a\n\t* b\n\n`.
template<class Texts>
std::string joinedErrors(const Texts& texts)
{
    std::string joined = std::to_string(texts.size()) + (texts.size() == 1 ? " error occurred:\n" : " errors occurred:\n");
    for (const auto& text : texts) joined.append("\t* ").append(text).append("\n");
    return joined + "\n";
}

} // namespace core
