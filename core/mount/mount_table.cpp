#include "core/mount/mount_table.h"

#include "core/base/encoding.h"
#include "core/base/logging.h"
#include "core/base/name.h"

#include <algorithm>
#include <array>

namespace core::mount {
namespace {

constexpr std::array<std::string_view, 5> kProtectedFolders = {"auth/", "audit/", "sys/", "cubbyhole/", "identity/"};
constexpr std::string_view kAuthFolder = "auth/";
constexpr std::string_view kTokenMount = "auth/token/";

/// A built-in mount.
struct Default {
    TableKind kind;
    std::string_view path;
    std::string_view type;
    std::string_view description;
    bool isLocal;
};
constexpr std::array<Default, 4> kDefaults = {{
    {TableKind::Secrets, "sys/", "system", "system endpoints used for control, policy and debugging", false},
    {TableKind::Secrets, "identity/", "identity", "identity store", false},
    {TableKind::Secrets, "cubbyhole/", "cubbyhole", "per-token private secret storage", true},
    {TableKind::Auth, "auth/token/", "token", "token based credentials", false},
}};

MountEntry entryOf(const Default& wanted)
{
    MountEntry entry;
    entry.path = wanted.path;
    entry.type = wanted.type;
    entry.description = wanted.description;
    entry.isLocal = wanted.isLocal;
    if (wanted.kind == TableKind::Auth) entry.tokenType = "default-service";
    return entry;
}

bool contains(const std::vector<MountEntry>& entries, std::string_view path)
{
    return std::any_of(entries.begin(), entries.end(), [&](const auto& entry) { return entry.path == path; });
}

std::string inQuotes(std::string_view text)
{
    return "\"" + std::string{text} + "\"";
}

bool isProtected(std::string_view path)
{
    return std::any_of(kProtectedFolders.begin(), kProtectedFolders.end(), [&](std::string_view folder) { return path.starts_with(folder); });
}

/// The path in the table: auth mounts live below "auth/".
std::string tablePath(TableKind kind, std::string_view path)
{
    auto normal = normalMountPath(path);
    return kind == TableKind::Auth ? std::string{kAuthFolder} + normal : normal;
}

/// The path as the API shows it.
std::string_view shownPath(TableKind kind, std::string_view path)
{
    if (kind == TableKind::Auth) path.remove_prefix(kAuthFolder.size());
    return path;
}

/// For a new mount, and for the path that a mount moves to.
std::optional<Response> refusalOfPath(TableKind kind, std::string_view path)
{
    path = shownPath(kind, path); // without "auth/", so that a blank at its beginning is noticed
    auto why = nameRefusal("the path of a mount", path.substr(0, path.size() - 1));
    if (why.empty() && path.find("//") != std::string_view::npos)
        why = "the path of a mount must not have an empty segment, because no request could reach it";
    if (why.empty()) return std::nullopt;
    return Response::badRequest(std::move(why));
}

bool isVisibility(std::string_view text)
{
    return text.empty() || text == "hidden" || text == "unauth";
}

bool isTokenType(std::string_view text)
{
    return text.empty() || text == "default-service" || text == "default-batch" || text == "service" || text == "batch";
}

template<class T>
void take(T& into, const std::optional<T>& from)
{
    if (from) into = *from;
}

} // namespace

std::string normalMountPath(std::string_view path)
{
    while (path.starts_with('/')) path.remove_prefix(1);
    while (path.ends_with('/')) path.remove_suffix(1);
    return std::string{path} + "/";
}

std::string mountAccessor(std::string_view type, Random& random)
{
    return std::string{type} + "_" + toHex(random.bytes(4));
}

MountTable::MountTable(const BackendRegistry& registry, Router& router, Random& random, const Clock& clock)
    : m_registry{registry}
    , m_router{router}
    , m_random{random}
    , m_clock{clock}
{}

Result<std::vector<MountEntry>> MountTable::entries(const barrier::Scope& scope, TableKind kind) const
{
    auto loaded = loadMounts(scope, kind);
    if (!loaded) return loaded;
    std::erase_if(*loaded, [](const MountEntry& entry) { return entry.isTainted; });
    hideShadowed(*loaded);
    return loaded;
}

Result<std::optional<MountEntry>> MountTable::find(const barrier::Scope& scope, TableKind kind, std::string_view path) const
{
    auto loaded = entries(scope, kind);
    if (!loaded) return loaded.error();
    const auto wanted = tablePath(kind, path);
    const auto at = std::find_if(loaded->begin(), loaded->end(), [&](const auto& entry) { return entry.path == wanted; });
    if (at == loaded->end()) return std::optional<MountEntry>{};
    return std::optional<MountEntry>{std::move(*at)};
}

std::optional<Response> MountTable::refusalOfTtl(std::chrono::seconds defaultTtl, std::chrono::seconds maxTtl) const
{
    const std::chrono::seconds zero{0};
    if (maxTtl != zero && defaultTtl > maxTtl) {
        return Response::badRequest("given default lease TTL greater than given max lease TTL");
    }
    if (maxTtl == zero && defaultTtl > m_router.options().maxLeaseTtl) {
        return Response::badRequest("given default lease TTL greater than system max lease TTL of " +
                                    std::to_string(m_router.options().maxLeaseTtl.count()));
    }
    return std::nullopt;
}

std::optional<Response> MountTable::refusalOfVersion(const BackendRegistry::Type* type, std::string_view name, std::string_view version)
{
    if (!type || !type->hasVersions) return Response::badRequest("secrets engine " + inQuotes(name) + " does not allow setting a version");
    if (version != "1" && version != "2") return Response::badRequest("invalid version provided: " + std::string{version});
    return std::nullopt;
}

Result<Response> MountTable::enable(const barrier::Scope& scope, TableKind kind, MountEntry wanted)
{
    wanted.path = tablePath(kind, wanted.path);
    if (kind == TableKind::Secrets && isProtected(wanted.path)) {
        return Response::badRequest("cannot mount " + inQuotes(wanted.path));
    }
    if (auto refused = refusalOfPath(kind, wanted.path)) return *refused;
    if (wanted.type.empty()) return Response::badRequest("backend type must be specified as a string");
    if (kind == TableKind::Secrets) resolveTypeAlias(wanted);
    if (kind == TableKind::Auth && wanted.type == "token") {
        return Response::badRequest("token credential backend cannot be instantiated");
    }
    const auto* type = m_registry.find(kind, wanted.type);
    if (type && !type->isMountable) return Response::badRequest("mount type of " + inQuotes(wanted.type) + " is not mountable");
    if (const auto version = wanted.options.find("version"); version != wanted.options.end()) {
        if (auto refused = refusalOfVersion(type, wanted.type, version->second)) return *refused;
    }
    if (!type) return Response::badRequest("plugin not found in the catalog: " + wanted.type);
    if (!isVisibility(wanted.listingVisibility)) {
        return Response::badRequest("invalid listing_visibility " + wanted.listingVisibility);
    }
    if (!isTokenType(wanted.tokenType)) return Response::badRequest("invalid value for 'token_type'");
    if (auto refused = refusalOfTtl(wanted.defaultLeaseTtl, wanted.maxLeaseTtl)) return *refused;

    auto loaded = entries(scope, kind);
    if (!loaded) return loaded.error();
    for (const auto& entry : *loaded) {
        if (entry.path.starts_with(wanted.path) || wanted.path.starts_with(entry.path)) {
            return Response::badRequest("path is already in use at " + std::string{shownPath(kind, entry.path)});
        }
    }
    if (kind == TableKind::Auth && wanted.tokenType.empty()) wanted.tokenType = "default-service";
    return add(scope, kind, std::move(wanted));
}

Result<Response> MountTable::add(const barrier::Scope& scope, TableKind kind, MountEntry entry)
{
    entry.uuid = m_random.uuid();
    entry.accessor = mountAccessor((kind == TableKind::Auth ? "auth_" : "") + entry.type, m_random);
    if (auto stored = storeMount(scope, kind, entry); !stored) return stored.error();
    return initialize(scope, kind, std::move(entry));
}

Result<Response> MountTable::initialize(const barrier::Scope& scope, TableKind kind, MountEntry entry)
{
    const auto* type = m_registry.find(kind, entry.type);
    MountRoute route;
    route.kind = kind;
    route.backend = type->make(entry);
    route.entry = std::move(entry);
    if (!route.backend) return Error{ErrorCode::Internal, "no backend was made for a mount"};
    RouteContext context{route, scope, m_clock, m_random};
    if (auto initialized = route.backend->initialize(context.context()); !initialized) return initialized.error();
    return Response{};
}

Result<Response> MountTable::disable(const barrier::Scope& scope, TableKind kind, std::string_view path)
{
    const auto wanted = tablePath(kind, path);
    if (kind == TableKind::Secrets && isProtected(wanted)) return Response::badRequest("cannot unmount " + inQuotes(wanted));
    if (wanted == kTokenMount) return Response::badRequest("token credential backend cannot be disabled");
    auto entry = find(scope, kind, path);
    if (!entry) return entry.error();
    if (!*entry) return Response{};
    (*entry)->isTainted = true;
    if (auto stored = storeMount(scope, kind, **entry); !stored) return stored.error();
    return Response{};
}

Result<Response> MountTable::tune(const barrier::Scope& scope, TableKind kind, std::string_view path, const Tuning& tuning)
{
    const auto wanted = tablePath(kind, path);
    if (kind == TableKind::Secrets && isProtected(wanted)) return Response::badRequest("cannot tune " + inQuotes(wanted));
    auto found = find(scope, kind, path);
    if (!found) return found.error();
    if (!*found) return Response::badRequest("tune of path " + inQuotes(wanted) + " failed: no mount entry found");
    auto& entry = **found;

    if (tuning.defaultLeaseTtl || tuning.maxLeaseTtl) {
        take(entry.defaultLeaseTtl, tuning.defaultLeaseTtl);
        take(entry.maxLeaseTtl, tuning.maxLeaseTtl);
        const std::chrono::seconds zero{0};
        if (entry.maxLeaseTtl != zero && entry.defaultLeaseTtl != zero && entry.maxLeaseTtl < entry.defaultLeaseTtl) {
            return Response::badRequest("backend max lease TTL of " + std::to_string(entry.maxLeaseTtl.count()) +
                                        " would be less than backend default lease TTL of " + std::to_string(entry.defaultLeaseTtl.count()));
        }
    }
    if (tuning.listingVisibility && !isVisibility(*tuning.listingVisibility)) {
        return Response::badRequest("invalid listing_visibility " + *tuning.listingVisibility);
    }
    if (tuning.tokenType) {
        if (kind != TableKind::Auth) return Response::badRequest("'token_type' can only be modified on auth mounts");
        if (wanted == kTokenMount || !isTokenType(*tuning.tokenType) || tuning.tokenType->empty()) {
            return Response::badRequest("invalid value for 'token_type'");
        }
    }
    bool isUpgraded = false;
    if (tuning.options && tuning.options->contains("version")) {
        const auto& version = tuning.options->at("version");
        if (auto refused = refusalOfVersion(m_registry.find(kind, entry.type), entry.type, version)) return *refused;
        const auto current = entry.options.find("version");
        if (current != entry.options.end() && current->second == "2" && version != "2") {
            return Response::badRequest("cannot downgrade mount from version 2");
        }
        isUpgraded = version == "2" && (current == entry.options.end() || current->second != "2");
    }
    take(entry.description, tuning.description);
    take(entry.listingVisibility, tuning.listingVisibility);
    take(entry.tokenType, tuning.tokenType);
    if (tuning.userLockout) tuning.userLockout->applyTo(entry.userLockout);
    take(entry.auditNonHmacRequestKeys, tuning.auditNonHmacRequestKeys);
    take(entry.auditNonHmacResponseKeys, tuning.auditNonHmacResponseKeys);
    take(entry.passthroughRequestHeaders, tuning.passthroughRequestHeaders);
    take(entry.allowedResponseHeaders, tuning.allowedResponseHeaders);
    if (tuning.options) {
        for (const auto& [key, value] : *tuning.options) entry.options[key] = value;
    }
    if (auto stored = storeMount(scope, kind, entry); !stored) return stored.error();
    // The backend of the new version adopts the old one's data.
    if (!isUpgraded) return Response{};
    auto response = initialize(scope, kind, entry);
    if (response && !response->isError) {
        response->warnings.emplace_back("Upgrading mount from version 1 to version 2. This mount will be unavailable for a brief period "
                                        "and will resume service shortly.");
    }
    return response;
}

Result<Response> MountTable::remount(const barrier::Scope& scope, std::string_view from, std::string_view to)
{
    const auto source = normalMountPath(from);
    const auto target = normalMountPath(to);
    const auto kind = source.starts_with(kAuthFolder) ? TableKind::Auth : TableKind::Secrets;
    const bool isTargetAuth = target.starts_with(kAuthFolder);
    const bool isMovable = kind == TableKind::Auth ? source != kTokenMount : !isProtected(source);
    if (!isMovable) return Response::badRequest("cannot remount " + inQuotes(source));
    if (kind == TableKind::Secrets && isProtected(target)) return Response::badRequest("cannot remount to destination " + target);
    if (kind == TableKind::Auth && !isTargetAuth) {
        return Response::badRequest("cannot remount auth mount to non-auth mount " + inQuotes(target));
    }
    if (target == kTokenMount || target == kAuthFolder) return Response::badRequest("cannot remount to " + inQuotes(target));

    if (auto refused = refusalOfPath(kind, target)) return *refused;
    auto loaded = entries(scope, kind);
    if (!loaded) return loaded.error();
    const auto at = std::find_if(loaded->begin(), loaded->end(), [&](const auto& entry) { return entry.path == source; });
    if (at == loaded->end()) return Response::badRequest("no matching mount at " + inQuotes(source));
    for (const auto& entry : *loaded) {
        // A mount can move one level up, but not below itself.
        if (entry.path == source && target != source && !target.starts_with(source)) continue;
        if (entry.path.starts_with(target) || target.starts_with(entry.path)) {
            return Response::badRequest("path already in use at " + inQuotes(entry.path));
        }
    }
    at->path = target;
    if (auto stored = storeMount(scope, kind, *at); !stored) return stored.error();
    return Response{};
}

Result<> MountTable::ensureDefaults(const barrier::Scope& scope)
{
    for (const auto& wanted : kDefaults) {
        if (!m_registry.find(wanted.kind, wanted.type)) continue;
        if (wanted.isLocal ? !scope.access().local : !scope.access().shared) continue;
        auto loaded = entries(scope, wanted.kind);
        if (!loaded) return loaded.error();
        if (contains(*loaded, wanted.path)) continue;
        auto added = add(scope, wanted.kind, entryOf(wanted));
        if (!added) return added.error();
    }
    return {};
}

void MountTable::noteConflicts(std::vector<MountConflict> secrets, const std::vector<MountConflict>& auth)
{
    secrets.insert(secrets.end(), auth.begin(), auth.end());
    MutexLock lock{m_mutex};
    for (const auto& conflict : secrets) {
        if (std::ranges::find(m_conflicts, conflict) != m_conflicts.end()) continue;
        logging::error("mount", "a local (non-replicated) mount already exists where the primary has made a shared one; the local one is served",
                       {{"local", conflictText(conflict)}, {"shared", conflict.sharedPath}});
    }
    m_conflicts = std::move(secrets);
}

std::vector<MountConflict> MountTable::conflicts() const
{
    MutexLock lock{m_mutex};
    return m_conflicts;
}

bool MountTable::isReloadDue(const log::ChangedKeys& keys)
{
    return keys.any([](std::string_view key) {
        if (!key.starts_with("s/") && !key.starts_with("l/")) return false;
        return key.substr(2).starts_with(tableFolder(TableKind::Secrets)) || key.substr(2).starts_with(tableFolder(TableKind::Auth));
    });
}

/// Reading the rows and setting the router is one step, because two commits can change the tables at nearly the same time:
/// 1. Reload 1 reads the rows.
/// 2. Commit 2 adds a mount. Reload 2 reads the rows, sets the router, and the write is answered.
/// 3. Reload 1 sets the router to the rows that it read. Without the lock, the new mount would be missing until the next change.
Result<> MountTable::reload(const barrier::Scope& scope)
{
    MutexLock oneAtATime{m_reloadMutex};
    auto secrets = loadMounts(scope, TableKind::Secrets);
    if (!secrets) return secrets.error();
    auto auth = loadMounts(scope, TableKind::Auth);
    if (!auth) return auth.error();
    // A secondary has no rows before its first synchronisation is complete, but it must always answer sys/. The data folders of these mounts do not
    // depend on their rows.
    for (const auto& wanted : kDefaults) {
        auto& table = wanted.kind == TableKind::Auth ? *auth : *secrets;
        if (!m_registry.find(wanted.kind, wanted.type) || contains(table, wanted.path)) continue;
        auto entry = entryOf(wanted);
        entry.uuid = std::string{kBuiltInPrefix} + entry.type;
        entry.accessor = entry.type + "_00000000";
        table.push_back(std::move(entry));
    }
    noteConflicts(conflictsIn(TableKind::Secrets, *secrets), conflictsIn(TableKind::Auth, *auth));
    hideShadowed(*secrets);
    hideShadowed(*auth);
    m_router.set(*secrets, *auth);
    return {};
}

} // namespace core::mount
