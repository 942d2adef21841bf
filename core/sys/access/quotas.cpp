// sys/quotas: rate limits and limits of leases (spec: quotas-namespaces-misc.md §1 to §3).
#include "core/base/name.h"
#include "core/mount/mount_table.h"
#include "core/quota/rule_rows.h"
#include "core/sys/routes/handlers.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace core::sys {
namespace {

namespace json = boost::json;
using mount::Response;
using quota::Kind;
using quota::Rule;

constexpr double kRateMax = 1e12;
constexpr std::int64_t kLeasesMax = 1'000'000'000;
constexpr std::chrono::seconds kIntervalMax{366 * 24 * 3600};
constexpr std::size_t kExemptPathsMax = 1000;
constexpr std::size_t kPathBytesMax = 1024;

/// A number that can have a fraction, also as text.
std::optional<double> rateOf(Call& call)
{
    const auto text = call.fields.text("rate");
    if (!text) return std::nullopt;
    double rate = 0;
    const auto [end, failed] = std::from_chars(text->data(), text->data() + text->size(), rate);
    return failed == std::errc{} && end == text->data() + text->size() ? std::optional{rate} : std::nullopt;
}

/// Divides the path into mount and rest. The refusal, if there is no such mount, or if it has no roles and `role` needs them.
std::optional<Response> setPlace(Rule& rule, std::string_view path, const mount::Router& router)
{
    rule.mountPath.clear();
    rule.suffix.clear();
    rule.isPrefix = false;
    while (path.starts_with('/')) path.remove_prefix(1);
    if (path.empty()) {
        if (rule.role.empty()) return std::nullopt;
        return Response::badRequest(
            "Quotas cannot contain both a path suffix and a role. If a role is provided, path must be a valid auth mount with a "
            "concept of roles");
    }
    const auto route = path.size() <= kPathBytesMax ? router.find(path) : nullptr;
    if (!route) return Response::badRequest("invalid mount path \"" + std::string{path.substr(0, kPathBytesMax)} + "\"");
    const auto& entry = route->entry;
    rule.mountPath = entry.path;
    if (path.size() > entry.path.size()) rule.suffix = path.substr(entry.path.size());
    if (rule.suffix.ends_with('*')) {
        rule.isPrefix = true;
        rule.suffix.pop_back();
        if (rule.suffix.empty()) rule.isPrefix = false; // all of the mount
    }
    if (rule.role.empty()) return std::nullopt;
    if (!rule.suffix.empty() || rule.isPrefix) {
        return Response::badRequest(
            "Quotas cannot contain both a path suffix and a role. If a role is provided, path must be a valid auth mount with a "
            "concept of roles");
    }
    if (route->kind != mount::TableKind::Auth) {
        return Response::badRequest("Mount path \"" + entry.path +
                                    "\" is not a valid auth method and therefore unsuitable for use with role-based quotas");
    }
    if (!route->backend->hasLoginRoles()) {
        return Response::badRequest("Mount path \"" + entry.path + "\" does not support use with role-based quotas");
    }
    return std::nullopt;
}

std::optional<Response> setRate(Rule& rule, Call& call)
{
    const auto rate = rateOf(call);
    if (!rate || !std::isfinite(*rate) || *rate <= 0 || *rate > kRateMax) return Response::badRequest("'rate' is invalid");
    rule.rate = *rate;
    const auto interval = call.fields.duration("interval").value_or(std::chrono::seconds{1});
    const auto block = call.fields.duration("block_interval").value_or(std::chrono::seconds{0});
    if (call.fields.refusal()) return call.fields.refusal();
    if (interval.count() < 0 || interval > kIntervalMax) return Response::badRequest("'interval' is invalid");
    if (block.count() < 0 || block > kIntervalMax) return Response::badRequest("'block' is invalid");
    rule.interval = std::max(std::chrono::seconds{1}, std::chrono::floor<std::chrono::seconds>(interval));
    rule.blockInterval = std::chrono::ceil<std::chrono::seconds>(block);
    const auto group = call.fields.textOr("group_by", "ip");
    if (group == "none" || group == "entity_then_ip" || group == "entity_then_none") {
        return Response::badRequest("grouping mode \"" + group + "\" is only available in Vault Enterprise");
    }
    if (group != "ip" && !group.empty()) return Response::badRequest("invalid grouping mode \"" + group.substr(0, 64) + "\"");
    return call.fields.refusal();
}

std::optional<Response> setLeases(Rule& rule, Call& call)
{
    const auto count = call.fields.integer("max_leases").value_or(0);
    if (call.fields.refusal()) return call.fields.refusal();
    if (count <= 0 || count > kLeasesMax) return Response::badRequest("'max_leases' is invalid");
    rule.leaseCountMax = static_cast<std::uint64_t>(count);
    return std::nullopt;
}

/// Only the whole cluster has namespaces below it, although there are none yet.
std::optional<Response> checkInheritance(const Rule& rule, Call& call)
{
    const auto given = call.fields.boolean("inheritable");
    if (call.fields.refusal()) return call.fields.refusal();
    if (!given) return std::nullopt;
    if (rule.mountPath.empty() && !*given) return Response::badRequest("all global quotas must be inheritable");
    if (!rule.mountPath.empty() && *given) return Response::badRequest("only namespace quotas can be configured as inheritable");
    return std::nullopt;
}

Result<Response> write(Call& call, const mount::Router& router, Kind kind)
{
    const auto name = call.part("name");
    auto before = quota::rule(call.scope(), kind, name);
    if (!before) return std::move(before).error();
    if (auto why = nameRefusal("the name of a quota", name); !*before && !why.empty()) return Response::badRequest(std::move(why));
    Rule rule;
    rule.kind = kind;
    rule.name = name;
    rule.role = call.fields.textOr("role", {});
    const auto path = call.fields.textOr("path", {});
    if (call.fields.refusal()) return *call.fields.refusal();
    if (auto refused = kind == Kind::RateLimit ? setRate(rule, call) : setLeases(rule, call)) return std::move(*refused);
    if (auto refused = setPlace(rule, path, router)) return std::move(*refused);
    if (auto refused = checkInheritance(rule, call)) return std::move(*refused);
    if (*before) rule.role = (*before)->role; // an update keeps it, as in Vault
    auto all = quota::rules(call.scope(), kind);
    if (!all) return std::move(all).error();
    for (const auto& other : *all) {
        if (other.name != rule.name && other.hasPlaceOf(rule)) {
            return Response::badRequest("quota rule with similar properties exists under the name \"" + other.name + "\"");
        }
    }
    if (auto stored = quota::put(call.scope(), rule); !stored) return std::move(stored).error();
    return Response{};
}

Result<Response> read(Call& call, Kind kind, const quota::LeaseCounts* leases)
{
    auto rule = quota::rule(call.scope(), kind, call.part("name"));
    if (!rule) return std::move(rule).error();
    if (!*rule) return Response{};
    auto data = (*rule)->describe();
    if (kind == Kind::LeaseCount && leases) data["counter"] = leases->countOf((*rule)->name).value_or(0);
    return Response::ofData(std::move(data));
}

Result<Response> list(Call& call, Kind kind)
{
    auto all = quota::rules(call.scope(), kind);
    if (!all) return std::move(all).error();
    std::vector<std::string> names;
    for (const auto& rule : *all) names.push_back(rule.name);
    return mount::keysAnswer(names);
}

Result<Response> erase(Call& call, Kind kind)
{
    if (auto erased = quota::erase(call.scope(), kind, call.part("name")); !erased) return std::move(erased).error();
    return Response{};
}

/// Replaces all settings: what is not named is off or empty.
Result<Response> writeSettings(Call& call)
{
    quota::Settings settings;
    settings.exemptPaths = call.fields.list("rate_limit_exempt_paths").value_or(std::vector<std::string>{});
    settings.absoluteExemptPaths = call.fields.list("absolute_rate_limit_exempt_paths").value_or(std::vector<std::string>{});
    settings.isRefusalAudited = call.fields.booleanOr("enable_rate_limit_audit_logging", false);
    settings.hasHeaders = call.fields.booleanOr("enable_rate_limit_response_headers", false);
    if (call.fields.refusal()) return *call.fields.refusal();
    if (settings.exemptPaths.size() + settings.absoluteExemptPaths.size() > kExemptPathsMax) {
        return Response::badRequest("more than " + std::to_string(kExemptPathsMax) + " exempt paths");
    }
    if (auto stored = quota::put(call.scope(), settings); !stored) return std::move(stored).error();
    return Response{};
}

void addKind(RouteTable& routes, const mount::Router& router, const quota::LeaseCounts* leases, Kind kind, FieldList own, const char* help)
{
    const std::string folder = "quotas/" + std::string{quota::nameOf(kind)};
    routes.add({.verbs = Verb::List,
                .pattern = folder,
                .handle = [kind](Call& call) { return list(call, kind); },
                .fields = kNoFields,
                .help = "Lists the names of these quotas."});
    FieldList fields{{"path", FieldType::Text, "A mount, or a path below it, which can end in `*`; empty is the whole cluster.", "\"\""},
                     {"role", FieldType::Text, "Only the logins of this role, at an auth method that has roles.", "\"\""},
                     {"inheritable", FieldType::Boolean, "Counts in namespaces below; true for the whole cluster only."}};
    fields.insert(fields.end(), own.begin(), own.end());
    routes.add({.verbs = Verb::Write,
                .pattern = folder + "/:name",
                .handle = [&router, kind](Call& call) { return write(call, router, kind); },
                .isForwardable = true,
                .fields = std::move(fields),
                .isWithoutWarnings = true,
                .help = help});
    routes.add({.verbs = Verb::Read,
                .pattern = folder + "/:name",
                .handle = [kind, leases](Call& call) { return read(call, kind, leases); },
                .fields = kNoFields,
                .help = "Shows a quota."});
    routes.add({.verbs = Verb::Delete,
                .pattern = folder + "/:name",
                .handle = [kind](Call& call) { return erase(call, kind); },
                .isForwardable = true,
                .help = "Deletes a quota."});
}

} // namespace

