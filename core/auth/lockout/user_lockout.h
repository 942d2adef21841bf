#pragma once

#include "core/barrier/scope.h"
#include "core/base/clock.h"
#include "core/base/mutex.h"
#include "core/mount/backend.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core::auth {

/// When wrong credentials lock a user, after all settings were merged.
struct LockoutRules {
    std::uint64_t threshold = 5;
    std::chrono::seconds duration{15 * 60};
    std::chrono::seconds counterReset{15 * 60};
    bool isDisabled = false;
};

/// One `user_lockout` stanza of the configuration file. Zero or empty: not set.
struct LockoutStanza {
    std::uint64_t threshold = 0;
    std::chrono::seconds duration{0};
    std::chrono::seconds counterReset{0};
    std::optional<bool> isDisabled;
};

/// All stanzas by their label: "all", "userpass", "ldap", "approle". Values that a method's stanza does not set are taken from "all".
struct LockoutSettings {
    std::map<std::string, LockoutStanza, std::less<>> stanzas;
    bool isSwitchedOff = false; // VAULT_DISABLE_USER_LOCKOUT: no user is locked, regardless of other settings
};

/// Locks a user after a number of wrong credentials (spec: quotas-namespaces-misc.md §4).
///
/// An auth method takes part in two ways: Backend::loginAlias() names the user of a login, and an answer that says
/// Response::isWrongCredential counts one failure of an existing user. The request pipeline does the rest.
///
/// A user is known by the accessor of the mount and the alias. Counts are in memory only: a restart forgets them. A lock is also a row
/// of this cluster, `l/core/login/lockedUsers/<accessor>/<alias in hex>`, so it outlives a restart and a failover. Thread-safe.
class UserLockout {
public:
    explicit UserLockout(LockoutSettings settings) : m_settings{std::move(settings)} {}

    /// True if logins of this type of auth method are counted.
    static bool isCounted(std::string_view mountType);
    /// Mount tuning, then the method's stanza, then the stanza `all`, then the defaults.
    LockoutRules rules(const mount::MountEntry& mount) const;

    /// True if the user must be refused without checking the credential. Errors: those of the view.
    Result<bool> isLocked(const barrier::Scope& scope, const mount::MountEntry& mount, std::string_view alias, WallTime now) const
        CORE_EXCLUDES(m_mutex);
    /// Counts a wrong credential. True: the user is now locked, and the caller must store that with putLock().
    bool countFailure(const mount::MountEntry& mount, std::string_view alias, WallTime now) CORE_EXCLUDES(m_mutex);
    /// Call it for a right credential of a user that is not locked. The count starts again, and the row of an old lock is removed in the caller's
    /// transaction.
    Result<> countSuccess(const barrier::Scope& scope, const mount::MountEntry& mount, std::string_view alias) CORE_EXCLUDES(m_mutex);
    /// Writes the lock's row in the caller's transaction.
    Result<> putLock(const barrier::Scope& scope, const mount::MountEntry& mount, std::string_view alias, WallTime now) const;

    /// Locked users by the accessor of their mount, sorted. `mounts` are the present auth mounts; locks of other mounts
    /// are not reported.
    using LockedUsers = std::map<std::string, std::vector<std::string>>;
    Result<LockedUsers> lockedUsers(const barrier::Scope& scope, const std::vector<mount::MountEntry>& mounts, WallTime now) const
        CORE_EXCLUDES(m_mutex);
    /// Forgets the count at once, and removes the row in the caller's transaction. Works for unlocked users too.
    Result<> unlock(const barrier::Scope& scope, std::string_view accessor, std::string_view alias) CORE_EXCLUDES(m_mutex);
    /// Call it when all data can have changed.
    void clear() CORE_EXCLUDES(m_mutex);

    /// Removes the rows of locks that have ended, at most `countMax`, in the caller's transaction.
    Result<> removeEnded(const barrier::Scope& scope, const std::vector<mount::MountEntry>& mounts, WallTime now, std::size_t countMax) const;

private:
    struct Failures {
        std::uint64_t count = 0;
        WallTime last;
    };
    using User = std::pair<std::string, std::string>; // accessor, alias
    void makeRoom(WallTime now) CORE_REQUIRES(m_mutex);

    const LockoutSettings m_settings;
    mutable Mutex m_mutex;                                        // leaf lock
    std::map<User, Failures> m_failures CORE_GUARDED_BY(m_mutex); // at most kCountedUsersMax
};

/// Users with a count at the same time. Only existing users are counted; when there are more, the one that failed longest ago is forgotten.
inline constexpr std::size_t kCountedUsersMax = 100'000;
/// A longer alias is not counted, because no method has such users.
inline constexpr std::size_t kAliasBytesMax = 512;

} // namespace core::auth
