#include "core/request/request_task.h"

#include "core/base/cidr.h"
#include "core/base/logging.h"
#include "core/mount/retry.h"
#include "core/replication/scope/forward_bounds.h"
#include "core/replication/scope/path_filters.h"
#include "core/audit/weight.h"
#include "core/request/answers.h"

#include <algorithm>
#include <array>
#include <new>

namespace core::request {
namespace {

using mount::Response;
using policy::Operation;

constexpr std::string_view kWrappingPaths[] = {"sys/wrapping/lookup", "sys/wrapping/unwrap", "sys/wrapping/rewrap"};
constexpr std::string_view kUnauditedPaths[] = {"sys/replication/status", "sys/replication/performance/status", "sys/replication/dr/status"};
constexpr const char* kChanged = "the data or the role of this cluster has changed while the request ran; try again";
constexpr const char* kDisabledOnDr = "path disabled in replication DR secondary mode";

/// True if secondaries can change shared data of the mount here. Tokens and local mounts belong to this cluster only. sys/ decides per route.
bool isForwardable(const mount::Route& route, std::string_view path)
{
    if (route.entry.isLocal || route.entry.type == "cubbyhole") return false;
    return route.entry.type != "token" || path.starts_with("auth/token/roles/");
}

template<std::size_t size>
bool contains(const std::string_view (&paths)[size], std::string_view path)
{
    return std::find(std::begin(paths), std::end(paths), path) != std::end(paths);
}

} // namespace

RequestTask::RequestTask(RequestPipeline& pipeline, mount::Request request, Executor& executor, Done done, bool isForwardedHere,
                         RequestPipeline::Waiting waiting)
    : m_pipeline{pipeline}
    , m_services{pipeline.services()}
    , m_request{std::move(request)}
    , m_executor{executor}
    , m_done{std::move(done)}
    , m_isForwardedHere{isForwardedHere}
    , m_waiting{std::move(waiting)}
    , m_generation{pipeline.generation()}
    , m_now{m_services.clock.now()}
    , m_operationAsked{m_request.operation}
{}

barrier::Scope RequestTask::scope(log::Transaction& transaction) const
{
    const bool isDrSecondary = m_services.roles.isDrSecondary();
    const barrier::WriteAccess access{.shared = !isDrSecondary && !m_services.roles.isPerformanceSecondary(),
                                      .local = !isDrSecondary && !m_isForwardedHere};
    return {transaction, m_services.barrier, access};
}

log::Transaction& RequestTask::begin()
{
    m_context.reset();
    return m_transaction.emplace(m_services.store.begin());
}

void RequestTask::dropTransaction()
{
    m_context.reset();
    m_transaction.reset();
}

mount::Context& RequestTask::context()
{
    if (!m_context) m_context.emplace(*m_route, scope(*m_transaction), m_services.clock, m_services.random);
    return m_context->context();
}

void RequestTask::start()
{
    if (m_request.id.empty()) m_request.id = m_services.random.uuid();
    m_route = m_services.router.find(m_request.path);
    if (m_route) {
        const auto& point = m_route->entry.path;
        m_request.mountPoint = point;
        m_request.relativePath = m_request.path.size() > point.size() ? m_request.path.substr(point.size()) : std::string{};
    }
    if (m_services.roles.isDrSecondary()) return startOnDrSecondary();
    if (m_isForwardedHere) return startForwarded();
    if (!hasRequiredState()) return;
    if (contains(kWrappingPaths, m_request.path) && !prepareWrapping()) return;
    if (isUnauthenticated()) return startUnauthenticated();
    checkToken();
}

bool RequestTask::hasRequiredState()
{
    const auto header = [this](std::string_view name) -> std::string_view {
        for (const auto& each : m_request.headers) {
            if (each.name == name) return each.value;
        }
        return {};
    };
    // The cluster's only node is its active one, so there is nothing to forward. The headers are refused unless the configuration allows them.
    std::string refused;
    if (!header("x-vault-forward").empty()) refused = "X-Vault-Forward";
    else if (header("x-vault-inconsistent") == "forward-active-node") refused = "X-Vault-Inconsistent=forward-active-node";
    if (!refused.empty() && !m_services.isForwardingByHeaderAllowed) {
        return deliver(Response::badRequest("forwarding via header " + refused + " disabled in configuration")), false;
    }
    if (m_request.stateHeaders.empty() || m_pipeline.hasStates(m_request.stateHeaders)) return true;
    return deliver(Response::error(412, "required index state not present")), false;
}

bool RequestTask::isUnauthenticated() const
{
    return m_route && m_route->backend->isUnauthenticated(m_request.operation, m_request.relativePath);
}

void RequestTask::startOnDrSecondary()
{
    const bool isAnswered = m_route && m_route->backend->isOnDrSecondary(m_request.operation, m_request.relativePath);
    if (m_isForwardedHere || !isAnswered) return deliver(Response::badRequest(kDisabledOnDr));
    execute();
}

void RequestTask::startUnauthenticated()
{
    // Some answers say more to a valid token with more rights. An invalid token counts as none.
    if (!m_request.clientToken.empty()) {
        auto transaction = m_services.store.begin();
        auto token = m_services.tokens.check(scope(transaction), m_request.clientToken, m_now);
        if (!token) return refuse(answerOf(token.error()));
        if (*token && ((*token)->boundCidrs.empty() || isInAnyCidr(m_request.remoteAddress, (*token)->boundCidrs))) {
            m_request.token = *token;
        }
    }
    execute();
}

void RequestTask::startForwarded()
{
    if (m_services.scopeOf) m_scope = m_services.scopeOf(m_request.replicationCluster);
    // A mount that a filter withholds from a secondary does not exist for the secondary's requests either.
    if (m_route && m_scope && !replication::isSingleton(m_route->entry) && !m_scope->carriesMount(m_route->entry.uuid)) m_route.reset();
    if (m_route && !isForwardable(*m_route, m_request.path)) return refuse(permissionDenied());
    if (isUnauthenticated()) return execute();
    // Only the cluster that made the token knows it. Only this cluster knows for sure what the token's policies allow now.
    if (!m_request.token) return refuse(permissionDenied());
    m_needsPolicy = true;
    {
        auto transaction = m_services.store.begin();
        const auto here = scope(transaction);
        auto bound = replication::ForwardBounds{here}.find(m_request.replicationCluster);
        if (!bound) return refuse(answerOf(bound.error()));
        if (*bound) {
            auto acl = m_services.policies.acl(here, **bound);
            if (!acl) return refuse(answerOf(acl.error()));
            m_bound = std::move(*acl);
        }
    }
    checkPolicy();
}

bool RequestTask::isWithinScope() const
{
    if (!m_isForwardedHere || !m_scope) return true;
    // A hostile secondary could ask for any path. What counts is what the request wrote, so the written keys are checked.
    return std::ranges::none_of(m_transaction->writes(), [this](const auto& write) {
        const auto mount = replication::mountOf(merkle::treeOf(write.first));
        return !mount.empty() && m_scope->holdsBackMount(mount);
    });
}

bool RequestTask::prepareWrapping()
{
    auto* given = m_request.data.if_contains("token");
    const auto invalidBecause = [](std::string_view why) { return Response::error(403, "error validating wrapping token: " + std::string{why}); };
    if (given && !given->is_null() && !given->is_string()) return refuse(invalidBecause("could not decode token in request body")), false;
    const bool isGiven = given && given->is_string();
    if (isGiven && given->as_string().empty()) return refuse(invalidBecause("empty token in request body")), false;
    if (!isGiven && m_request.clientToken.empty()) return refuse(invalidBecause("token is empty")), false;

    auto transaction = m_services.store.begin();
    const auto here = scope(transaction);
    auto own = m_services.wrapping.tokenBehind(here, m_request.clientToken);
    if (!own) return refuse(answerOf(own.error())), false;
    auto wanted = own;
    if (isGiven) {
        wanted = m_services.wrapping.tokenBehind(here, std::string_view{given->as_string()});
        if (!wanted) return refuse(answerOf(wanted.error())), false;
    }
    const std::string text = isGiven ? std::string{given->as_string()} : m_request.clientToken;
    const auto invalid = [&](std::string_view refused) {
        auto why = m_services.wrapping.refusalOf(here, refused, m_now);
        if (!why) return answerOf(why.error());
        auto response = Response::badRequest(std::string{token::kInvalidWrappingToken}); // as clients know it
        if (!why->empty()) response.headers.emplace_back(std::string{token::kWrappingRefusalHeader}, *why);
        return response;
    };
    if (!*own) return refuse(invalid(m_request.clientToken)), false;
    if (!*wanted) return refuse(invalid(text)), false;
    auto wrapped = m_services.wrapping.lookup(here, **wanted, m_now);
    if (!wrapped) return refuse(answerOf(wrapped.error())), false;
    if (!*wrapped) return refuse(invalid(text)), false;

    m_request.clientToken = **own;
    if (isGiven) {
        // If the request's token is also the one in the body, the call must end that token and get nothing.
        *given = **wanted;
        m_isBurning = **own == **wanted && m_request.path != kWrappingPaths[0];
    }
    return true;
}

void RequestTask::checkToken()
{
    m_needsPolicy = true;
    auto transaction = m_services.store.begin();
    auto token = m_services.tokens.check(scope(transaction), m_request.clientToken, m_now);
    if (!token) return refuse(answerOf(token.error()));
    if (!*token) return refuse(permissionDenied());
    const auto& entry = **token;
    const bool isBound = !entry.boundCidrs.empty() && !(entry.isRoot() && !entry.expires());
    if (isBound && !isInAnyCidr(m_request.remoteAddress, entry.boundCidrs)) return refuse(permissionDenied());
    m_request.token = std::move(*token);
    if (m_request.token->usesLeft > 0) return takeUse();
    checkPolicy();
}

/// The use is taken in a transaction of its own before anything else, so a refused request costs a use too.
/// 1. Two requests with a token of one use arrive.
/// 2. Both read one use left, and both try to commit that it is taken.
/// 3. One commit conflicts. That request reads again and finds no use left.
void RequestTask::takeUse()
{
    auto transaction = m_services.store.begin();
    auto used = m_services.tokens.takeUse(scope(transaction), m_request.clientToken, m_now);
    if (!used) return refuse(answerOf(used.error()));
    if (!*used) return refuse(permissionDenied()); // another request took the last one
    m_isLastUse = (*used)->usesLeft < 0;
    m_request.token = std::move(*used);
    m_services.store.commit(std::move(transaction), m_executor, [self = shared_from_this()](Result<LogIndex> index) {
        if (index) {
            self->m_index = *index;
            return self->checkPolicy();
        }
        self->m_isLastUse = false; // the use was not taken, so this request must not end the token
        // A conflict means that another request took a use, so this loop ends.
        if (index.error().code == ErrorCode::Conflict) return self->takeUse();
        self->refuse(answerOf(index.error()));
    });
}

void RequestTask::checkPolicy()
{
    if (leavesIoThread(&RequestTask::checkPolicy)) return;
    {
        auto transaction = m_services.store.begin();
        auto acl = m_services.policies.acl(scope(transaction), m_request.token->policies);
        if (!acl) return refuse(answerOf(acl.error()));
        m_acl = std::move(*acl);
        if (!m_request.token->madeBy.empty()) {
            auto bound = replication::boundOfMaker(scope(transaction), m_services.policies, *m_request.token);
            if (!bound) return refuse(answerOf(bound.error()));
            m_bound = std::move(*bound);
        }
    }
    begin();
    auto isAllowed = decide();
    if (!isAllowed) return refuse(answerOf(isAllowed.error()));
    if (!*isAllowed) return refuse(policyDenied());
    execute();
}

Result<bool> RequestTask::decide()
{
    if (m_route && (m_operationAsked == Operation::Create || m_operationAsked == Operation::Update)) {
        auto isThere = m_route->backend->exists(m_request, context());
        if (!isThere) return isThere.error();
        m_request.operation = isThere->value_or(true) ? Operation::Update : Operation::Create;
    }
    if (!m_acl) return !m_needsPolicy; // another cluster checked it, or no check is needed
    m_isPolicyChecked = true;
    const policy::AclRequest asked{
        .path = m_request.path, .operation = m_request.operation, .data = &m_request.data, .wrappingTtl = m_request.wrapTtl};
    m_decision = m_acl->allow(asked);
    if (m_bound) m_decision = m_decision.within(m_bound->allow(asked));
    // Help says nothing about stored data, so it needs no sudo, even if the path itself does.
    if (m_decision.isAllowed && m_route && !m_decision.isRoot && !m_decision.hasSudo && m_request.operation != Operation::Help &&
        m_route->sudo.contains(m_request.relativePath)) {
        m_decision.isAllowed = false;
    }
    m_request.hasSudo = m_decision.isRoot || m_decision.hasSudo;
    return m_decision.isAllowed;
}

Response RequestTask::noRoute() const
{
    return Response::error(404, "no handler for route \"" + m_request.path + "\". route entry not found.");
}

void RequestTask::execute()
{
    if (leavesIoThread(&RequestTask::execute)) return;
    // The audit devices must have the request before anything is done.
    if (auto written = audit(nullptr, {}); !written) return deliver(Response::error(500, "internal error"));
    if (!m_route) {
        m_refusal = noRoute();
        return finishTransaction(*m_refusal);
    }
    if (!m_transaction) {
        begin();
        auto isAllowed = decide();
        if (!isAllowed) return answer(answerOf(isAllowed.error()));
    }
    if (m_isBurning) {
        m_refusal = Response::badRequest(std::string{token::kInvalidWrappingToken});
        return finishTransaction(*m_refusal);
    }
    schedule();
}

void RequestTask::attempt()
{
    if (m_forwarded) return finishTransaction(*m_forwarded);
    if (m_refusal) return finishTransaction(*m_refusal);
    auto response = callBackend();
    if (response) {
        if (auto counted = countLogin(*response); !counted) return answer(answerOf(counted.error()));
        return finishTransaction(std::move(*response));
    }
    switch (response.error().code) {
    case ErrorCode::ReadOnly:
        if (m_services.roles.isPerformanceSecondary()) return forward();     // a relay forwards what a secondary forwarded to it
        if (m_isForwardedHere) return finishTransaction(permissionDenied()); // the write concerns data that is only this cluster's
        break;
    case ErrorCode::Conflict: return retry();
    case ErrorCode::Corrupt:
    case ErrorCode::Io:
    case ErrorCode::Internal: logging::error("request", "request failed", {{"path", m_request.path}, {"error", toString(response.error())}}); break;
    default: break;
    }
    finishTransaction(answerOf(response.error()));
}

Result<Response> RequestTask::callBackend()
try {
    if (m_request.operation == Operation::Help) {
        return Response::raw(200, {{"help", m_route->backend->help(m_request.relativePath)}, {"see_also", nullptr}, {"openapi", nullptr}});
    }
    return m_route->backend->handle(m_request, context());
} catch (const std::bad_alloc&) {
    return Error{ErrorCode::Unavailable, "not enough memory now"}; // short enough to need no memory
} catch (const std::exception& failure) {                          // from a library: the client must get an answer
    return Error{ErrorCode::Internal, failure.what()};
}

bool RequestTask::isOutdated() const
{
    return m_generation != m_pipeline.generation();
}

void RequestTask::retry()
{
    // After a change of role, the decision to allow the request came from policies that no longer count.
    if (isOutdated()) return answer(clusterChanged());
    if (++m_attemptCount >= kAttemptsMax) {
        return answer(Response::error(500, oneError("too many requests write the same data; try again")));
    }
    begin();
    if (!m_forwarded && !m_refusal) {
        auto isAllowed = decide();
        if (!isAllowed) return answer(answerOf(isAllowed.error()));
        if (!*isAllowed) return finishTransaction(policyDenied());
        return schedule();
    }
    attempt();
}

bool RequestTask::hold()
{
    return m_services.roles.holdWrite([self = shared_from_this()](const std::string& refusal) {
        self->m_executor.post([self, refusal] {
            self->m_isOnWorker = false;
            self->resume(refusal);
        });
    });
}

void RequestTask::resume(const std::string& refusal)
{
    if (!refusal.empty()) return answer(writeRefused(refusal));
    if (!isOutdated()) return retry();
    runAgain();
}

void RequestTask::runAgain()
{
    // The role has changed, so everything must be checked again. But some steps can be done only once, and were done.
    const bool isSpent = m_isLastUse || m_isBurning || (m_request.token && m_request.token->usesLeft != 0);
    if (m_isForwardedHere || isSpent || m_refusal || m_forwarded || contains(kWrappingPaths, m_request.path)) {
        return answer(clusterChanged());
    }
    m_request.operation = m_operationAsked;
    m_request.token.reset();
    std::make_shared<RequestTask>(m_pipeline, std::move(m_request), m_executor, std::move(m_done), false, std::move(m_waiting))->start();
}

void RequestTask::forward()
{
    if (hold()) return; // the primary that this cluster will follow has no link yet
    // The checks were made before this cluster became a secondary, or the secondary of another primary.
    if (isOutdated()) return answer(clusterChanged());
    begin(); // the writes up to the refusal do not count
    m_services.forwarder.forward(m_request, m_executor, [self = shared_from_this()](Result<Forwarder::Answer> answer) {
        self->m_isOnWorker = false;
        self->takeForwarded(std::move(answer));
    });
}

void RequestTask::deliver(Response response)
{
    if (!m_isForwardedHere) {
        if (auto state = m_pipeline.stateAfter(m_index, m_forwardedIndex); !state.empty()) {
            response.headers.emplace_back("X-Vault-Index", std::move(state));
        }
    }
    if (!m_isOnWorker) return m_done(std::move(response), m_index);
    m_executor.post([self = shared_from_this(), response = std::move(response)]() mutable { self->m_done(std::move(response), self->m_index); });
}

void RequestTask::refuse(Response response)
{
    m_isRefused = true;
    const auto error = errorText(response);
    if (auto written = audit(nullptr, error); !written) return deliver(Response::error(500, "internal error"));
    if (!m_isLastUse) return answer(std::move(response));
    m_refusal = std::move(response); // kept, because ending the token can conflict and run again
    finishTransaction(*m_refusal);
}

void RequestTask::answer(Response response)
{
    // The audit log hashes each value of the request and of the answer. For large ones this takes a while, so it leaves the I/O thread.
    const bool isMuchToHash = isAudited() && ((hasLargeBody() && !m_isRefused) || audit::isLong(response));
    if (m_isOnWorker || !isMuchToHash) return answerHere(std::move(response));
    m_services.bodies.post([self = shared_from_this(), response = std::move(response)]() mutable {
        self->m_isOnWorker = true;
        self->answerHere(std::move(response));
    });
}

void RequestTask::answerHere(Response response)
{
    std::vector<std::string> own; // errors of this cluster, in addition to the primary's
    const bool isPrimarysError = m_forwarded && m_forwarded->isError;
    if (isPrimarysError && response.errors != m_forwarded->errors) {
        own = std::move(response.errors);
        response = errorOfBoth(*m_forwarded, own);
    }
    if (auto written = audit(&response, errorText(response)); !written) {
        own.emplace_back("internal error");
        response = isPrimarysError ? errorOfBoth(*m_forwarded, own) : Response::error(500, own.back());
    }
    deliver(std::move(response));
}

Response RequestTask::clusterChanged() const
{
    // During a switchover the sender must send the request to the new primary. That is safe, because nothing of it has been done.
    if (m_isForwardedHere && !m_forwarded && m_services.roles.isPerformanceSecondary()) {
        return Response::error(replication::kElsewhereStatus, "this cluster is not the primary any more");
    }
    return mount::retryLater(kChanged);
}

Response RequestTask::writeRefused(std::string why) const
{
    return m_services.roles.isRefusalPassing() ? mount::retryLater(std::move(why)) : Response::error(503, std::move(why));
}

bool RequestTask::isAudited() const
{
    return m_services.audit.hasDevices() && !contains(kUnauditedPaths, m_request.path);
}

Result<> RequestTask::audit(const Response* response, std::string_view error)
{
    // A promotion begins on a DR secondary, which can have no devices, and ends on a primary. Its answer must not be withheld then.
    if (!response) m_beganOnDrSecondary = m_services.roles.isDrSecondary();
    if (!isAudited()) return {};
    auto written = m_services.audit.write({.request = m_request,
                                           .operation = m_request.operation,
                                           .response = response,
                                           .error = error,
                                           .route = m_route.get(),
                                           .isDataOmitted = m_isRefused || !m_request.token,
                                           .isPolicyChecked = m_isPolicyChecked,
                                           .isAllowed = m_decision.isAllowed,
                                           .grantingPolicies = m_decision.grantingPolicies});
    if (written || !(m_beganOnDrSecondary || m_services.roles.isDrSecondary())) return written;
    logging::error("request", "no audit device could write an entry; a DR secondary answers anyway",
                   {{"path", m_request.path}, {"error", toString(written.error())}});
    return {}; // a full disk on a DR secondary must not stop a failover
}

} // namespace core::request
