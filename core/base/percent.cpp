#include "core/base/percent.h"

namespace core {
namespace {

constexpr std::string_view kUnreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

/// The value of a hex digit; -1 for another character.
int digitOf(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::optional<std::string> decoded(std::string_view text, bool isForm)
{
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') {
            out.push_back(isForm && text[at] == '+' ? ' ' : text[at]);
            continue;
        }
        if (at + 2 >= text.size() || digitOf(text[at + 1]) < 0 || digitOf(text[at + 2]) < 0) return std::nullopt;
        out.push_back(static_cast<char>(digitOf(text[at + 1]) * 16 + digitOf(text[at + 2])));
        at += 2;
    }
    return out;
}

} // namespace

std::string percentEncoded(std::string_view text, std::string_view alsoPlain)
{
    static constexpr char kHex[] = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (kUnreserved.find(c) != std::string_view::npos || alsoPlain.find(c) != std::string_view::npos) {
            out.push_back(c);
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out.append({'%', kHex[byte >> 4], kHex[byte & 15]});
        }
    }
    return out;
}

std::optional<std::string> percentDecoded(std::string_view text)
{
    return decoded(text, false);
}

std::optional<std::string> formDecoded(std::string_view text)
{
    return decoded(text, true);
}

} // namespace core
