#include "core/audit/request_uri.h"

#include <algorithm>

namespace core::audit {
namespace {

int digitOf(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// Decodes '+' and %XX. Anything else stays as it is.
std::string decoded(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        const bool isEscape = text[at] == '%' && at + 2 < text.size() && digitOf(text[at + 1]) >= 0 && digitOf(text[at + 2]) >= 0;
        if (isEscape) {
            out.push_back(static_cast<char>(digitOf(text[at + 1]) * 16 + digitOf(text[at + 2])));
            at += 2;
        } else {
            out.push_back(text[at] == '+' ? ' ' : text[at]);
        }
    }
    return out;
}

} // namespace

std::string withHashedQuery(std::string_view target, const HashText& hash)
{
    const auto mark = target.find('?');
    if (mark == std::string_view::npos) return std::string{target};
    std::string out{target.substr(0, mark + 1)};
    auto rest = target.substr(mark + 1);
    if (static_cast<std::size_t>(std::ranges::count(rest, '&')) >= kHashedParametersMax) return out + hash(rest);
    while (true) {
        const auto end = rest.find('&');
        const auto parameter = rest.substr(0, end);
        const auto equals = parameter.find('=');
        const auto value = equals == std::string_view::npos ? parameter : parameter.substr(equals + 1);
        out += parameter.substr(0, parameter.size() - value.size());
        if (!value.empty()) out += hash(decoded(value));
        if (end == std::string_view::npos) return out;
        out += '&';
        rest = rest.substr(end + 1);
    }
}

} // namespace core::audit
