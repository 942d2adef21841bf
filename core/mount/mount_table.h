#pragma once

#include "core/base/mutex.h"
#include "core/mount/mount_storage.h"
#include "core/mount/router.h"

namespace core::mount {

/// What sys/mounts/:path/tune changes. An empty field stays as it is.
struct Tuning {
    std::optional<std::chrono::seconds> defaultLeaseTtl; // zero: use the system's value again
    std::optional<std::chrono::seconds> maxLeaseTtl;
    std::optional<std::string> description;
    std::optional<std::string> listingVisibility;
    std::optional<std::string> tokenType;         // auth mounts
    std::optional<UserLockoutChange> userLockout; // the caller has checked that logins of the mount are counted
    std::optional<std::map<std::string, std::string>> options;
    std::optional<std::vector<std::string>> auditNonHmacRequestKeys;
    std::optional<std::vector<std::string>> auditNonHmacResponseKeys;
    std::optional<std::vector<std::string>> passthroughRequestHeaders;
    std::optional<std::vector<std::string>> allowedResponseHeaders;
};

/// Changes the tables of secrets engines and auth methods, with the rules and texts of the API (spec: system-api.md §9).
///
/// Every verb works in the caller's transaction and answers as sys/ does: an empty response is success, and refusals are error responses. Paths can
/// have a '/' at the end; those of auth mounts come without "auth/". Stored data is the truth. After the commit, reload() updates the router.
/// Thread-safe.
class MountTable {
public:
    MountTable(const BackendRegistry& registry, Router& router, Random& random, const Clock& clock);

    Result<Response> enable(const barrier::Scope& scope, TableKind kind, MountEntry wanted);
    /// Marks the mount as tainted. MountCleaner removes its data later. An unknown path is a success.
    Result<Response> disable(const barrier::Scope& scope, TableKind kind, std::string_view path);
    Result<Response> tune(const barrier::Scope& scope, TableKind kind, std::string_view path, const Tuning& tuning);
    /// Full paths: "secret", "auth/userpass".
    Result<Response> remount(const barrier::Scope& scope, std::string_view from, std::string_view to);

    /// The table without tainted mounts, by path.
    Result<std::vector<MountEntry>> entries(const barrier::Scope& scope, TableKind kind) const;
    Result<std::optional<MountEntry>> find(const barrier::Scope& scope, TableKind kind, std::string_view path) const;

    /// Adds the built-in mounts that are missing, as far as this cluster can write them: sys/, cubbyhole/ (local), identity/ if this build has it,
    /// auth/token/. For init, and after a change of role.
    Result<> ensureDefaults(const barrier::Scope& scope);

    /// Updates the router from the stored tables. When it returns, the router has at least what was stored when it was called, also if another
    /// thread reloads at the same time.
    Result<> reload(const barrier::Scope& scope) CORE_EXCLUDES(m_reloadMutex);
    /// Whether a row of a table is among these keys, so that a reload is due.
    static bool isReloadDue(const log::ChangedKeys& keys);

    /// Shared and local mounts with the same path, at the time of the last reload().
    std::vector<MountConflict> conflicts() const;

private:
    Result<Response> add(const barrier::Scope& scope, TableKind kind, MountEntry entry);
    Result<Response> initialize(const barrier::Scope& scope, TableKind kind, MountEntry entry);
    void noteConflicts(std::vector<MountConflict> secrets, const std::vector<MountConflict>& auth);
    std::optional<Response> refusalOfTtl(std::chrono::seconds defaultTtl, std::chrono::seconds maxTtl) const;
    /// `type` is null for a type that this build does not have.
    static std::optional<Response> refusalOfVersion(const BackendRegistry::Type* type, std::string_view name, std::string_view version);

    const BackendRegistry& m_registry;
    Router& m_router;
    Random& m_random;
    const Clock& m_clock;
    Mutex m_reloadMutex;   // one reload at a time, from the read to the router; before the router's lock and m_mutex
    mutable Mutex m_mutex; // leaf lock
    std::vector<MountConflict> m_conflicts CORE_GUARDED_BY(m_mutex);
};

/// "secret" and "/secret/" become "secret/".
std::string normalMountPath(std::string_view path);
/// <type>_<8 hex>.
std::string mountAccessor(std::string_view type, Random& random);

} // namespace core::mount
