#include "core/http/reply_headers.h"

#include <boost/beast/core/string.hpp>

#include <algorithm>

namespace core::http {
namespace {

using boost::beast::iequals;

constexpr int kStatusMin = 100;
constexpr int kStatusMax = 599;

bool isToken(std::string_view name)
{
    constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
    return !name.empty() && std::ranges::all_of(name, [&](char c) {
        const bool isLetter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        return isLetter || (c >= '0' && c <= '9') || kMarks.find(c) != std::string_view::npos;
    });
}

bool isStatuses(std::string_view text)
{
    if (text == "default") return true;
    if (text.size() != 3 || text[0] < '1' || text[0] > '5') return false;
    const auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
    return text.substr(1) == "xx" || (isDigit(text[1]) && isDigit(text[2]));
}

Error invalid(std::string text)
{
    return Error{ErrorCode::InvalidArgument, std::move(text)};
}

} // namespace

ReplyHeaders::ReplyHeaders() : m_plain{compose(kStatusMin)} {}

Result<> ReplyHeaders::add(std::string_view statuses, std::string_view name, const std::vector<std::string>& values)
{
    const std::string shown{name.substr(0, 60)};
    if (!isStatuses(statuses)) {
        return invalid("takes default, 1xx to 5xx, or a status from 100 to 599, not \"" + std::string{statuses.substr(0, 60)} + '"');
    }
    if (!isToken(name)) return invalid("\"" + shown + "\" is no name of a header");
    for (const auto* framing : {"Content-Length", "Transfer-Encoding", "Connection", "Content-Type"}) {
        if (iequals(name, framing)) return invalid(shown + " is the server's own and cannot be set");
    }
    constexpr std::string_view kReserved = "X-Vault-";
    if (name.size() >= kReserved.size() && iequals(name.substr(0, kReserved.size()), kReserved)) {
        return invalid(shown + ": names that begin with X-Vault- are the server's own");
    }
    std::string joined;
    for (const auto& value : values) {
        const bool isClean = std::ranges::all_of(value, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
        if (!isClean) return invalid("the value of " + shown + " holds a control character");
        if (!joined.empty()) joined += "; ";
        joined += value;
    }
    m_custom[std::string{statuses}].push_back({std::string{name}, std::move(joined)});
    m_lines.clear();
    for (int status = kStatusMin; status <= kStatusMax; ++status) m_lines.push_back(compose(status));
    return {};
}

const std::string& ReplyHeaders::linesFor(int status) const
{
    if (m_lines.empty() || status < kStatusMin || status > kStatusMax) return m_plain;
    return m_lines[static_cast<std::size_t>(status - kStatusMin)];
}

std::string ReplyHeaders::compose(int status) const
{
    std::vector<Header> all{{"Cache-Control", "no-store"}, {"Strict-Transport-Security", "max-age=31536000; includeSubDomains"}};
    const std::string exact = std::to_string(status);
    for (const auto& statuses : {std::string{"default"}, exact.substr(0, 1) + "xx", exact}) {
        const auto found = m_custom.find(statuses);
        if (found == m_custom.end()) continue;
        for (const auto& header : found->second) {
            const auto same = std::ranges::find_if(all, [&](const Header& other) { return iequals(other.name, header.name); });
            if (same != all.end()) same->value = header.value;
            else all.push_back(header);
        }
    }
    std::string lines;
    for (const auto& header : all) lines.append(header.name).append(": ").append(header.value).append("\r\n");
    return lines;
}

} // namespace core::http
