#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace core {

/// Percent-encodes every byte except the unreserved characters (RFC 3986 §2.3) and those of `alsoPlain`. Escapes have upper-case digits.
std::string percentEncoded(std::string_view text, std::string_view alsoPlain = {});

/// "%41" → "A". Empty for a malformed escape. The result can have any bytes; see isUtf8().
std::optional<std::string> percentDecoded(std::string_view text);

/// The same for names and values of a form or a query: '+' is a space.
std::optional<std::string> formDecoded(std::string_view text);

} // namespace core
