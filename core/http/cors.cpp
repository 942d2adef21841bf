#include "core/http/cors.h"

#include <algorithm>

namespace core::http {
namespace {

constexpr std::string_view kMethods[] = {"DELETE", "GET", "OPTIONS", "POST", "PUT", "LIST", "PATCH"};

template<class Texts>
std::string commaList(const Texts& texts)
{
    std::string list;
    for (const auto& text : texts) list.append(list.empty() ? "" : ", ").append(text);
    return list;
}

} // namespace

CorsVerdict judgeOrigin(const Message& message, const sys::CorsRules* rules)
{
    CorsVerdict verdict;
    const auto origin = message.header("origin");
    if (!rules || !rules->isEnabled() || origin.empty()) return verdict;
    if (!rules->allows(origin)) {
        verdict.reply = errorReply(403, {"origin not allowed"});
        return verdict;
    }
    const bool isPreflight = message.method == "OPTIONS";
    const auto asked = message.header("access-control-request-method");
    if (isPreflight && std::ranges::find(kMethods, asked) == std::end(kMethods)) {
        verdict.reply = errorReply(405, {});
        return verdict;
    }
    // The parser accepts no line end in a header, so the origin can be sent back unchanged.
    verdict.headers = {{"Access-Control-Allow-Origin", std::string{origin}}, {"Vary", "Origin"}};
    if (!isPreflight) return verdict;
    verdict.reply.emplace().status = 204;
    verdict.headers.push_back({"Access-Control-Allow-Methods", commaList(kMethods)});
    verdict.headers.push_back({"Access-Control-Allow-Headers", commaList(rules->allowedHeaders())});
    verdict.headers.push_back({"Access-Control-Max-Age", "300"});
    return verdict;
}

} // namespace core::http
