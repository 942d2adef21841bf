#include "core/sys/replication/filters_handlers.h"

#include "core/base/name.h"
#include "core/mount/mount_table.h"
#include "core/replication/scope/path_filters.h"
#include "core/sys/routes/handlers.h"

#include <algorithm>

namespace core::sys {
namespace {

namespace json = boost::json;
using mount::Response;
using replication::Mode;
using replication::PathFilter;
using replication::PathFilters;
using replication::Relay;
using replication::RoleKeeper;
using replication::Type;

constexpr const char* kNotPrimary = "this cluster is not a performance replication primary";
constexpr const char* kNotRelay = "this cluster does not relay: it is not a performance secondary with secondaries of its own";

/// The texts of a filter's mode: those of paths-filter, or those of the deprecated mount-filter.
struct Words {
    const char* allow;
    const char* deny;
};
constexpr Words kPathsWords{"allow", "deny"};
constexpr Words kMountWords{"whitelist", "blacklist"};

struct Routes {
    const RoleKeeper& roles;
    const Relay& relay;
    FilterOwner owner;
    Words words;

    PathFilters filters(const Call& call) const
    {
        return owner == FilterOwner::Primary ? PathFilters::ofPrimary(call.scope()) : PathFilters::ofRelay(call.scope());
    }
    /// The refusal if this cluster has no such filters.
    std::optional<Response> refusal() const
    {
        if (owner == FilterOwner::Relay) {
            if (!relay.isOn()) return Response::badRequest(kNotRelay);
        } else if (roles.isPerformanceSecondary() || roles.mode(Type::Performance) != Mode::Primary) {
            return Response::badRequest(kNotPrimary);
        }
        return std::nullopt;
    }
};

Result<Response> setFilter(const Routes& routes, Call& call)
{
    if (auto refused = routes.refusal()) return std::move(*refused);
    const auto mode = call.fields.textOr("mode", routes.words.allow);
    const auto given = call.fields.list("paths");
    if (call.fields.refusal()) return *call.fields.refusal();
    if (mode != routes.words.allow && mode != routes.words.deny) {
        return Response::badRequest("mode must be \"" + std::string{routes.words.allow} + "\" or \"" + routes.words.deny + "\"");
    }
    if (!given) {
        return Response::badRequest("missing paths; a filter without any would keep all mounts back, or none");
    }
    PathFilter filter{.isAllowing = mode == routes.words.allow, .paths = {}, .unmounted = {}};
    for (const auto& text : *given) {
        auto path = mount::normalMountPath(text);
        if (path == "/") return Response::badRequest("an empty path names no mount");
        if (auto why = nameRefusal("a path of the filter", std::string_view{path}.substr(0, path.size() - 1)); !why.empty()) {
            return Response::badRequest(std::move(why));
        }
        filter.paths.push_back(std::move(path));
    }
    std::ranges::sort(filter.paths);
    const auto repeated = std::unique(filter.paths.begin(), filter.paths.end());
    filter.paths.erase(repeated, filter.paths.end());

    auto mounts = replication::sharedMounts(call.scope());
    if (!mounts) return std::move(mounts).error();
    for (const auto& path : filter.paths) {
        const bool isSingleton = path == "cubbyhole/" || std::ranges::any_of(*mounts, [&](const auto& entry) {
                                     return entry.path == path && replication::isSingleton(entry);
                                 });
        if (isSingleton || path == "sys/" || path == "identity/" || path == "auth/token/") {
            return Response::badRequest("cannot filter \"" + path + "\": every cluster has this mount");
        }
    }
    // A mount that is being removed stays visible or hidden for the secondary until its data is removed.
    auto before = routes.filters(call).find(call.part("id"));
    if (!before) return std::move(before).error();
    if (*before && (*before)->isAllowing == filter.isAllowing) {
        for (const auto& uuid : (*before)->unmounted) {
            if (std::ranges::count(*mounts, uuid, &mount::MountEntry::uuid) > 0) filter.unmounted.push_back(uuid);
        }
    }
    if (auto stored = routes.filters(call).put(call.part("id"), filter); !stored) return std::move(stored).error();
    return Response{};
}

Result<Response> readFilter(const Routes& routes, Call& call)
{
    if (auto refused = routes.refusal()) return std::move(*refused);
    auto filter = routes.filters(call).find(call.part("id"));
    if (!filter) return std::move(filter).error();
    if (!*filter) return Response{};
    return Response::ofData({{"mode", (*filter)->isAllowing ? routes.words.allow : routes.words.deny}, {"paths", textArray((*filter)->paths)}});
}

Result<Response> deleteFilter(const Routes& routes, Call& call)
{
    if (auto refused = routes.refusal()) return std::move(*refused);
    if (auto erased = routes.filters(call).erase(call.part("id")); !erased) return std::move(erased).error();
    return Response{};
}

Result<Response> listFilters(const Routes& routes, Call& call)
{
    if (auto refused = routes.refusal()) return std::move(*refused);
    auto all = routes.filters(call).all();
    if (!all) return std::move(all).error();
    std::vector<std::string> ids;
    for (const auto& [id, filter] : *all) ids.push_back(id);
    return mount::keysAnswer(ids);
}

/// The present mounts that the filter withholds. There are no namespaces in this build.
Result<Response> readDynamicFilter(const Routes& routes, Call& call)
{
    if (auto refused = routes.refusal()) return std::move(*refused);
    auto filter = routes.filters(call).find(call.part("id"));
    if (!filter) return std::move(filter).error();
    if (!*filter) return Response{};
    auto mounts = replication::sharedMounts(call.scope());
    if (!mounts) return std::move(mounts).error();
    const replication::LinkFilter scope{Type::Performance, replication::resolve(**filter, *mounts)};
    std::vector<std::string> kept;
    for (const auto& entry : *mounts) {
        if (!entry.isTainted && !scope.carriesMount(entry.uuid)) kept.push_back(entry.path);
    }
    std::ranges::sort(kept);
    return Response::ofData({{"dynamic_filtered_mounts", textArray(kept)}, {"dynamic_filtered_namespaces", json::array{}}});
}

void addFilterRoutes(RouteTable& table, Routes routes, const std::string& pattern)
{
    table.add({.verbs = Verb::Write,
               .pattern = pattern + "/*id",
               .handle = [routes](Call& call) { return setFilter(routes, call); },
               .fields = FieldList{"mode", "paths"},
               .help = "Sets, shows or deletes the filter that decides which mounts a secondary gets: `mode`, `paths`."});
    table.add(
        {.verbs = Verb::Read, .pattern = pattern + "/*id", .handle = [routes](Call& call) { return readFilter(routes, call); }, .isInjected = true});
    table.add({.verbs = Verb::Delete, .pattern = pattern + "/*id", .handle = [routes](Call& call) { return deleteFilter(routes, call); }});
    table.add({.verbs = Verb::List,
               .pattern = pattern,
               .handle = [routes](Call& call) { return listFilters(routes, call); },
               .help = "Lists the secondaries that have a paths filter."});
}

} // namespace

void addPathsFilterRoutes(RouteTable& routes, const RoleKeeper& roles, const Relay& relay, const std::string& folder, FilterOwner owner)
{
    addFilterRoutes(routes, {roles, relay, owner, kPathsWords}, folder + "/paths-filter");
}

void addReplicationFilterRoutes(RouteTable& routes, const RoleKeeper& roles, const Relay& relay)
{
    for (const std::string folder : {"replication/performance/primary", "replication/primary"}) {
        addPathsFilterRoutes(routes, roles, relay, folder, FilterOwner::Primary);
        addFilterRoutes(routes, {roles, relay, FilterOwner::Primary, kMountWords}, folder + "/mount-filter");
        routes.add({.verbs = Verb::Read,
                    .pattern = folder + "/dynamic-filter/*id",
                    .handle = [own = Routes{roles, relay, FilterOwner::Primary, kPathsWords}](Call& call) { return readDynamicFilter(own, call); },
                    .isInjected = true,
                    .help = "Shows the mounts that a secondary's filter withholds now."});
    }
    for (const std::string folder : {"replication/performance/secondary", "replication/secondary"}) {
        routes.add({.verbs = Verb::Read,
                    .pattern = folder + "/dynamic-filter/*id",
                    .handle = [&roles](Call& call) -> Result<Response> {
                        if (!roles.isPerformanceSecondary()) {
                            return Response::badRequest("this cluster is not a performance replication secondary");
                        }
                        if (roles.role(Type::Performance)->secondaryId != call.part("id")) return Response{};
                        auto answer = Response::ofData({{"dynamic_filtered_mounts", json::array{}}, {"dynamic_filtered_namespaces", json::array{}}});
                        answer.warnings.emplace_back("A secondary does not know what is withheld from it, not even the names; the "
                                                     "primary lists it.");
                        return answer;
                    },
                    .isInjected = true,
                    .help = "Shows what this secondary can know about its filter."});
    }
}

} // namespace core::sys
