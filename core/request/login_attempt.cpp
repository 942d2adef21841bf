#include "core/request/login_attempt.h"

#include "core/base/logging.h"
#include "core/request/answers.h"

namespace core::request {

void LoginAttempt::recognise()
{
    m_alias = m_state.route->backend->loginAlias(m_state.request);
}

Outcome LoginAttempt::checkLock()
{
    if (m_alias.empty()) return {};
    const auto& services = m_state.services;
    auto isLocked = services.lockout.isLocked(m_state.scope(), m_state.route->entry, m_alias, services.clock.now());
    if (!isLocked) return std::move(isLocked).error();
    if (*isLocked) return permissionDenied();
    return {};
}

Outcome LoginAttempt::count(const mount::Response& response)
{
    if (m_alias.empty()) return {};
    auto& lockout = m_state.services.lockout;
    const auto& mount = m_state.route->entry;
    if (response.isWrongCredential) {
        m_isLocking = lockout.countFailure(mount, m_alias, m_state.services.clock.now());
        if (m_isLocking) {
            logging::warn("auth", "a user is locked after wrong credentials",
                          {{"mount", mount.path}, {"user", m_alias}, {"remote_address", m_state.request.remoteAddress}});
        }
        return {};
    }
    if (response.isError || !response.auth) return {};
    // A guesser can send many logins at the same time. So the lock is checked again after the password check:
    // 1. Ten guesses begin. None is locked yet.
    // 2. Five wrong ones lock the user.
    // 3. The right one completes. Without this check it would get a token.
    if (!m_state.transaction) m_state.begin();
    if (auto outcome = checkLock(); !outcome.continues()) return outcome;
    auto counted = lockout.countSuccess(m_state.scope(), mount, m_alias);
    if (!counted) return std::move(counted).error();
    return {};
}

Result<> LoginAttempt::storeLock()
{
    return m_state.services.lockout.putLock(m_state.scope(), m_state.route->entry, m_alias, m_state.now);
}

} // namespace core::request
