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
    bool isTainted = false;        // unmounted: serves nothing, its data is being deleted
};

/// What a backend may touch while it handles one request. Everything it writes becomes one transaction.
struct Context {
    barrier::View storage;      // the mount's own: shared, or local for a local mount
    barrier::View localStorage; // sub-paths that stay local on a shared mount
    const MountEntry& mount;
    const Clock& clock;
    Random& random;
    std::chrono::seconds defaultLeaseTtl; // effective
    std::chrono::seconds maxLeaseTtl;
    /// Every folder of the same transaction: for the built-in mounts (sys, token, cubbyhole); null
    /// for all others.
    const barrier::Scope* system = nullptr;
};

/// A secrets engine or an auth method. Handlers are synchronous, see no HTTP, check no policy, and may run again from the start
/// when their transaction met a conflict: no effects but through `context`. Thread-safe: handle() runs on many threads.
class Backend {
public:
    virtual ~Backend() = default;

    /// Errors of storage pass through (ReadOnly makes the request go to the primary); refusals are error responses.
    virtual Result<Response> handle(const Request& request, Context& context) = 0;

    /// Whether the thing a write names is there already (create or update); nothing: the backend does not distinguish,
    /// and every write is Update.
    virtual Result<std::optional<bool>> exists(const Request& request, Context& context);

    /// Whether the operation needs no token at this path (relative). A matter of the operation too: a client that may read need not be one that
    /// may write.
    virtual bool isUnauthenticated(policy::Operation /*operation*/, std::string_view /*relativePath*/) const { return false; }
    /// Whether a DR secondary answers it (spec: replication-behaviour.md §3.2). No tokens are checked there.
    virtual bool isOnDrSecondary(policy::Operation /*operation*/, std::string_view /*relativePath*/) const { return false; }
    /// Paths (relative, '*' at the end matches anything) that need sudo, whatever is done there.
    virtual std::vector<std::string> sudoPaths() const { return {}; }

    /// True when handle() takes long enough (password hashes) to leave the I/O thread.
    virtual bool isSlow(const Request&) const { return false; }
    /// True when handle() checks or makes a password hash: it then runs on the threads for that, behind their bounded queue.
    virtual bool hashesPassword(const Request&) const { return false; }
    /// The user whose credential a login checks (user name, role id), as user lockout counts it; empty: no such login.
    virtual std::string loginAlias(const Request&) const { return {}; }

    /// Called once when mounted, in the transaction of the mounting.
    virtual Result<> initialize(Context&) { return {}; }

    /// Stored keys (relative to the mount's storage) changed underneath, by replication: drop caches.
    virtual void invalidate(std::string_view /*path*/) {}

    /// Text of ?help=1 for the path.
    virtual std::string help(std::string_view relativePath) const;
};

} // namespace core::mount
