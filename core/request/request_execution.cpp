#include "core/request/request_execution.h"

#include "core/base/assert.h"
#include "core/base/logging.h"
#include "core/base/reported_version.h"
#include "core/mount/retry.h"
#include "core/request/answers.h"
#include "core/request/login.h"
#include "core/route/openapi.h"

#include <new>

namespace core::request {
namespace {

using mount::Response;
using policy::Operation;

constexpr const char* kChanged = "the data or the role of this cluster has changed while the request ran; try again";
constexpr const char* kStaleWarning =
    "Timeout hit while waiting for local replicated cluster to apply primary's write; this client may encounter stale reads of "
    "values written during this operation.";
constexpr const char* kUnreachable = "primary cluster is not reachable";

/// Nothing was checked, so the client can send the same request again.
Response tooManyChecks(int status, std::string text)
{
    auto response = Response::error(status, std::move(text));
    mount::addRetryAfter(response);
    return response;
}

} // namespace

RequestExecution::RequestExecution(RequestPipeline& pipeline, mount::Request request, Executor& executor, std::unique_ptr<Caller> caller,
                                   bool isForwardedHere)
    : m_state{pipeline, std::move(request), executor, std::move(caller), isForwardedHere}
    , m_services{m_state.services}
    , m_checks{m_state}
    , m_completion{m_state, m_checks}
    , m_login{m_state}
{}

void RequestExecution::start(RequestPipeline& pipeline, mount::Request request, Executor& executor, std::unique_ptr<Caller> caller,
                             bool isForwardedHere)
{
    const auto execution = std::make_shared<RequestExecution>(pipeline, std::move(request), executor, std::move(caller), isForwardedHere);
    execution->m_state.owner = execution;
    execution->check();
}

void RequestExecution::check()
{
    if (m_state.request.id.empty()) m_state.request.id = m_services.random.uuid();
    if (auto outcome = m_checks.admit(); !outcome.continues()) return refuse(std::move(outcome));
    if (m_checks.needsUse()) return takeUse();
    checkPolicies();
}

/// The use is taken in a transaction of its own before anything else, so a refused request costs a use too.
/// 1. Two requests with a token of one use arrive.
/// 2. Both read one use left, and both try to commit that it is taken.
/// 3. One commit conflicts. That request reads again and finds no use left.
void RequestExecution::takeUse()
{
    auto transaction = m_services.store.begin();
    if (auto outcome = m_checks.takeUse(transaction); !outcome.continues()) return refuse(std::move(outcome));
    m_services.store.commit(std::move(transaction), m_state.executor, [this, kept = kept()](Result<LogIndex> index) {
        if (index) {
            m_completion.noteWritten(*index);
            return checkPolicies();
        }
        m_state.isLastUse = false; // the use was not taken, so this request must not end the token
        // A conflict means that another request took a use, so this loop ends.
        if (index.error().code == ErrorCode::Conflict) return takeUse();
        refuse(index.error());
    });
}

void RequestExecution::checkPolicies()
{
    if (!m_checks.needsPolicies()) return execute();
    if (leavesIoThread(&RequestExecution::checkPolicies)) return;
    if (auto outcome = m_checks.loadPolicies(); !outcome.continues()) return refuse(std::move(outcome));
    if (auto outcome = decideAgain(); !outcome.continues()) return refuse(std::move(outcome));
    execute();
}

void RequestExecution::refuse(Outcome outcome)
{
    const bool isUnheard = outcome.kind() == Outcome::Kind::Unheard;
    auto&& response = std::move(outcome).takeResponse();
    if (isUnheard) return m_completion.deliver(std::move(response));
    if (!m_completion.auditRefused(response)) return;
    if (!m_state.isLastUse) return m_completion.answer(std::move(response));
    finish(keep(std::move(response))); // ending the token can conflict and run again
}

void RequestExecution::execute()
{
    if (leavesIoThread(&RequestExecution::execute)) return;
    if (!m_completion.auditRequest()) return;
    if (!m_state.route) return finish(keep(noRoute()));
    if (!m_state.transaction) {
        if (auto outcome = decideAgain(); !outcome.continues()) return conclude(std::move(outcome));
    }
    if (m_checks.endsOwnToken()) return finish(keep(Response::badRequest(std::string{token::kInvalidWrappingToken})));
    conclude(schedule());
}

void RequestExecution::conclude(Outcome outcome)
{
    switch (outcome.kind()) {
    case Outcome::Kind::Waits: return;
    case Outcome::Kind::Conflicts: return retry();
    case Outcome::Kind::Answered: return finish(std::move(outcome).takeResponse());
    case Outcome::Kind::Failed: return m_completion.answer(std::move(outcome).takeResponse());
    case Outcome::Kind::Continues:
    case Outcome::Kind::Unheard: break; // only checks end so
    }
    CORE_ASSERT(false);
}

Outcome RequestExecution::schedule()
{
    const auto& backend = *m_state.route->backend;
    const auto& request = m_state.request;
    const bool isHelp = request.operation == Operation::Help;
    if (!isHelp && !m_state.isForwardedHere) m_login.recognise();
    if (auto outcome = m_login.checkLock(); !outcome.continues()) return outcome;
    if (!isHelp && backend.hashesPassword(request)) {
        if (m_isQueuedForPasswords && m_state.isOnWorker) return callBackend(); // a retry that is already on a password thread
        return queueForPasswords();
    }
    if (!isHelp && !m_state.isOnWorker && backend.isSlow(request)) {
        continueOn(m_services.workers, &RequestExecution::callBackendHere);
        return Outcome::waits();
    }
    if (leavesIoThread(&RequestExecution::callBackendHere)) return Outcome::waits();
    return callBackend();
}

void RequestExecution::continueOn(Executor& threads, void (RequestExecution::*step)())
{
    m_state.dropContext();
    m_state.post(threads, [this, step] {
        m_state.isOnWorker = true;
        (this->*step)();
    });
}

bool RequestExecution::leavesIoThread(void (RequestExecution::*step)())
{
    if (m_state.isOnWorker || !m_state.hasLargeBody()) return false;
    continueOn(m_services.bodies, step);
    return true;
}

Outcome RequestExecution::queueForPasswords()
{
    // From now on a change of role does not wait for this request. It has changed nothing yet, and begins again after the change.
    m_state.caller->pause();
    m_state.dropTransaction(); // its view of the data would be old when the hash is ready
    const auto admission =
        m_services.passwords.post(m_state.request.remoteAddress, [this, kept = kept()](bool isStopping) { leaveQueueForPasswords(isStopping); });
    if (admission == BoundedExecutor::Admission::Taken) return Outcome::waits();
    m_state.caller->resume();
    return keep(admission == BoundedExecutor::Admission::SenderFull
                    ? tooManyChecks(429, "too many password checks from this address are waiting; try again later")
                    : tooManyChecks(503, "too many password checks are waiting; try again later"));
}

void RequestExecution::leaveQueueForPasswords(bool isStopping)
{
    m_state.caller->resume();
    m_state.isOnWorker = true;
    m_isQueuedForPasswords = true;
    if (isStopping || m_state.pipeline.isStopped()) return m_completion.deliver(mount::retryLater("this server is stopping or being sealed"));
    if (m_state.isOutdated()) {
        return m_state.post(m_state.executor, [this] { // a request begins on its executor
            m_state.isOnWorker = false;
            runAgain();
        });
    }
    auto outcome = decideAgain();
    if (outcome.continues()) outcome = m_login.checkLock(); // other logins of this user failed while this one waited
    conclude(outcome.continues() ? callBackend() : std::move(outcome));
}

Outcome RequestExecution::decideAgain()
{
    m_state.begin();
    return m_checks.decide();
}

void RequestExecution::callBackendHere()
{
    conclude(callBackend());
}

Outcome RequestExecution::callBackend()
{
    auto response = responseOfBackend();
    if (!response) return answerFailure(response.error());
    if (auto outcome = m_login.count(*response); !outcome.continues()) return outcome;
    if (m_login.isLocking()) m_keptAnswer = *response; // if the lock's row conflicts, the credential must not be checked or counted again
    return std::move(*response);
}

Result<Response> RequestExecution::responseOfBackend()
try {
    const auto& request = m_state.request;
    const auto& backend = m_state.route->backend;
    if (request.operation == Operation::Help) {
        route::OpenApiDocument document{kReportedVersion};
        document.add({}, backend->openApiPaths(request.relativePath));
        return Response::raw(200, {{"help", backend->help(request.relativePath)}, {"see_also", nullptr}, {"openapi", std::move(document).finish()}});
    }
    const auto beganAt = m_services.clock.steadyNow();
    auto response = backend->handle(request, m_state.context());
    if (m_services.meters) m_services.meters->addRoute(request.mountPoint, request.operation, m_services.clock.steadyNow() - beganAt);
    if (!response) return response;
    return addEntity(m_state.scope(), *m_state.route, m_services.random, m_state.now, std::move(*response));
} catch (const std::bad_alloc&) {
    return Error{ErrorCode::Unavailable, "not enough memory now"}; // short enough to need no memory
} catch (const std::exception& failure) {                          // from a library: the client must get an answer
    return Error{ErrorCode::Internal, failure.what()};
}

Outcome RequestExecution::answerFailure(const Error& error)
{
    switch (error.code) {
    case ErrorCode::ReadOnly:
        if (m_services.roles.isPerformanceSecondary()) return forward(); // a relay forwards what a secondary forwarded to it
        if (m_state.isForwardedHere) return permissionDenied();          // the write concerns data that is only this cluster's
        break;
    case ErrorCode::Conflict: return Outcome::conflicts();
    case ErrorCode::Corrupt:
    case ErrorCode::Io:
    case ErrorCode::Internal: logging::error("request", "request failed", {{"path", m_state.request.path}, {"error", toString(error)}}); break;
    default: break;
    }
    return answerOf(error);
}

Outcome RequestExecution::forward()
{
    if (hold()) return Outcome::waits(); // the primary that this cluster will follow has no link yet
    // The checks were made before this cluster became a secondary, or the secondary of another primary.
    if (m_state.isOutdated()) return Outcome::failed(clusterChanged());
    m_state.begin(); // the writes up to the refusal do not count
    m_services.forwarder.forward(m_state.request, m_state.executor, [this, kept = kept()](Result<Forwarder::Answer> answered) {
        m_state.isOnWorker = false;
        conclude(takeForwarded(std::move(answered)));
    });
    return Outcome::waits();
}

Outcome RequestExecution::takeForwarded(Result<Forwarder::Answer> answered)
{
    if (!answered) {
        logging::warn("request", "a request could not be forwarded", {{"path", m_state.request.path}, {"error", toString(answered.error())}});
        const auto code = answered.error().code;
        if (code == ErrorCode::Conflict) return runAgain(), Outcome::waits(); // for example, this cluster is the primary now
        const bool isAway = code == ErrorCode::Unavailable || code == ErrorCode::Timeout;
        return isAway ? mount::retryLater(kUnreachable) : answerOf(answered.error());
    }
    m_completion.noteWrittenByPrimary(answered->index);
    auto& response = answered->response;
    if (!answered->isApplied && !response.isError) {
        response.warnings.emplace_back(kStaleWarning);
        if (response.status == 204) response.status = 200;
    }
    if (response.isError && response.status == 503) mount::addRetryAfter(response);            // headers are not forwarded
    if (m_state.isForwardedHere) m_completion.noteWritten(m_services.store.lastSharedIndex()); // the index that the sender waits for
    if (auto outcome = m_login.count(response); outcome.kind() == Outcome::Kind::Failed) return outcome;
    else if (!outcome.continues()) response = std::move(outcome).takeResponse();
    m_completion.keepPrimarysAnswer(response);
    return std::move(response);
}

void RequestExecution::retry()
{
    // After a change of role, the decision to allow the request came from policies that no longer count.
    if (m_state.isOutdated()) return m_completion.answer(clusterChanged());
    if (++m_runCount >= kRunsMax) {
        return m_completion.answer(Response::error(500, oneError("too many requests write the same data; try again")));
    }
    const auto& primarys = m_completion.primarysAnswer();
    if (primarys || m_keptAnswer) {
        m_state.begin();
        return finish(Response{primarys ? *primarys : *m_keptAnswer});
    }
    if (auto outcome = decideAgain(); !outcome.continues()) return conclude(std::move(outcome));
    conclude(schedule());
}

bool RequestExecution::hold()
{
    return m_services.roles.holdWrite([this, kept = kept()](const std::string& refusal) {
        m_state.post(m_state.executor, [this, refusal] {
            m_state.isOnWorker = false;
            resume(refusal);
        });
    });
}

void RequestExecution::resume(const std::string& refusal)
{
    if (!refusal.empty()) return m_completion.answer(writeRefused(refusal));
    if (!m_state.isOutdated()) return retry();
    runAgain();
}

void RequestExecution::runAgain()
{
    // The role has changed, so everything must be checked again. But some steps can be done only once, and were done.
    auto& request = m_state.request;
    const bool isSpent = m_state.isLastUse || m_checks.endsOwnToken() || (request.token && request.token->usesLeft != 0);
    if (m_state.isForwardedHere || isSpent || m_keptAnswer || m_completion.primarysAnswer() || m_checks.isWrappingCall()) {
        return m_completion.answer(clusterChanged());
    }
    request.operation = m_checks.operationAsked();
    request.token.reset();
    start(m_state.pipeline, std::move(request), m_state.executor, std::move(m_state.caller), false);
}

Response RequestExecution::noRoute() const
{
    return Response::error(404, "no handler for route \"" + m_state.request.path + "\". route entry not found.");
}

Response RequestExecution::clusterChanged() const
{
    // During a switchover the sender must send the request to the new primary. That is safe, because nothing of it has been done.
    if (m_state.isForwardedHere && !m_completion.primarysAnswer() && m_services.roles.isPerformanceSecondary()) {
        return Response::error(replication::kElsewhereStatus, "this cluster is not the primary any more");
    }
    return mount::retryLater(kChanged);
}

Response RequestExecution::writeRefused(std::string why) const
{
    return m_services.roles.isRefusalPassing() ? mount::retryLater(std::move(why)) : Response::error(503, std::move(why));
}

} // namespace core::request
