#include "core/quota/settings.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

namespace core::quota {
namespace {

namespace json = boost::json;

json::array arrayOf(const std::vector<std::string>& items)
{
    json::array out;
    for (const auto& item : items) out.emplace_back(item);
    return out;
}

std::vector<std::string> listOf(const json::object& object, std::string_view name)
{
    std::vector<std::string> out;
    const auto* value = object.if_contains(name);
    if (!value || !value->is_array()) return out;
    for (const auto& item : value->get_array()) {
        if (item.is_string()) out.emplace_back(item.get_string());
    }
    return out;
}

bool flagOf(const json::object& object, std::string_view name)
{
    const auto* value = object.if_contains(name);
    return value && value->is_bool() && value->get_bool();
}

} // namespace

Settings Settings::initial()
{
    Settings settings;
    settings.exemptPaths = {"sys/generate-recovery-token/attempt",
                            "sys/generate-recovery-token/update",
                            "sys/generate-root/attempt",
                            "sys/generate-root/update",
                            "sys/health",
                            "sys/seal-status",
                            "sys/unseal"};
    return settings;
}

bool Settings::isExempt(std::string_view path) const
{
    bool isExempt = false;
    std::size_t longest = 0;
    for (const auto* list : {&exemptPaths, &absoluteExemptPaths}) {
        for (std::string_view entry : *list) {
            const bool isException = entry.starts_with('!');
            if (isException) entry.remove_prefix(1);
            if (entry.empty() || entry.size() < longest || !path.starts_with(entry)) continue;
            isExempt = entry.size() == longest ? isExempt && !isException : !isException; // of two that are equal, the exception counts
            longest = entry.size();
        }
    }
    return isExempt;
}

json::object Settings::describe() const
{
    return {{"absolute_rate_limit_exempt_paths", arrayOf(absoluteExemptPaths)},
            {"enable_rate_limit_audit_logging", isRefusalAudited},
            {"enable_rate_limit_response_headers", hasHeaders},
            {"rate_limit_exempt_paths", arrayOf(exemptPaths)}};
}

Result<Settings> Settings::fromText(std::string_view text)
{
    json::error_code failed;
    const auto value = json::parse(json::string_view{text.data(), text.size()}, failed);
    if (failed || !value.is_object()) return Error{ErrorCode::Corrupt, "stored settings of quotas"};
    const auto& object = value.get_object();
    return Settings{.exemptPaths = listOf(object, "rate_limit_exempt_paths"),
                    .absoluteExemptPaths = listOf(object, "absolute_rate_limit_exempt_paths"),
                    .isRefusalAudited = flagOf(object, "enable_rate_limit_audit_logging"),
                    .hasHeaders = flagOf(object, "enable_rate_limit_response_headers")};
}

} // namespace core::quota
