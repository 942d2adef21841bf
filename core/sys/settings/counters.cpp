// sys/internal/counters: what clients ask about use (spec: quotas-namespaces-misc.md §12). This program counts no clients, and says so: without a time
// range that has data, clients show that there is none.
#include "core/sys/routes/handlers.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace core::sys {
namespace {

namespace json = boost::json;
using mount::Response;

constexpr std::string_view kFolder = "sys/counters/";
constexpr std::string_view kConfigKey = "activity/config";
constexpr std::int64_t kRetentionMonthsMax = 60;

const FieldList kTimes{{"start_time", FieldType::Text, "Where the time begins: RFC 3339, or seconds since 1970."},
                       {"end_time", FieldType::Text, "Where it ends."},
                       {"limit_namespaces", FieldType::Integer, "At most so many namespaces; there is one."},
                       {"current_billing_period", FieldType::Boolean, "The present period."}};

Result<Response> countEntities(Call& call)
{
    auto entities = call.scope().shared("sys/identity/").list("entity/"); // core/identity
    if (!entities) return std::move(entities).error();
    const json::object total{{"total", entities->size()}};
    return Response::ofData({{"counters", json::object{{"entities", total}}}});
}

Response noActivity()
{
    Response response;
    response.status = 204;
    return response;
}

struct Config {
    std::int64_t reportMonths = 12;
    std::int64_t retentionMonths = 48;
};

Result<Config> load(const Call& call)
{
    auto text = call.scope().local(std::string{kFolder}).get(kConfigKey);
    if (!text) return std::move(text).error();
    if (!*text) return Config{};
    json::error_code failed;
    const auto value = json::parse(**text, failed);
    if (failed || !value.is_object()) return Error{ErrorCode::Corrupt, "stored settings of counters"};
    mount::Fields fields{value.get_object()};
    return Config{.reportMonths = fields.integer("default_report_months").value_or(12),
                  .retentionMonths = fields.integer("retention_months").value_or(48)};
}

Result<Response> readConfig(Call& call)
{
    auto config = load(call);
    if (!config) return std::move(config).error();
    return Response::ofData({{"billing_start_timestamp", nullptr},
                             {"default_report_months", config->reportMonths},
                             {"enabled", "disable"},
                             {"minimum_retention_months", 0},
                             {"queries_available", false},
                             {"reporting_enabled", false},
                             {"retention_months", config->retentionMonths}});
}

Result<Response> writeConfig(Call& call)
{
    auto config = load(call);
    if (!config) return std::move(config).error();
    const auto report = call.fields.integer("default_report_months");
    const auto retention = call.fields.integer("retention_months");
    const auto enabled = call.fields.textOr("enabled", "default");
    if (call.fields.refusal()) return *call.fields.refusal();
    Response response;
    if (enabled != "default" && enabled != "disable" && enabled != "enable") {
        return Response::badRequest("enabled must be one of \"default\", \"enable\", \"disable\"");
    }
    if (enabled == "enable") return Response::badRequest("this server counts no clients; enabled stays disable");
    if (report && *report < 1) return Response::badRequest("default_report_months must be positive");
    if (retention && *retention < 0) return Response::badRequest("retention_months must be greater than or equal to 0");
    if (report) config->reportMonths = *report;
    if (retention) config->retentionMonths = std::min(*retention, kRetentionMonthsMax);
    if (retention && *retention > kRetentionMonthsMax) {
        response.status = 200;
        response.warnings.emplace_back("retention_months cannot be greater than 60; capped to 60.");
    }
    const json::object stored{{"default_report_months", config->reportMonths}, {"retention_months", config->retentionMonths}};
    if (auto put = call.scope().local(std::string{kFolder}).put(kConfigKey, json::serialize(stored)); !put) return std::move(put).error();
    return response;
}

} // namespace

void addCounterRoutes(RouteTable& routes)
{
    routes.add({.verbs = Verb::Read,
                .pattern = "internal/counters/entities",
                .handle = countEntities,
                .isSlow = true, // it counts them one by one
                .fields = kNoFields,
                .help = "Counts the entities."});
    for (const char* pattern : {"internal/counters/activity", "internal/counters/activity/monthly"}) {
        routes.add({.verbs = Verb::Read,
                    .pattern = pattern,
                    .handle = [](Call&) -> Result<Response> { return noActivity(); },
                    .fields = kTimes,
                    .isWithoutWarnings = true,
                    .help = "Answers that there is no data: this server counts no clients."});
    }
    routes.add({.verbs = Verb::Read,
                .pattern = "internal/counters/config",
                .handle = readConfig,
                .fields = kNoFields,
                .help = "Shows or sets what is kept of the use by clients."});
    routes.add({.verbs = Verb::Write,
                .pattern = "internal/counters/config",
                .handle = writeConfig,
                .fields = FieldList{{"default_report_months", FieldType::Integer, "How many months a report has.", "12"},
                                    {"retention_months", FieldType::Integer, "How many months are kept; 60 at most.", "48"},
                                    {"enabled", FieldType::Text, "`default` or `disable`.", "\"default\""}},
                .isWithoutWarnings = true,
                .help = "Shows or sets what is kept of the use by clients."});
}

} // namespace core::sys
