#include "core/base/go_text.h"

#include "core/base/encoding.h"
#include "core/base/secret_bytes.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

namespace core {
namespace {

struct Character {
    std::uint32_t code = 0;
    std::size_t bytes = 1;
    bool isValid = true;
};

/// The first character of UTF-8 text. A byte that is not UTF-8 counts as a character.
Character firstOf(std::string_view text)
{
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const unsigned char lead = byte(0);
    if (lead < 0x80) return {lead, 1, true};
    const std::size_t count = lead >= 0xf0 && lead < 0xf5 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
    if (count == 0 || !isUtf8(text.substr(0, count))) return {lead, 1, false};
    std::uint32_t code = lead & (0xffu >> (count + 1));
    for (std::size_t at = 1; at < count; ++at) code = code << 6 | (byte(at) & 0x3fu);
    return {code, count, true};
}

struct Range {
    std::uint32_t first;
    std::uint32_t last;
};

// Controls, blanks other than U+0020, format characters, surrogates and private use: all that is certainly not printable.
constexpr std::array<Range, 22> kUnprintable{{
    {0x00, 0x1f},       {0x7f, 0xa0},       {0xad, 0xad},       {0x600, 0x605},      {0x61c, 0x61c},   {0x6dd, 0x6dd},
    {0x70f, 0x70f},     {0x1680, 0x1680},   {0x180e, 0x180e},   {0x2000, 0x200f},    {0x2028, 0x202f}, {0x205f, 0x206f},
    {0x3000, 0x3000},   {0xd800, 0xf8ff},   {0xfdd0, 0xfdef},   {0xfeff, 0xfeff},    {0xfff0, 0xfffb}, {0xfffe, 0xffff},
    {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe00ff}, {0xf0000, 0x10ffff},
}};

bool isPrintable(const Character& character)
{
    if (!character.isValid) return false;
    return std::ranges::none_of(kUnprintable, [&](const Range& range) { return range.first <= character.code && character.code <= range.last; });
}

std::string hexOf(const char* format, std::uint32_t number)
{
    char text[16];
    std::snprintf(text, sizeof text, format, number);
    return text;
}

bool isLineEnd(char c)
{
    return c == '\n' || c == '\r';
}

bool isBase64Digit(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

} // namespace

std::string goQuoted(std::string_view text)
{
    constexpr std::string_view kNamed = "\a\b\f\n\r\t\v";
    constexpr std::string_view kNames = "abfnrtv";
    std::string quoted{'"'};
    while (!text.empty()) {
        const auto character = firstOf(text);
        const char c = text.front();
        if (!character.isValid) {
            quoted += hexOf("\\x%02x", character.code);
        } else if (c == '"' || c == '\\') {
            quoted.append({'\\', c});
        } else if (const auto at = kNamed.find(c); at != std::string_view::npos) {
            quoted.append({'\\', kNames[at]});
        } else if (isPrintable(character)) {
            quoted.append(text.substr(0, character.bytes));
        } else {
            const char* format = character.code < 0x80 ? "\\x%02x" : character.code <= 0xffff ? "\\u%04x" : "\\U%08x";
            quoted += hexOf(format, character.code);
        }
        text.remove_prefix(character.bytes);
    }
    quoted.push_back('"');
    return quoted;
}

bool isGoPrintable(std::string_view text)
{
    while (!text.empty()) {
        const auto character = firstOf(text);
        if (!isPrintable(character)) return false;
        text.remove_prefix(character.bytes);
    }
    return true;
}

std::optional<bool> goBoolean(std::string_view text)
{
    for (const std::string_view yes : {"1", "t", "T", "TRUE", "true", "True"}) {
        if (text == yes) return true;
    }
    for (const std::string_view no : {"0", "f", "F", "FALSE", "false", "False"}) {
        if (text == no) return false;
    }
    return std::nullopt;
}

std::optional<std::size_t> base64Fault(std::string_view text)
{
    std::size_t inGroup = 0; // digits in the present group of four
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (isLineEnd(c)) continue;
        if (isBase64Digit(c)) {
            inGroup = (inGroup + 1) % 4;
            continue;
        }
        if (c != '=' || inGroup < 2) return at;
        auto next = at + 1;
        const auto skipLineEnds = [&] {
            while (next < text.size() && isLineEnd(text[next])) ++next;
        };
        if (inGroup == 2) { // a second '=' belongs to it
            skipLineEnds();
            if (next == text.size()) return next;
            if (text[next] != '=') return next - 1;
            ++next;
        }
        skipLineEnds();
        return next < text.size() ? std::optional{next} : std::nullopt;
    }
    // The last group is incomplete. Its beginning is the position of the error.
    return inGroup == 0 ? std::nullopt : std::optional{text.size() - inGroup};
}

Result<std::string> decodeGoBase64(std::string_view text)
{
    if (const auto at = base64Fault(text)) {
        return Error{ErrorCode::InvalidArgument, "illegal base64 data at input byte " + std::to_string(*at)};
    }
    if (text.find_first_of("\r\n") == std::string_view::npos) return fromBase64(text);
    std::string joined{text};
    std::erase_if(joined, [](char c) { return c == '\n' || c == '\r'; });
    auto decoded = fromBase64(joined);
    wipe(joined); // it can be a secret
    return decoded;
}

} // namespace core
