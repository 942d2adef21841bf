// Chooses the threads that a request runs on, and counts wrong logins.
#include "core/mount/retry.h"
#include "core/request/answers.h"
#include "core/request/request_task.h"

#include "core/base/logging.h"

namespace core::request {
namespace {

using mount::Response;
using policy::Operation;

/// Nothing was checked, so the client can send the same request again.
Response tooManyChecks(int status, std::string text)
{
    auto response = Response::error(status, std::move(text));
    mount::addRetryAfter(response);
    return response;
}

} // namespace

void RequestTask::schedule()
{
    const bool isHelp = m_request.operation == Operation::Help;
    if (!isHelp && !m_isForwardedHere) m_alias = m_route->backend->loginAlias(m_request);
    if (isRefusedByLockout()) return;
    if (!isHelp && m_route->backend->hashesPassword(m_request)) {
        if (m_isQueuedForPasswords && m_isOnWorker) return attempt(); // a retry that is already on a password thread
        return queueForPasswords();
    }
    if (!isHelp && !m_isOnWorker && m_route->backend->isSlow(m_request)) {
        m_context.reset(); // the role can change until a worker is free, and with it what the backend is allowed to write
        m_services.workers.post([self = shared_from_this()] {
            self->m_isOnWorker = true;
            self->attempt();
        });
        return;
    }
    if (!leavesIoThread(&RequestTask::attempt)) attempt();
}

bool RequestTask::hasLargeBody() const
{
    return m_request.bodyBytes >= kLargeBodyBytes;
}

bool RequestTask::leavesIoThread(void (RequestTask::*step)())
{
    if (m_isOnWorker || !hasLargeBody()) return false;
    m_context.reset(); // as for slow handlers
    m_services.bodies.post([self = shared_from_this(), step] {
        self->m_isOnWorker = true;
        ((*self).*step)();
    });
    return true;
}

void RequestTask::queueForPasswords()
{
    // From now on a change of role does not wait for this request. It has changed nothing yet, and begins again after the change.
    if (m_waiting.pause) m_waiting.pause();
    dropTransaction(); // its view of the data would be old when the hash is ready
    const auto admission = m_services.passwords.post(m_request.remoteAddress, [self = shared_from_this()](bool isStopping) {
        if (self->m_waiting.resume) self->m_waiting.resume();
        self->m_isOnWorker = true;
        self->m_isQueuedForPasswords = true;
        if (isStopping || self->m_pipeline.isStopped()) return self->deliver(mount::retryLater("this server is stopping or being sealed"));
        if (self->isOutdated()) {
            // A request begins on its executor.
            return self->m_executor.post([self] {
                self->m_isOnWorker = false;
                self->runAgain();
            });
        }
        self->begin();
        auto isAllowed = self->decide();
        if (!isAllowed) return self->answer(answerOf(isAllowed.error()));
        if (!*isAllowed) return self->finishTransaction(policyDenied());
        if (self->isRefusedByLockout()) return; // other logins of this user failed while this one waited
        self->attempt();
    });
    if (admission == BoundedExecutor::Admission::Taken) return;
    if (m_waiting.resume) m_waiting.resume();
    m_refusal = admission == BoundedExecutor::Admission::SenderFull
                    ? tooManyChecks(429, "too many password checks from this address are waiting; try again later")
                    : tooManyChecks(503, "too many password checks are waiting; try again later");
    finishTransaction(*m_refusal); // also ends a token whose last use this was
}

bool RequestTask::isRefusedByLockout()
{
    if (m_alias.empty()) return false;
    auto isLocked = m_services.lockout.isLocked(scope(*m_transaction), m_route->entry, m_alias, m_services.clock.now());
    if (!isLocked) return answer(answerOf(isLocked.error())), true;
    if (!*isLocked) return false;
    return answer(permissionDenied()), true;
}

Result<> RequestTask::countLogin(Response& response)
{
    if (m_alias.empty()) return {};
    const auto& mount = m_route->entry;
    const WallTime now = m_services.clock.now();
    if (response.isWrongCredential) {
        m_isLocking = m_services.lockout.countFailure(mount, m_alias, now);
        if (m_isLocking) {
            m_refusal = response; // if the lock's row conflicts, the credential must not be checked or counted again
            logging::warn("auth", "a user is locked after wrong credentials",
                          {{"mount", mount.path}, {"user", m_alias}, {"remote_address", m_request.remoteAddress}});
        }
        return {};
    }
    if (response.isError || !response.auth) return {};
    // A guesser can send many logins at the same time. So the lock is checked again after the password check:
    // 1. Ten guesses begin. None is locked yet.
    // 2. Five wrong ones lock the user.
    // 3. The right one completes. Without this check it would get a token.
    if (!m_transaction) begin();
    const auto here = scope(*m_transaction);
    auto isLocked = m_services.lockout.isLocked(here, mount, m_alias, now);
    if (!isLocked) return std::move(isLocked).error();
    if (*isLocked) {
        response = permissionDenied();
        return {};
    }
    return m_services.lockout.countSuccess(here, mount, m_alias);
}

} // namespace core::request
