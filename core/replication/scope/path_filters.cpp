#include "core/replication/scope/path_filters.h"

#include "core/base/encoding.h"
#include "core/mount/mount_storage.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace core::replication {

namespace {

namespace json = boost::json;

json::array toArray(const std::vector<std::string>& texts)
{
    json::array array;
    for (const auto& text : texts) array.emplace_back(text);
    return array;
}

std::vector<std::string> textsOf(const json::object& object, std::string_view name)
{
    std::vector<std::string> texts;
    const auto* value = object.if_contains(name);
    if (!value || !value->is_array()) return texts;
    for (const auto& item : value->get_array()) {
        if (item.is_string()) texts.emplace_back(item.get_string());
    }
    return texts;
}

std::string encode(std::string_view id, const PathFilter& filter)
{
    return json::serialize(
        json::object{{"id", id}, {"allow", filter.isAllowing}, {"paths", toArray(filter.paths)}, {"unmounted", toArray(filter.unmounted)}});
}

Result<std::pair<std::string, PathFilter>> decode(std::string_view text)
{
    boost::system::error_code failed;
    const auto value = json::parse(text, failed);
    const auto* object = failed ? nullptr : value.if_object();
    const auto* id = object ? object->if_contains("id") : nullptr;
    const auto* isAllowing = object ? object->if_contains("allow") : nullptr;
    if (!id || !id->is_string() || !isAllowing || !isAllowing->is_bool()) return Error{ErrorCode::Corrupt, "stored paths filter"};
    return std::pair{std::string{id->get_string()}, PathFilter{isAllowing->get_bool(), textsOf(*object, "paths"), textsOf(*object, "unmounted")}};
}

} // namespace

bool PathFilter::names(std::string_view mountPath) const
{
    // Mounts are never nested. So a path above several mounts names all of them, as a namespace would.
    return std::ranges::any_of(paths, [&](const std::string& path) { return mountPath.starts_with(path); });
}

bool isSingleton(const mount::MountEntry& entry)
{
    return entry.type == "system" || entry.type == "token" || entry.type == "identity" || entry.type == "cubbyhole";
}

LinkFilter::Mounts resolve(const PathFilter& filter, const std::vector<mount::MountEntry>& mounts)
{
    LinkFilter::Mounts resolved;
    resolved.isAllowing = filter.isAllowing;
    for (const auto& entry : mounts) {
        resolved.known.insert(entry.uuid);
        const bool isNamed =
            isSingleton(entry) ? filter.isAllowing : filter.names(entry.path) || std::ranges::count(filter.unmounted, entry.uuid) > 0;
        if (isNamed) resolved.chosen.insert(entry.uuid);
    }
    return resolved;
}

Result<std::optional<PathFilter>> PathFilters::find(std::string_view id) const
{
    auto stored = m_folder.get(toHex(id));
    if (!stored) return std::move(stored).error();
    if (!*stored) return std::optional<PathFilter>{};
    auto filter = decode(**stored);
    if (!filter) return std::move(filter).error();
    return std::optional{std::move(filter->second)};
}

Result<std::map<std::string, PathFilter>> PathFilters::all() const
{
    std::map<std::string, PathFilter> filters;
    std::optional<Error> broken;
    auto visited = m_folder.forEach({}, [&](std::string_view, std::string_view value) {
        auto filter = decode(value);
        if (filter) filters.insert(std::move(*filter));
        else broken = std::move(filter).error();
        return !broken;
    });
    if (!visited) return std::move(visited).error();
    if (broken) return std::move(*broken);
    return filters;
}

Result<> PathFilters::put(std::string_view id, const PathFilter& filter)
{
    return m_folder.put(toHex(id), encode(id, filter));
}

Result<> PathFilters::erase(std::string_view id)
{
    return m_folder.erase(toHex(id));
}

Result<std::vector<std::string>> PathFilters::forget(std::string_view mountPath, std::string_view uuid)
{
    auto filters = all();
    if (!filters) return std::move(filters).error();
    std::vector<std::string> ids;
    for (auto& [id, filter] : *filters) {
        if (!filter.names(mountPath)) continue;
        if (std::erase(filter.paths, mountPath) > 0) ids.push_back(id);
        if (!uuid.empty()) filter.unmounted.emplace_back(uuid);
        if (auto stored = put(id, filter); !stored) return std::move(stored).error();
    }
    return ids;
}

Result<std::vector<mount::MountEntry>> sharedMounts(const barrier::Scope& scope)
{
    std::vector<mount::MountEntry> all;
    for (const auto kind : {mount::TableKind::Secrets, mount::TableKind::Auth}) {
        auto entries = mount::loadMounts(scope, kind);
        if (!entries) return std::move(entries).error();
        for (auto& entry : *entries) {
            if (!entry.isLocal) all.push_back(std::move(entry));
        }
    }
    return all;
}

} // namespace core::replication
