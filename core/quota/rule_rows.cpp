#include "core/quota/rule_rows.h"

#include <boost/json/serialize.hpp>

namespace core::quota {
namespace {

constexpr std::string_view kFolder = "sys/quotas/";
constexpr std::string_view kSettingsKey = "config";
constexpr Kind kKinds[] = {Kind::RateLimit, Kind::LeaseCount};

barrier::View view(const barrier::Scope& scope)
{
    return scope.shared(std::string{kFolder});
}

std::string keyOf(Kind kind, std::string_view name)
{
    return std::string{nameOf(kind)} + "/" + std::string{name};
}

} // namespace

Result<std::vector<Rule>> rules(const barrier::Scope& scope, Kind kind)
{
    std::vector<Rule> found;
    Result<> corrupt;
    auto walked = view(scope).forEach(std::string{nameOf(kind)} + "/", [&](std::string_view path, std::string_view text) {
        auto rule = Rule::fromText(kind, path.substr(path.find('/') + 1), text);
        if (!rule) corrupt = std::move(rule).error();
        else found.push_back(std::move(*rule));
        return corrupt.has_value();
    });
    if (!walked) return std::move(walked).error();
    if (!corrupt) return std::move(corrupt).error();
    return found;
}

Result<std::optional<Rule>> rule(const barrier::Scope& scope, Kind kind, std::string_view name)
{
    auto text = view(scope).get(keyOf(kind, name));
    if (!text) return std::move(text).error();
    if (!*text) return std::optional<Rule>{};
    auto rule = Rule::fromText(kind, name, **text);
    if (!rule) return std::move(rule).error();
    return std::optional{std::move(*rule)};
}

Result<> put(const barrier::Scope& scope, const Rule& rule)
{
    return view(scope).put(keyOf(rule.kind, rule.name), rule.toText());
}

Result<> erase(const barrier::Scope& scope, Kind kind, std::string_view name)
{
    return view(scope).erase(keyOf(kind, name));
}

Result<> eraseBelow(const barrier::Scope& scope, std::string_view mountPath)
{
    for (const auto kind : kKinds) {
        auto all = rules(scope, kind);
        if (!all) return std::move(all).error();
        for (const auto& each : *all) {
            if (each.mountPath != mountPath) continue;
            if (auto erased = erase(scope, kind, each.name); !erased) return erased;
        }
    }
    return {};
}

Result<> moveBelow(const barrier::Scope& scope, std::string_view from, std::string_view to)
{
    for (const auto kind : kKinds) {
        auto all = rules(scope, kind);
        if (!all) return std::move(all).error();
        for (auto& each : *all) {
            if (each.mountPath != from) continue;
            each.mountPath = to;
            if (auto stored = put(scope, each); !stored) return stored;
        }
    }
    return {};
}

Result<Settings> settings(const barrier::Scope& scope)
{
    auto text = view(scope).get(kSettingsKey);
    if (!text) return std::move(text).error();
    if (!*text) return Settings::initial();
    return Settings::fromText(**text);
}

Result<> put(const barrier::Scope& scope, const Settings& settings)
{
    return view(scope).put(kSettingsKey, boost::json::serialize(settings.describe()));
}

bool concerns(std::string_view physicalKey)
{
    return physicalKey.starts_with("s/") && physicalKey.substr(2).starts_with(kFolder);
}

} // namespace core::quota
