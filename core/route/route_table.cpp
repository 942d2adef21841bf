#include "core/route/route_table.h"

#include "core/base/assert.h"

#include <algorithm>

namespace core::route {
namespace {

Verb verbOf(policy::Operation operation)
{
    switch (operation) {
    case policy::Operation::Create:
    case policy::Operation::Update: return Verb::Write;
    case policy::Operation::Delete: return Verb::Delete;
    case policy::Operation::List: return Verb::List;
    case policy::Operation::Patch: return Verb::Patch;
    case policy::Operation::Renew: return Verb::Renew;
    case policy::Operation::Revoke: return Verb::Revoke;
    default: return Verb::Read;
    }
}

/// LIST adds a slash behind the listed path, which is removed. Any other path is used as it is, because policies and path sets have judged it with
/// its slash.
std::string_view pathOf(policy::Operation operation, std::string_view path)
{
    if (operation == policy::Operation::List && path.ends_with('/')) path.remove_suffix(1);
    return path;
}

} // namespace

std::string RouteTable::faultOf(const Route& route) const
{
    if (route.verbs == kNoVerb || route.pattern.empty() || !route.handle) return "it has no verb, no pattern or no handler";
    if ((route.openVerbs | route.verbs) != route.verbs) return "it opens a verb that it does not take";
    if (route.openVerbs != kNoVerb && route.needsSudo) return "it needs sudo, and no token";
    const PathPattern pattern{route.pattern};
    if (auto fault = pattern.fault(); !fault.empty()) return fault;
    for (const auto& entry : m_entries) {
        if (has(entry.route.verbs, route.verbs) && entry.pattern.covers(pattern)) return "it is hidden behind " + entry.route.pattern;
    }
    return {};
}

void RouteTable::add(Route route)
{
    if (const auto fault = faultOf(route); !fault.empty()) {
        assertFailed(("the route " + m_mountName + route.pattern + ": " + fault).c_str(), __FILE__, __LINE__);
    }
    std::shared_ptr<FieldList> fields;
    for (const auto& entry : m_entries) {
        if (entry.route.pattern == route.pattern && entry.fields) fields = entry.fields;
    }
    if (route.fields) {
        if (!fields) fields = std::make_shared<FieldList>();
        for (const auto& field : *route.fields) {
            if (std::ranges::find(*fields, field.name, &Field::name) == fields->end()) fields->push_back(field);
        }
    }
    PathPattern pattern{route.pattern};
    const auto& entry = m_entries.emplace_back(Entry{m_entries.size(), std::move(route), std::move(pattern), std::move(fields)});
    const auto first = entry.pattern.firstLiteral();
    if (!first.empty()) m_byFirstSegment[std::string{first}].push_back(&entry);
    else m_others.push_back(&entry);
}

template<class Visit>
void RouteTable::visitMatches(std::string_view path, const Visit& visit) const
{
    static const std::vector<const Entry*> kNone;
    const auto found = m_byFirstSegment.find(path.substr(0, path.find('/')));
    const auto& literal = found == m_byFirstSegment.end() ? kNone : found->second;
    // Both lists are in the order of addition. They are merged in this order, so the route that was added first is still tried first.
    auto next = literal.begin();
    auto other = m_others.begin();
    while (next != literal.end() || other != m_others.end()) {
        const bool takesLiteral = other == m_others.end() || (next != literal.end() && (*next)->order < (*other)->order);
        const Entry& entry = takesLiteral ? **next++ : **other++;
        Captures captures;
        if (entry.pattern.matches(path, captures) && visit(entry, captures)) return;
    }
}

RouteTable::Match RouteTable::find(policy::Operation operation, std::string_view path) const
{
    const auto verb = verbOf(operation);
    Match match;
    visitMatches(pathOf(operation, path), [&](const Entry& entry, const Captures& captures) {
        match.isPathKnown = true;
        if (!has(entry.route.verbs, verb)) return false;
        match.route = &entry.route;
        match.fields = entry.route.fields && !entry.route.isWithoutWarnings ? entry.fields.get() : nullptr;
        match.captured = captures;
        return true;
    });
    return match;
}

bool RouteTable::isOpen(policy::Operation operation, std::string_view path) const
{
    if (isOpenByPrefix(path)) return true;
    const auto verb = verbOf(operation);
    bool isAnswered = false;
    bool isOpenForIt = false;
    bool isKnown = false;
    bool areAllOpen = true;
    visitMatches(pathOf(operation, path), [&](const Entry& entry, const Captures&) {
        isKnown = true;
        areAllOpen = areAllOpen && entry.route.openVerbs == entry.route.verbs;
        isAnswered = has(entry.route.verbs, verb);
        if (isAnswered) isOpenForIt = has(entry.route.openVerbs, verb);
        return isAnswered;
    });
    return isAnswered ? isOpenForIt : isKnown && areAllOpen;
}

bool RouteTable::isOnDrSecondary(policy::Operation operation, std::string_view path) const
{
    const auto verb = verbOf(operation);
    bool isAnswered = false;
    bool isOn = false;
    visitMatches(pathOf(operation, path), [&](const Entry& entry, const Captures&) {
        isAnswered = has(entry.route.verbs, verb);
        isOn = isAnswered ? entry.route.isOnDrSecondary : isOn || entry.route.isOnDrSecondary;
        return isAnswered;
    });
    return isOn;
}

std::vector<std::string> RouteTable::paths(bool Route::*flag) const
{
    std::vector<std::string> paths;
    for (const auto& entry : m_entries) {
        if (!(entry.route.*flag)) continue;
        const auto pattern = entry.pattern.pathSetText();
        std::vector<std::string> forms{pattern};
        if (has(entry.route.verbs, Verb::List) && !pattern.ends_with('*')) forms.push_back(pattern + '/');
        for (auto& form : forms) {
            if (std::find(paths.begin(), paths.end(), form) == paths.end()) paths.push_back(std::move(form));
        }
    }
    return paths;
}

std::vector<const Route*> RouteTable::routesAt(std::string_view path) const
{
    std::vector<const Route*> found;
    if (path.empty()) {
        for (const auto& entry : m_entries) found.push_back(&entry.route);
        return found;
    }
    visitMatches(pathOf(policy::Operation::List, path), [&found](const Entry& entry, const Captures&) {
        found.push_back(&entry.route);
        return false;
    });
    return found;
}

bool RouteTable::isOpenByPrefix(std::string_view pattern) const
{
    return std::ranges::any_of(m_openPrefixes, [pattern](const auto& prefix) { return pattern.starts_with(prefix); });
}

std::string RouteTable::help(std::string_view path) const
{
    while (path.ends_with('/')) path.remove_suffix(1);
    std::string own;
    visitMatches(path, [&](const Entry& entry, const Captures&) {
        if (!entry.route.help.empty()) own = entry.route.help + "\n";
        return !own.empty();
    });
    std::map<std::string, std::string> below; // pattern and the first thing that it does
    const auto prefix = path.empty() ? std::string{} : std::string{path} + "/";
    for (const auto& entry : m_entries) {
        if (!entry.route.help.empty() && entry.route.pattern.starts_with(prefix)) below.emplace(entry.route.pattern, entry.route.help);
    }
    if (below.empty()) return own;
    const auto place = m_mountName + std::string{path};
    std::string out = own + (own.empty() ? "" : "\n") + (place.empty() ? "Paths of this mount:\n\n" : "Paths below " + place + ":\n\n");
    for (const auto& [pattern, help] : below) out.append("    " + m_mountName).append(pattern).append("\n        ").append(help).append("\n");
    return out;
}

} // namespace core::route
