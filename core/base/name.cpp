#include "core/base/name.h"

#include "core/base/encoding.h"
#include "core/base/go_text.h"

#include <algorithm>
#include <array>

namespace core {
namespace {

/// The blanks of Unicode: U+0020, U+00A0, U+1680, U+2000 to U+200A, U+202F, U+205F, U+3000.
constexpr std::array<std::string_view, 17> kBlanks{
    " ",
    "\xc2\xa0",
    "\xe1\x9a\x80",
    "\xe2\x80\x80",
    "\xe2\x80\x81",
    "\xe2\x80\x82",
    "\xe2\x80\x83",
    "\xe2\x80\x84",
    "\xe2\x80\x85",
    "\xe2\x80\x86",
    "\xe2\x80\x87",
    "\xe2\x80\x88",
    "\xe2\x80\x89",
    "\xe2\x80\x8a",
    "\xe2\x80\xaf",
    "\xe2\x81\x9f",
    "\xe3\x80\x80",
};

bool isBlank(std::string_view character)
{
    return std::ranges::find(kBlanks, character) != kBlanks.end();
}

/// The number of bytes of the character that begins with this byte. The text is UTF-8.
std::size_t characterBytes(char lead)
{
    const auto byte = static_cast<unsigned char>(lead);
    return byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

bool isControl(std::string_view character)
{
    const auto byte = static_cast<unsigned char>(character[0]);
    if (character.size() == 1) return byte < 0x20 || byte == 0x7f;
    return (byte == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0) || character == "\xe2\x80\xa8" || character == "\xe2\x80\xa9";
}

/// What is wrong with the characters of a UTF-8 text. Empty: nothing.
std::string_view characterFault(std::string_view text)
{
    for (std::size_t at = 0; at < text.size();) {
        const auto character = text.substr(at, characterBytes(text[at]));
        at += character.size();
        if (isControl(character)) return " must not hold control characters";
        if (!isBlank(character) && !isGoPrintable(character)) return " must not hold invisible characters or marks of direction";
    }
    const auto begins = [&](std::string_view blank) { return text.starts_with(blank); };
    const auto ends = [&](std::string_view blank) { return text.ends_with(blank); };
    if (std::ranges::any_of(kBlanks, begins) || std::ranges::any_of(kBlanks, ends)) return " must not begin or end with a blank";
    return {};
}

bool hasDotSegment(std::string_view name)
{
    while (true) {
        const auto end = name.find('/');
        const auto segment = name.substr(0, end);
        if (segment == "." || segment == "..") return true;
        if (end == std::string_view::npos) return false;
        name.remove_prefix(end + 1);
    }
}

} // namespace

std::string nameRefusal(std::string_view what, std::string_view name)
{
    const std::string subject{what};
    if (name.empty()) return subject + " must not be empty";
    if (name.size() > kNameBytesMax) {
        return subject + " has " + std::to_string(name.size()) + " bytes; at most " + std::to_string(kNameBytesMax) + " are possible";
    }
    if (!isUtf8(name)) return subject + " must be valid UTF-8";
    if (const auto fault = characterFault(name); !fault.empty()) return subject + std::string{fault};
    if (hasDotSegment(name)) return subject + " must not have a segment \".\" or \"..\"";
    return {};
}

} // namespace core
