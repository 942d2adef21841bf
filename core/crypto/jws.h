#pragma once

#include <optional>
#include <string_view>

namespace core::crypto {

/// The three parts of a signed text in compact form, `header.payload.signature` (RFC 7515 §7.1). All are base64url and point into the text.
struct CompactJws {
    std::string_view header;
    std::string_view payload;
    std::string_view signature;
    std::string_view signedText; // header and payload with the dot
};

/// Empty: not three parts of base64url, or longer than `bytesMax`. All parts are checked, so the text is safe in a header or a log.
std::optional<CompactJws> splitJws(std::string_view text, std::size_t bytesMax);

} // namespace core::crypto
