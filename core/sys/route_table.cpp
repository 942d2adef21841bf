#include "core/sys/route_table.h"

#include "core/base/assert.h"

#include <algorithm>
#include <map>
#include <span>

namespace core::sys {
namespace {

using Captured = std::map<std::string, std::string, std::less<>>;

std::vector<std::string> split(std::string_view path)
{
    std::vector<std::string> segments;
    while (true) {
        const auto slash = path.find('/');
        segments.emplace_back(path.substr(0, slash));
        if (slash == std::string_view::npos) return segments;
        path.remove_prefix(slash + 1);
    }
}

bool matches(std::span<const std::string> pattern, std::span<const std::string> path, Captured& captured)
{
    if (pattern.empty()) return path.empty();
    if (path.empty()) return false;
    const auto& first = pattern.front();
    if (first.starts_with('*')) {
        for (auto count = path.size(); count > 0; --count) {
            if (!matches(pattern.subspan(1), path.subspan(count), captured)) continue;
            std::string joined;
            for (const auto& segment : path.first(count)) joined.append(joined.empty() ? "" : "/").append(segment);
            captured[first.substr(1)] = std::move(joined);
            return !captured[first.substr(1)].empty();
        }
        return false;
    }
    const bool isVariable = first.starts_with(':');
    if (isVariable ? path.front().empty() : first != path.front()) return false;
    if (!matches(pattern.subspan(1), path.subspan(1), captured)) return false;
    if (isVariable) captured[first.substr(1)] = path.front();
    return true;
}

Verb verbOf(policy::Operation operation)
{
    switch (operation) {
    case policy::Operation::Create:
    case policy::Operation::Update: return Verb::Write;
    case policy::Operation::Delete: return Verb::Delete;
    case policy::Operation::List: return Verb::List;
    case policy::Operation::Patch: return Verb::Patch;
    default: return Verb::Read;
    }
}

constexpr Verb operator&(Verb a, Verb b)
{
    return static_cast<Verb>(static_cast<unsigned>(a) & static_cast<unsigned>(b));
}

bool has(Verb verbs, Verb verb)
{
    return (verbs & verb) != kNoVerb;
}

/// Whether every path that matches `later` matches `earlier` too. Parts are compared as the patterns name them.
bool covers(std::span<const std::string> earlier, std::span<const std::string> later)
{
    if (earlier.empty() || later.empty()) return earlier.empty() && later.empty();
    const auto& first = earlier.front();
    if (first.starts_with('*')) {
        for (auto count = later.size(); count > 0; --count) {
            if (covers(earlier.subspan(1), later.subspan(count))) return true;
        }
        return false;
    }
    const auto& other = later.front();
    if (other.starts_with('*')) return false;
    const bool isCovered = first.starts_with(':') || first == other;
    return isCovered && covers(earlier.subspan(1), later.subspan(1));
}

} // namespace

std::string RouteTable::faultOf(const Route& route) const
{
    if (route.verbs == kNoVerb || route.pattern.empty() || !route.handle) return "it has no verb, no pattern or no handler";
    if ((route.openVerbs & route.verbs) != route.openVerbs) return "it opens a verb that it does not take";
    if (route.openVerbs != kNoVerb && route.needsSudo) return "it needs sudo, and no token";
    const auto segments = split(route.pattern);
    for (const auto& entry : m_entries) {
        if (has(entry.route.verbs, route.verbs) && covers(entry.segments, segments)) return "it is hidden behind " + entry.route.pattern;
    }
    return {};
}

void RouteTable::add(Route route)
{
    if (const auto fault = faultOf(route); !fault.empty()) {
        assertFailed(("the route sys/" + route.pattern + ": " + fault).c_str(), __FILE__, __LINE__);
    }
    auto segments = split(route.pattern);
    m_entries.push_back({std::move(route), std::move(segments)});
}

bool RouteTable::isOpen(policy::Operation operation, std::string_view path) const
{
    const auto verb = verbOf(operation);
    const auto entries = entriesAt(operation, path);
    const auto answers = std::ranges::find_if(entries, [&](const Entry* entry) { return has(entry->route.verbs, verb); });
    if (answers != entries.end()) return has((*answers)->route.openVerbs, verb);
    return !entries.empty() && std::ranges::all_of(entries, [](const Entry* entry) { return entry->route.openVerbs == entry->route.verbs; });
}

bool RouteTable::isOnDrSecondary(policy::Operation operation, std::string_view path) const
{
    const auto verb = verbOf(operation);
    const auto entries = entriesAt(operation, path);
    const auto answers = std::ranges::find_if(entries, [&](const Entry* entry) { return has(entry->route.verbs, verb); });
    if (answers != entries.end()) return (*answers)->route.isOnDrSecondary;
    return std::ranges::any_of(entries, [](const Entry* entry) { return entry->route.isOnDrSecondary; });
}

std::vector<const RouteTable::Entry*> RouteTable::entriesAt(policy::Operation operation, std::string_view path) const
{
    if (operation == policy::Operation::List && path.ends_with('/')) path.remove_suffix(1);
    const auto segments = split(path);
    std::vector<const Entry*> entries;
    for (const auto& entry : m_entries) {
        Captured captured;
        if (matches(entry.segments, segments, captured)) entries.push_back(&entry);
    }
    return entries;
}

RouteTable::Match RouteTable::find(policy::Operation operation, std::string_view path) const
{
    // A list comes with a slash behind what is listed. Any other path is taken as it is: policies and path sets have judged
    // it with its slash, which makes it another path.
    if (operation == policy::Operation::List && path.ends_with('/')) path.remove_suffix(1);
    const auto segments = split(path);
    Match match;
    for (const auto& entry : m_entries) {
        Captured captured;
        if (!matches(entry.segments, segments, captured)) continue;
        match.isPathKnown = true;
        if (!has(entry.route.verbs, verbOf(operation))) continue;
        match.route = &entry.route;
        match.captured = std::move(captured);
        return match;
    }
    return match;
}

std::vector<std::string> RouteTable::paths(bool Route::*flag) const
{
    std::vector<std::string> paths;
    for (const auto& entry : m_entries) {
        if (!(entry.route.*flag)) continue;
        std::string pattern;
        for (const auto& segment : entry.segments) {
            if (!pattern.empty()) pattern.push_back('/');
            if (segment.starts_with('*')) {
                pattern.push_back('*');
                break;
            }
            pattern += segment.starts_with(':') ? "+" : segment;
        }
        std::vector<std::string> forms{pattern};
        if (has(entry.route.verbs, Verb::List) && !pattern.ends_with('*')) forms.push_back(pattern + '/');
        for (auto& form : forms) {
            if (std::find(paths.begin(), paths.end(), form) == paths.end()) paths.push_back(std::move(form));
        }
    }
    return paths;
}

std::string RouteTable::help(std::string_view path) const
{
    while (path.ends_with('/')) path.remove_suffix(1);
    const auto segments = split(path);
    std::string own;
    std::map<std::string, std::string> below; // pattern and the first thing that it does
    const auto prefix = path.empty() ? std::string{} : std::string{path} + "/";
    for (const auto& entry : m_entries) {
        if (entry.route.help.empty()) continue;
        Captured captured;
        if (own.empty() && matches(entry.segments, segments, captured)) own = entry.route.help + "\n";
        if (entry.route.pattern.starts_with(prefix)) below.emplace(entry.route.pattern, entry.route.help);
    }
    if (below.empty()) return own;
    std::string out = own + (own.empty() ? "" : "\n") + "Paths below sys/" + std::string{path} + ":\n\n";
    for (const auto& [pattern, help] : below) out.append("    sys/").append(pattern).append("\n        ").append(help).append("\n");
    return out;
}

} // namespace core::sys
