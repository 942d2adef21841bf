#include "core/sys/settings/cors.h"

#include "core/sys/routes/handlers.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace core::sys {
namespace {

namespace json = boost::json;
using mount::Response;

constexpr std::string_view kFolder = "sys/config/";
constexpr std::string_view kName = "cors";
constexpr std::string_view kStandardHeaders[] = {
    "Content-Type",        "X-Requested-With", "X-Vault-AWS-IAM-Server-ID", "X-Vault-MFA",   "X-Vault-No-Request-Forwarding",
    "X-Vault-Wrap-Format", "X-Vault-Wrap-TTL", "X-Vault-Policy-Override",   "Authorization", "X-Vault-Token"};
constexpr std::size_t kEntriesMax = 256;
constexpr std::size_t kEntryBytesMax = 512;

/// A value in a header line must not end the line.
bool isHeaderText(std::string_view text)
{
    return !text.empty() && text.size() <= kEntryBytesMax &&
           std::ranges::all_of(text, [](unsigned char c) { return c > 0x20 && c < 0x7f && c != ','; });
}

bool isPlausible(const std::vector<std::string>& entries)
{
    return entries.size() <= kEntriesMax && std::ranges::all_of(entries, isHeaderText);
}

Result<Response> read(const Call& call)
{
    auto rules = loadCorsRules(call.scope());
    if (!rules) return rules.error();
    json::object data{{"enabled", rules->isEnabled()}};
    if (rules->isEnabled()) {
        data["allowed_origins"] = textArray(rules->origins);
        data["allowed_headers"] = textArray(rules->allowedHeaders());
    }
    return Response::ofData(std::move(data));
}

Result<Response> write(Call& call)
{
    const auto origins = call.fields.list("allowed_origins").value_or(std::vector<std::string>{});
    const auto headers = call.fields.list("allowed_headers").value_or(std::vector<std::string>{});
    if (call.fields.refusal()) return *call.fields.refusal();
    if (origins.empty()) return Response::badRequest("at least one origin or the wildcard must be provided");
    if (origins.size() > 1 && std::ranges::find(origins, "*") != origins.end()) {
        return Response::badRequest("to allow all origins the '*' must be the only value for allowed_origins");
    }
    if (!isPlausible(origins) || !isPlausible(headers)) {
        return Response::badRequest("allowed_origins and allowed_headers take at most 256 texts of at most 512 visible ASCII characters each");
    }
    const json::object stored{{"allowed_origins", textArray(origins)}, {"allowed_headers", textArray(headers)}};
    if (auto put = call.scope().local(std::string{kFolder}).put(kName, json::serialize(stored)); !put) return put.error();
    return Response{};
}

Result<Response> switchOff(const Call& call)
{
    if (auto erased = call.scope().local(std::string{kFolder}).erase(kName); !erased) return erased.error();
    return Response{};
}

} // namespace

bool CorsRules::allows(std::string_view origin) const
{
    return std::ranges::any_of(origins, [&](const std::string& allowed) { return allowed == "*" || allowed == origin; });
}

std::vector<std::string> CorsRules::allowedHeaders() const
{
    std::vector<std::string> all{std::begin(kStandardHeaders), std::end(kStandardHeaders)};
    all.insert(all.end(), headers.begin(), headers.end());
    return all;
}

Result<CorsRules> loadCorsRules(const barrier::Scope& scope)
{
    auto text = scope.local(std::string{kFolder}).get(kName);
    if (!text) return text.error();
    if (!*text) return CorsRules{};
    json::error_code failed;
    const auto value = json::parse(**text, failed);
    if (failed || !value.is_object()) return Error{ErrorCode::Corrupt, "stored CORS rules"};
    mount::Fields fields{value.get_object()};
    return CorsRules{.origins = fields.list("allowed_origins").value_or(std::vector<std::string>{}),
                     .headers = fields.list("allowed_headers").value_or(std::vector<std::string>{})};
}

void addCorsRoutes(RouteTable& routes)
{
    const FieldList fields{{"allowed_origins", FieldType::TextList, "The origins of the pages, or `*`."},
                           {"allowed_headers", FieldType::TextList, "Headers in addition to those of the API."}};
    const auto add = [&](Verb verb, Handler handle) {
        routes.add({.verbs = verb,
                    .pattern = "config/cors",
                    .handle = std::move(handle),
                    .needsSudo = true,
                    .isInjected = true,
                    .fields = verb == Verb::Write ? fields : kNoFields,
                    .isWithoutWarnings = true,
                    .help = "Shows, sets or switches off the rules for web pages that call the API: `allowed_origins`, `allowed_headers`."});
    };
    add(Verb::Read, [](Call& call) { return read(call); });
    add(Verb::Write, write);
    add(Verb::Delete, [](Call& call) { return switchOff(call); });
}

} // namespace core::sys
