#pragma once

#include "core/base/result.h"

#include <string>
#include <string_view>

namespace core {

std::string toHex(std::string_view bytes);
/// Either case. Errors: InvalidArgument (odd length, other characters).
Result<std::string> fromHex(std::string_view text);

/// Standard alphabet with padding (RFC 4648 §4).
std::string toBase64(std::string_view bytes);
/// Padding can be missing. Errors: InvalidArgument.
Result<std::string> fromBase64(std::string_view text);

/// URL alphabet without padding (RFC 4648 §5), as in JWTs.
std::string toBase64Url(std::string_view bytes);
/// Padding can be missing. Errors: InvalidArgument.
Result<std::string> fromBase64Url(std::string_view text);

/// True if the bytes are UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF).
bool isUtf8(std::string_view bytes);

inline constexpr std::string_view kBase62Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

} // namespace core