void addQuotaRoutes(RouteTable& routes, const mount::Router& router, const quota::LeaseCounts* leases)
{
    addKind(routes, router, leases, Kind::RateLimit,
            {{"rate", FieldType::Number, "How many requests a client address may make in each interval."},
             {"interval", FieldType::Duration, "The interval; it begins with the first request of the address.", "\"1s\""},
             {"block_interval", FieldType::Duration, "How long an address is refused after it was over the rate.", "\"0s\""},
             {"group_by", FieldType::Text, "`ip`.", "\"ip\""}},
            "Limits the requests of each client address, on each cluster by itself.");
    addKind(routes, router, leases, Kind::LeaseCount, {{"max_leases", FieldType::Integer, "How many leases and tokens there may be."}},
            "Limits the leases and tokens that exist at one time, on each cluster by itself.");
    routes.add({.verbs = Verb::Read,
                .pattern = "quotas/config",
                .handle = [](Call& call) -> Result<Response> {
                    auto settings = quota::settings(call.scope());
                    if (!settings) return std::move(settings).error();
                    return Response::ofData(settings->describe());
                },
                .fields = kNoFields,
                .help = "Shows or replaces the settings of all rate limits."});
    routes.add(
        {.verbs = Verb::Write,
         .pattern = "quotas/config",
         .handle = writeSettings,
         .isForwardable = true,
         .fields = FieldList{{"rate_limit_exempt_paths", FieldType::TextList, "Prefixes of paths that are not counted; with `!` in front: that are."},
                             {"absolute_rate_limit_exempt_paths", FieldType::TextList, "The same, from the root namespace."},
                             {"enable_rate_limit_audit_logging", FieldType::Boolean, "Refusals go to the audit devices.", "false"},
                             {"enable_rate_limit_response_headers", FieldType::Boolean, "Answers have `X-Ratelimit-…`.", "false"}},
         .isWithoutWarnings = true,
         .help = "Shows or replaces the settings of all rate limits."});
}

} // namespace core::sys
