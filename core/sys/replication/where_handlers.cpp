#include "core/sys/replication/where_handlers.h"

#include "core/sys/replication/operation_guards.h"

#include "core/mount/mount_table.h"
#include "core/replication/scope/path_filters.h"
#include "core/sys/routes/handlers.h"

#include <algorithm>

namespace core::sys {
namespace {

namespace json = boost::json;
using barrier::StorageClass;
using mount::MountEntry;
using mount::MountTable;
using mount::Response;
using mount::TableKind;

/// The storage class of sys/ paths, by the beginning of the path below sys/. The longest match counts.
struct SysPart {
    std::string_view prefix;
    StorageClass storageClass;
};
constexpr SysPart kSysParts[] = {
    {"", StorageClass::Shared},
    {"audit", StorageClass::Shared},
    {"config/state", StorageClass::Ignored},
    {"generate-root", StorageClass::Ignored},
    {"health", StorageClass::Ignored},
    {"init", StorageClass::Ignored},
    {"internal/counters", StorageClass::Local},
    {"leader", StorageClass::Ignored},
    {"leases", StorageClass::Local},
    {"metrics", StorageClass::Ignored},
    {"rekey", StorageClass::Ignored},
    {"replication/dr", StorageClass::Ignored},
    {"replication/performance", StorageClass::Local},
    {"replication/performance/primary/dynamic-filter", StorageClass::Shared},
    {"replication/performance/primary/mount-filter", StorageClass::Shared},
    {"replication/performance/primary/paths-filter", StorageClass::Shared},
    {"seal", StorageClass::Ignored},
    {"storage/raft", StorageClass::Ignored},
    {"storage/raft/snapshot-auto/config", StorageClass::Local},
    {"unseal", StorageClass::Ignored},
    {"wrapping", StorageClass::Local},
    {"wrapping/pubkey", StorageClass::Shared},
};

struct Place {
    StorageClass storageClass = StorageClass::Shared;
    std::optional<MountEntry> mount; // the mount that it belongs to
    std::string explanation;
};

std::string_view nameOf(StorageClass storageClass)
{
    switch (storageClass) {
    case StorageClass::Shared: return "shared";
    case StorageClass::Local: return "local";
    case StorageClass::Ignored: return "ignored";
    }
    return "ignored";
}

const char* explanationOf(StorageClass storageClass)
{
    switch (storageClass) {
    case StorageClass::Shared: return "Replicated to performance secondaries, as far as their paths filters allow it, and to DR secondaries.";
    case StorageClass::Local: return "Belongs to this cluster. Replicated only to its DR secondaries.";
    case StorageClass::Ignored: return "Belongs to this cluster. Not replicated.";
    }
    return "";
}

Result<std::optional<MountEntry>> mountOf(const barrier::Scope& scope, const MountTable& mounts, std::string_view path)
{
    std::string folder{path};
    if (!folder.ends_with('/')) folder += '/';
    std::optional<MountEntry> best;
    for (const auto kind : {TableKind::Secrets, TableKind::Auth}) {
        auto entries = mounts.entries(scope, kind);
        if (!entries) return std::move(entries).error();
        for (auto& entry : *entries) {
            if (folder.starts_with(entry.path) && (!best || entry.path.size() > best->path.size())) best = std::move(entry);
        }
    }
    return best;
}

/// A path of sys/, which can itself name a mount.
Result<Place> placeInSys(const barrier::Scope& scope, const MountTable& mounts, MountEntry sys, std::string_view below)
{
    const auto row = below.starts_with("mounts/") ? below.substr(7) : std::string_view{};
    if (const auto path = below.starts_with("auth/") ? below : row; !path.empty()) {
        auto entry = mountOf(scope, mounts, path.ends_with("/tune") ? path.substr(0, path.size() - 5) : path);
        if (!entry) return std::move(entry).error();
        if (*entry) {
            const auto storageClass = (*entry)->isLocal ? StorageClass::Local : StorageClass::Shared;
            return Place{storageClass, std::move(*entry), "The row of a mount is replicated like the mount's data."};
        }
    }
    const SysPart* best = &kSysParts[0];
    for (const auto& part : kSysParts) {
        const bool isIt =
            below.starts_with(part.prefix) && (part.prefix.empty() || below.size() == part.prefix.size() || below[part.prefix.size()] == '/');
        if (isIt && part.prefix.size() > best->prefix.size()) best = &part;
    }
    Place place{best->storageClass, std::move(sys), explanationOf(best->storageClass)};
    if (best->prefix == "audit") place.explanation += " A device that was enabled with local=true stays here.";
    return place;
}

Result<std::optional<Place>> placeOf(const barrier::Scope& scope, const MountTable& mounts, std::string_view path)
{
    auto entry = mountOf(scope, mounts, path);
    if (!entry) return std::move(entry).error();
    if (!*entry) return std::optional<Place>{};
    const auto type = (*entry)->type;
    const auto below = path.size() > (*entry)->path.size() ? path.substr((*entry)->path.size()) : std::string_view{};
    if (type == "system") {
        auto place = placeInSys(scope, mounts, std::move(**entry), below);
        if (!place) return std::move(place).error();
        return std::optional{std::move(*place)};
    }
    auto storageClass = (*entry)->isLocal ? StorageClass::Local : StorageClass::Shared;
    if (type == "token" && below != "roles" && !below.starts_with("roles/")) storageClass = StorageClass::Local;
    return std::optional{Place{storageClass, std::move(*entry), explanationOf(storageClass)}};
}

Response answerOf(const ReplicationServices& services, const Place& place, json::object data)
{
    data["storage_class"] = nameOf(place.storageClass);
    data["explanation"] = place.explanation;
    std::string uuid;
    if (place.mount) {
        data["mount"] = json::object{
            {"path", place.mount->path}, {"type", place.mount->type}, {"accessor", place.mount->accessor}, {"local", place.mount->isLocal}};
        if (!replication::isSingleton(*place.mount)) uuid = place.mount->uuid;
    }
    auto clusters = services.manager->reports().holders(place.storageClass, uuid);
    const bool isFiltered = std::ranges::any_of(clusters, [](const json::value& cluster) {
        const auto* reason = cluster.get_object().if_contains("reason");
        return reason && reason->get_string().find("filter") != json::string::npos;
    });
    data["is_filtered"] = isFiltered;
    data["clusters"] = std::move(clusters);
    return Response::ofData(std::move(data));
}

Result<Response> where(const ReplicationServices& services, const MountTable& mounts, Call& call)
{
    const auto path = call.fields.textOr("path", {});
    const auto mountPath = call.fields.textOr("mount", {});
    const auto accessor = call.fields.textOr("accessor", {});
    if (call.fields.refusal()) return *call.fields.refusal();
    if ((path.empty() ? 0 : 1) + (mountPath.empty() ? 0 : 1) + (accessor.empty() ? 0 : 1) != 1) {
        return Response::badRequest("one of path, mount and accessor must be given");
    }
    if (!accessor.empty()) {
        auto token = services.tokens->findByAccessor(call.scope(), accessor, call.now());
        if (!token) return std::move(token).error();
        if (!*token) {
            return Response::error(404, "no token with this accessor is stored here; service tokens are each cluster's own, and "
                                        "batch tokens are stored nowhere");
        }
        return answerOf(services,
                        {StorageClass::Local, std::nullopt,
                         "A service token is this cluster's own; DR secondaries hold it for after "
                         "their promotion."},
                        {{"accessor", accessor}});
    }
    std::string_view wanted = path.empty() ? mountPath : path;
    while (wanted.starts_with('/')) wanted.remove_prefix(1);
    if (wanted.starts_with("v1/")) wanted.remove_prefix(3);
    auto place = placeOf(call.scope(), mounts, wanted);
    if (!place) return std::move(place).error();
    if (!*place || (path.empty() && (*place)->mount->path != mount::normalMountPath(wanted))) {
        const bool isSecondary = services.manager->isPerformanceSecondary();
        return Response::error(404, isSecondary ? "no mount of this cluster holds this; there is none, or a paths filter keeps it from this "
                                                  "secondary: ask the primary"
                                                : "no mount of this cluster holds this");
    }
    return answerOf(services, **place, {{path.empty() ? "mount_path" : "path", wanted}});
}

} // namespace

void addReplicationWhereRoutes(RouteTable& routes, ReplicationServices services, MountTable& mounts)
{
    routes.add({.verbs = Verb::Read | Verb::Write,
                .pattern = "replication/where",
                .handle = guarded(onEveryCluster(services), [services, &mounts](Call& call) { return where(services, mounts, call); }),
                .isOnDrSecondary = true,
                .fields = FieldList{"path", "mount", "accessor", "dr_operation_token"},
                .help = "Shows which clusters have a `path`, a `mount` or the token with an `accessor`, and how up to date they are."});
}

} // namespace core::sys
