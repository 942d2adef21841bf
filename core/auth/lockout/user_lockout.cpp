#include "core/auth/lockout/user_lockout.h"

#include "core/base/encoding.h"

#include <boost/json.hpp>

#include <algorithm>
#include <array>

namespace core::auth {
namespace {

namespace json = boost::json;

constexpr std::string_view kFolder = "core/login/lockedUsers/";
constexpr std::array<std::string_view, 3> kMethods = {"userpass", "ldap", "approle"};

/// Hex, because an alias can contain '/'.
std::string rowOf(std::string_view accessor, std::string_view alias)
{
    return std::string{accessor} + "/" + toHex(alias);
}

/// The time of the last wrong credential, from a lock's row.
Result<WallTime> decodeLock(std::string_view text)
{
    json::error_code failed;
    const auto value = json::parse(json::string_view{text.data(), text.size()}, failed);
    const auto* at = !failed && value.is_object() ? value.get_object().if_contains("last_failure_unix_s") : nullptr;
    if (!at || !at->is_int64()) return Error{ErrorCode::Corrupt, "stored lock of a user"};
    return fromUnixMs(at->get_int64() * 1000);
}

} // namespace

bool UserLockout::isCounted(std::string_view mountType)
{
    return std::ranges::find(kMethods, mountType) != kMethods.end();
}

LockoutRules UserLockout::rules(const mount::MountEntry& mount) const
{
    LockoutRules rules;
    const auto refine = [&rules](const auto& by) {
        if (by.threshold > 0) rules.threshold = by.threshold;
        if (by.duration.count() > 0) rules.duration = by.duration;
        if (by.counterReset.count() > 0) rules.counterReset = by.counterReset;
    };
    for (const std::string_view label : {std::string_view{"all"}, std::string_view{mount.type}}) {
        const auto stanza = m_settings.stanzas.find(label);
        if (stanza == m_settings.stanzas.end()) continue;
        refine(stanza->second);
        rules.isDisabled = stanza->second.isDisabled.value_or(rules.isDisabled);
    }
    const auto& tuning = mount.userLockout;
    refine(tuning);
    rules.isDisabled = rules.isDisabled || tuning.isDisabled || m_settings.isSwitchedOff || !isCounted(mount.type);
    return rules;
}

Result<bool> UserLockout::isLocked(const barrier::Scope& scope, const mount::MountEntry& mount, std::string_view alias, WallTime now) const
{
    const auto rules = this->rules(mount);
    if (rules.isDisabled || alias.empty() || alias.size() > kAliasBytesMax) return false;
    {
        MutexLock lock{m_mutex};
        const auto counted = m_failures.find({mount.accessor, std::string{alias}});
        if (counted != m_failures.end() && counted->second.count >= rules.threshold && now - counted->second.last < rules.duration) return true;
    }
    auto stored = scope.local(std::string{kFolder}).get(rowOf(mount.accessor, alias));
    if (!stored) return std::move(stored).error();
    if (!*stored) return false;
    auto last = decodeLock(**stored);
    if (!last) return std::move(last).error();
    return now - *last < rules.duration;
}

void UserLockout::makeRoom(WallTime now)
{
    if (m_failures.size() < kCountedUsersMax) return;
    const auto day = std::chrono::hours{24};
    std::erase_if(m_failures, [&](const auto& each) { return now - each.second.last > day; });
    if (m_failures.size() < kCountedUsersMax) return;
    m_failures.erase(std::ranges::min_element(m_failures, {}, [](const auto& each) { return each.second.last; }));
}

bool UserLockout::countFailure(const mount::MountEntry& mount, std::string_view alias, WallTime now)
{
    const auto rules = this->rules(mount);
    if (rules.isDisabled || alias.empty() || alias.size() > kAliasBytesMax) return false;
    MutexLock lock{m_mutex};
    User user{mount.accessor, std::string{alias}};
    auto counted = m_failures.find(user);
    if (counted == m_failures.end()) {
        makeRoom(now);
        counted = m_failures.emplace(std::move(user), Failures{}).first;
    }
    auto& failures = counted->second;
    // A lock that has ended begins a new count, as a long time without a failure does.
    const auto since = now - failures.last;
    if (since >= rules.counterReset || (failures.count >= rules.threshold && since >= rules.duration)) failures.count = 0;
    const bool wasLocked = failures.count >= rules.threshold;
    if (wasLocked) return false; // a login that began before the lock does not prolong it
    ++failures.count;
    failures.last = now;
    return failures.count >= rules.threshold;
}

Result<> UserLockout::countSuccess(const barrier::Scope& scope, const mount::MountEntry& mount, std::string_view alias)
{
    if (rules(mount).isDisabled || alias.empty() || alias.size() > kAliasBytesMax) return {};
    return unlock(scope, mount.accessor, alias);
}

Result<> UserLockout::putLock(const barrier::Scope& scope, const mount::MountEntry& mount, std::string_view alias, WallTime now) const
{
    const json::object row{{"last_failure_unix_s", toUnixSeconds(now)}};
    return scope.local(std::string{kFolder}).put(rowOf(mount.accessor, alias), json::serialize(row));
}

Result<UserLockout::LockedUsers> UserLockout::lockedUsers(const barrier::Scope& scope, const std::vector<mount::MountEntry>& mounts,
                                                          WallTime now) const
{
    LockedUsers users;
    for (const auto& mount : mounts) {
        const auto rules = this->rules(mount);
        if (rules.isDisabled) continue;
        std::vector<std::string> aliases;
        {
            MutexLock lock{m_mutex};
            for (auto at = m_failures.lower_bound({mount.accessor, {}}); at != m_failures.end() && at->first.first == mount.accessor; ++at) {
                if (at->second.count >= rules.threshold && now - at->second.last < rules.duration) aliases.push_back(at->first.second);
            }
        }
        std::optional<Error> broken;
        const auto visited = scope.local(std::string{kFolder}).forEach(mount.accessor + "/", [&](std::string_view path, std::string_view value) {
            const auto last = decodeLock(value);
            auto alias = fromHex(path.substr(path.rfind('/') + 1));
            if (!last || !alias) {
                broken = Error{ErrorCode::Corrupt, "stored lock of a user"};
                return false;
            }
            if (now - *last < rules.duration) aliases.push_back(std::move(*alias));
            return true;
        });
        if (!visited) return visited.error();
        if (broken) return *broken;
        std::ranges::sort(aliases);
        aliases.erase(std::unique(aliases.begin(), aliases.end()), aliases.end());
        if (!aliases.empty()) users.emplace(mount.accessor, std::move(aliases));
    }
    return users;
}

Result<> UserLockout::unlock(const barrier::Scope& scope, std::string_view accessor, std::string_view alias)
{
    {
        MutexLock lock{m_mutex};
        m_failures.erase({std::string{accessor}, std::string{alias}});
    }
    return scope.local(std::string{kFolder}).erase(rowOf(accessor, alias));
}

void UserLockout::clear()
{
    MutexLock lock{m_mutex};
    m_failures.clear();
}

Result<> UserLockout::removeEnded(const barrier::Scope& scope, const std::vector<mount::MountEntry>& mounts, WallTime now, std::size_t countMax) const
{
    std::map<std::string, std::chrono::seconds, std::less<>> durations; // a removed mount has none
    for (const auto& mount : mounts) durations[mount.accessor] = rules(mount).duration;
    auto folder = scope.local(std::string{kFolder});
    std::vector<std::string> ended;
    const auto visited = folder.forEach({}, [&](std::string_view path, std::string_view value) {
        const auto duration = durations.find(path.substr(0, path.find('/')));
        const auto last = decodeLock(value);
        if (duration == durations.end() || !last || now - *last >= duration->second) ended.emplace_back(path);
        return ended.size() < countMax;
    });
    if (!visited) return visited;
    for (const auto& path : ended) {
        if (auto erased = folder.erase(path); !erased) return erased;
    }
    return {};
}

} // namespace core::auth
