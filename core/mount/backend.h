#pragma once

#include "core/barrier/scope.h"
#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/base/result.h"
#include "core/mount/request.h"
#include "core/mount/response.h"
#include "core/mount/user_lockout.h"

namespace core::mount {

/// One row of a mount table.
struct MountEntry {
    std::string path; // "secret/", "auth/userpass/" for auth mounts
    std::string type; // "kv"
    std::string description;
    std::string uuid;
    std::string accessor;
    std::map<std::string, std::string> options; // version: "2"
    bool isLocal = false;
    bool isSealWrapped = false;
    std::chrono::seconds defaultLeaseTtl{0}; // 0: the system's
    std::chrono::seconds maxLeaseTtl{0};
    bool isForceNoCache = false;
    std::string listingVisibility;
    std::string tokenType; // auth mounts
    std::vector<std::string> auditNonHmacRequestKeys;
    std::vector<std::string> auditNonHmacResponseKeys;
    std::vector<std::string> passthroughRequestHeaders;
    std::vector<std::string> allowedResponseHeaders;
    UserLockoutTuning userLockout; // auth mounts whose logins are counted
    bool isTainted = false;        // unmounted: serves nothing, and its data is being deleted
};

/// A row that a backend has read.
struct RowRead {
    std::optional<std::string> value; // opened; empty: there is no such row
};

/// What a backend can use while it handles one request. All its writes become one transaction.
struct Context {
    barrier::View storage;      // the mount's own folder: shared, or local for a local mount
    barrier::View localStorage; // for the parts of a shared mount that stay local
    const MountEntry& mount;
    const Clock& clock;
    Random& random;
    std::chrono::seconds defaultLeaseTtl; // effective
    std::chrono::seconds maxLeaseTtl;
    /// Every folder of the same transaction. Only for built-in mounts (sys, token, cubbyhole); null for all others.
    const barrier::Scope* system = nullptr;
    /// The row that exists() has read, if handle() needs it too. Both get the same context, so the row is read once.
    std::optional<RowRead> rowRead = {};
};

/// A secrets engine or an auth method. A handler is synchronous, sees no HTTP and checks no policy. After a conflict it runs again from the start, so
/// it must have no effect except through `context`. Thread-safe: handle() runs on many threads.
class Backend {
public:
    virtual ~Backend() = default;

    /// Errors of the storage must be passed on (ReadOnly sends the request to the primary). Refusals are error responses.
    virtual Result<Response> handle(const Request& request, Context& context) = 0;

    /// True if the thing that a write names exists already (update), false if not (create). Empty: the backend does not distinguish, and every write
    /// is an update. Runs before the policies are checked.
    virtual Result<std::optional<bool>> exists(const Request& request, Context& context);

    /// True if the operation needs no token at this path (relative). It depends on the operation too: a client that can read is not always allowed to
    /// write.
    virtual bool isUnauthenticated(policy::Operation /*operation*/, std::string_view /*relativePath*/) const { return false; }
    /// True if a DR secondary answers it (spec: replication-behaviour.md §3.2). No tokens are checked there.
    virtual bool isOnDrSecondary(policy::Operation /*operation*/, std::string_view /*relativePath*/) const { return false; }
    /// Paths that need sudo for all operations. They are relative; a '*' at the end matches anything.
    virtual std::vector<std::string> sudoPaths() const { return {}; }

    /// True when handle() takes long enough (password hashes) to leave the I/O thread.
    virtual bool isSlow(const Request&) const { return false; }
    /// True if handle() checks or makes a password hash. It then runs on the password threads, behind their bounded queue.
    virtual bool hashesPassword(const Request&) const { return false; }
    /// The user whose credential a login checks (user name, role id), for the user lockout. Empty: not a login of this kind.
    virtual std::string loginAlias(const Request&) const { return {}; }

    /// Called once when the mount is made, in the same transaction.
    virtual Result<> initialize(Context&) { return {}; }

    /// Called about once a minute, in a transaction of its own, for work that no request asks for: removing what has expired, rotating keys. The work
    /// of one call is bounded; true: there is more, so the next call comes soon. Errors: as handle(); ReadOnly leaves the work to the primary.
    virtual Result<bool> maintain(Context&) { return false; }

    /// A commit here or by replication has changed stored keys (relative to the mount's storage): drop caches.
    virtual void invalidate(std::string_view /*path*/) {}

    /// True if a login can name a role, so that a quota can limit one role.
    virtual bool hasLoginRoles() const { return false; }
    /// The role that a login names; empty: not a login, or no such role. Errors: of the storage.
    virtual Result<std::string> loginRole(const Request&, Context&) { return std::string{}; }

    /// Text of ?help=1 for the path.
    virtual std::string help(std::string_view relativePath) const;
    /// The paths that match, or with an empty path all of them, as core/route/openapi.h describes them.
    virtual boost::json::object openApiPaths(std::string_view relativePath) const;
};

} // namespace core::mount
