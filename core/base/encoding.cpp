#include "core/base/encoding.h"

#include <array>
#include <cstdint>

namespace core {
namespace {

constexpr std::string_view kStandard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::array<std::int8_t, 256> reverseOf(std::string_view alphabet)
{
    std::array<std::int8_t, 256> table{};
    table.fill(-1);
    for (std::size_t at = 0; at < alphabet.size(); ++at) {
        table[static_cast<unsigned char>(alphabet[at])] = static_cast<std::int8_t>(at);
    }
    return table;
}

constexpr auto kStandardReverse = reverseOf(kStandard);
constexpr auto kUrlReverse = reverseOf(kUrl);

std::string encode64(std::string_view bytes, std::string_view alphabet, bool isPadded)
{
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    std::uint32_t bits = 0;
    int bitCount = 0;
    for (const char c : bytes) {
        bits = (bits << 8) | static_cast<unsigned char>(c);
        bitCount += 8;
        while (bitCount >= 6) {
            bitCount -= 6;
            out.push_back(alphabet[(bits >> bitCount) & 63]);
        }
    }
    if (bitCount > 0) out.push_back(alphabet[(bits << (6 - bitCount)) & 63]);
    if (isPadded) out.append((4 - out.size() % 4) % 4, '=');
    return out;
}

Result<std::string> decode64(std::string_view text, const std::array<std::int8_t, 256>& reverse)
{
    while (!text.empty() && text.back() == '=') text.remove_suffix(1);
    if (text.size() % 4 == 1) return Error{ErrorCode::InvalidArgument, "base64 text of impossible length"};
    std::string out;
    out.reserve(text.size() * 3 / 4);
    std::uint32_t bits = 0;
    int bitCount = 0;
    for (const char c : text) {
        const auto digit = reverse[static_cast<unsigned char>(c)];
        if (digit < 0) return Error{ErrorCode::InvalidArgument, "character outside the base64 alphabet"};
        bits = (bits << 6) | static_cast<std::uint32_t>(digit);
        bitCount += 6;
        if (bitCount >= 8) {
            bitCount -= 8;
            out.push_back(static_cast<char>((bits >> bitCount) & 0xff));
        }
    }
    return out;
}

int hexDigit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

} // namespace

std::string toHex(std::string_view bytes)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        out.push_back(digits[byte >> 4]);
        out.push_back(digits[byte & 15]);
    }
    return out;
}

Result<std::string> fromHex(std::string_view text)
{
    if (text.size() % 2 != 0) return Error{ErrorCode::InvalidArgument, "hex text of odd length"};
    std::string out;
    out.reserve(text.size() / 2);
    for (std::size_t at = 0; at < text.size(); at += 2) {
        const int high = hexDigit(text[at]);
        const int low = hexDigit(text[at + 1]);
        if (high < 0 || low < 0) return Error{ErrorCode::InvalidArgument, "character outside the hex alphabet"};
        out.push_back(static_cast<char>(high * 16 + low));
    }
    return out;
}

std::string toBase64(std::string_view bytes)
{
    return encode64(bytes, kStandard, true);
}
Result<std::string> fromBase64(std::string_view text)
{
    return decode64(text, kStandardReverse);
}
std::string toBase64Url(std::string_view bytes)
{
    return encode64(bytes, kUrl, false);
}
Result<std::string> fromBase64Url(std::string_view text)
{
    return decode64(text, kUrlReverse);
}

bool isUtf8(std::string_view bytes)
{
    for (std::size_t at = 0; at < bytes.size();) {
        const auto byte = [&](std::size_t offset) { return static_cast<unsigned char>(bytes[at + offset]); };
        const unsigned char first = byte(0);
        if (first < 0x80) {
            ++at;
            continue;
        }
        const std::size_t length = first >= 0xc2 && first <= 0xdf ? 2 : first >= 0xe0 && first <= 0xef ? 3 : first >= 0xf0 && first <= 0xf4 ? 4 : 0;
        if (length == 0 || at + length > bytes.size()) return false;
        // The first two bytes together show overlong forms, surrogates, and values above U+10FFFF.
        const unsigned char low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
        const unsigned char high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
        if (byte(1) < low || byte(1) > high) return false;
        for (std::size_t offset = 2; offset < length; ++offset) {
            if ((byte(offset) & 0xc0) != 0x80) return false;
        }
        at += length;
    }
    return true;
}

} // namespace core
