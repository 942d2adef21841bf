#include "core/mount/codec.h"
#include "core/mount/retry.h"
#include "core/request/answers.h"
#include "core/request/login.h"
#include "core/request/request_task.h"

#include "core/base/logging.h"
#include "core/replication/scope/path_filters.h"

#include <algorithm>

namespace core::request {
namespace {

using mount::Response;

constexpr const char* kStaleWarning =
    "Timeout hit while waiting for local replicated cluster to apply primary's write; this client may encounter stale reads of "
    "values written during this operation.";
constexpr const char* kUnreachable = "primary cluster is not reachable";

/// What the caller of a wrapped answer sees of its content: the accessor of a token, or of a secret id of an approle.
std::string accessorIn(const Response& response, const mount::Route& route)
{
    if (response.auth) return response.auth->accessor;
    const auto* accessor = route.entry.type == "approle" && response.data ? response.data->if_contains("secret_id_accessor") : nullptr;
    return accessor && accessor->is_string() ? std::string{accessor->get_string()} : std::string{};
}

} // namespace

void RequestTask::takeForwarded(Result<Forwarder::Answer> answered)
{
    if (!answered) {
        logging::warn("request", "a request could not be forwarded", {{"path", m_request.path}, {"error", toString(answered.error())}});
        const auto code = answered.error().code;
        if (code == ErrorCode::Conflict) return runAgain(); // for example, this cluster is the primary now
        const bool isAway = code == ErrorCode::Unavailable || code == ErrorCode::Timeout;
        return finishTransaction(isAway ? mount::retryLater(kUnreachable) : answerOf(answered.error()));
    }
    m_forwardedIndex = answered->index;
    auto& response = answered->response;
    if (!answered->isApplied && !response.isError) {
        response.warnings.emplace_back(kStaleWarning);
        if (response.status == 204) response.status = 200;
    }
    if (response.isError && response.status == 503) mount::addRetryAfter(response); // headers are not forwarded
    if (m_isForwardedHere) m_index = m_services.store.lastSharedIndex();            // the index that the sender waits for
    if (auto counted = countLogin(response); !counted) return answer(answerOf(counted.error()));
    m_forwarded = std::move(response);
    finishTransaction(*m_forwarded);
}

void RequestTask::finishTransaction(Response response)
{
    if (!m_transaction) begin();
    if (!response.isError) {
        auto replacement = completeAnswer(response);
        if (!replacement) {
            logging::error("request", "an answer could not be completed", {{"path", m_request.path}, {"error", toString(replacement.error())}});
            response = answerOf(replacement.error());
        } else if (*replacement) {
            response = std::move(**replacement);
        }
    }
    if (!response.isError && !isWithinScope()) response = permissionDenied();
    if (response.isError) begin();                                // a refused request changes nothing
    if (m_isLocking && m_services.roles.writeRefusal().empty()) { // if nothing can be written now, the lock is only in memory
        if (auto stored = m_services.lockout.putLock(scope(*m_transaction), m_route->entry, m_alias, m_now); !stored) {
            return answer(answerOf(stored.error()));
        }
    }
    if (m_isLastUse) {
        if (auto ended = endLastUse(); !ended) return answer(answerOf(ended.error()));
    }
    if (!m_transaction->hasWrites()) return answer(std::move(response));
    if (auto refusal = refusalOfLargeEntry()) {
        begin();
        if (!m_isLastUse) return answer(std::move(*refusal));
        m_refusal = std::move(refusal); // the token ends anyway
        return finishTransaction(*m_refusal);
    }
    if (auto refusal = m_services.roles.writeRefusal(); !refusal.empty()) {
        if (hold()) return;
        return answer(writeRefused(std::move(refusal)));
    }
    commit(std::move(response));
}

Result<std::optional<Response>> RequestTask::completeAnswer(Response& response)
{
    if (m_isForwardedHere) return std::optional<Response>{}; // the secondary makes token and wrapping
    if (response.auth && response.auth->clientToken.empty() && response.auth->accessor.empty()) {
        auto refused = issueToken(scope(*m_transaction), m_services.tokens, *m_route, m_request, m_now, response);
        if (!refused || *refused) return refused;
    }
    if (m_isLastUse && response.lease && !response.lease->id.empty()) {
        return std::optional{Response::badRequest("Secret cannot be returned; token had one use left, so leased credentials were "
                                                  "immediately revoked.")};
    }
    const auto ttl = response.wrapTtl ? response.wrapTtl : m_request.wrapTtl;
    const bool isPlain = response.status == 0 || response.status == 200;
    if (ttl && ttl->count() > 0 && isPlain && response.hasContent() && !response.wrap && !response.isRaw) {
        auto refused = wrap(response, *ttl);
        if (!refused || *refused) return refused;
    }
    return std::optional<Response>{};
}

Result<std::optional<Response>> RequestTask::wrap(Response& response, std::chrono::nanoseconds ttl)
{
    token::WrappedEntry wrapped;
    wrapped.isJwt = m_request.isWrapFormatJwt || response.isWrapFormatJwt;
    wrapped.wrappedAccessor = accessorIn(response, *m_route);
    response.wrapTtl.reset();
    wrapped.content = mount::encodeResponse(response);
    wrapped.createdAt = m_now;
    wrapped.ttl = std::max(std::chrono::seconds{1}, std::chrono::floor<std::chrono::seconds>(ttl));
    wrapped.creationPath = m_request.path;
    if (m_request.token && !m_request.token->isRoot()) {
        wrapped.creator = m_request.token->accessor;
        if (wrapped.creator.empty()) { // a batch token
            auto salted = m_services.tokens.saltedId(scope(*m_transaction), m_request.clientToken);
            if (!salted) return salted.error();
            wrapped.creator = std::move(*salted);
        }
        if (!m_services.wrapping.hasRoom(wrapped.creator, wrapped.content.size(), m_now)) {
            return std::optional{Response::error(429, "this token has too many wrapped answers that nobody has unwrapped; the limit is " +
                                                          std::to_string(token::WrapBudget::kBytesMax) + " bytes")};
        }
    }
    auto made = m_services.wrapping.wrap(scope(*m_transaction), wrapped);
    if (!made) return made.error();

    Response outer;
    outer.warnings = response.warnings; // for the caller; the wrapped answer has them too
    outer.wrap = mount::WrapInfo{.token = std::move(made->token),
                                 .accessor = std::move(made->accessor),
                                 .ttl = wrapped.ttl,
                                 .creationTime = toRfc3339(m_now),
                                 .creationPath = wrapped.creationPath,
                                 .wrappedAccessor = wrapped.wrappedAccessor};
    response = std::move(outer);
    return std::optional<Response>{};
}

Result<> RequestTask::endLastUse()
{
    const auto here = scope(*m_transaction);
    auto salted = m_services.tokens.saltedId(here, m_request.clientToken);
    if (!salted) return salted.error();
    return m_services.tokens.revoke(here, *salted);
}

Result<bool> RequestTask::isMountThere()
{
    if (!m_route || replication::isSingleton(m_route->entry) || m_route->entry.uuid.starts_with(mount::kBuiltInPrefix)) return true;
    return m_pipeline.mountedRows().isMounted(scope(*m_transaction), m_route->kind, m_route->entry);
}

std::optional<Response> RequestTask::refusalOfLargeEntry() const
{
    for (const auto& [key, operation] : m_transaction->writes()) {
        if (operation.value.size() <= m_services.entryBytesMax) continue;
        // The text is Vault's. The status is ours: 413 says that a smaller value helps. Vault's 500 makes clients try again.
        return Response::error(413, oneError("put failed due to value being too large; got " + std::to_string(operation.value.size()) +
                                             " bytes, max: " + std::to_string(m_services.entryBytesMax) + " bytes"));
    }
    return std::nullopt;
}

void RequestTask::commit(Response response)
{
    // A write into a mount that is being removed would leave data that nobody could reach or remove:
    // 1. The request reads its route. The mount exists.
    // 2. An operator unmounts it. The data is erased.
    // 3. The request commits its write.
    // So the mount's row is read in the transaction: in step 3 it is either missing, or its removal conflicts.
    auto isThere = isMountThere();
    if (!isThere) return answer(answerOf(isThere.error()));
    if (!*isThere) return answer(noRoute());
    std::vector<std::string> keys;
    keys.reserve(m_transaction->writes().size());
    for (const auto& [key, operation] : m_transaction->writes()) keys.push_back(key);
    // The role's generation is read too, so that a change of role since the beginning conflicts. A write that began on a primary must not be
    // committed on a secondary.
    if (auto generation = m_transaction->get(replication::kRoleGenerationKey); !generation) return answer(answerOf(generation.error()));
    auto transaction = std::move(*m_transaction);
    dropTransaction();
    m_services.store.commit(
        std::move(transaction), m_executor,
        [self = shared_from_this(), response = std::move(response), keys = std::move(keys)](Result<LogIndex> index) mutable {
            self->m_isOnWorker = false;
            if (!index) {
                if (index.error().code == ErrorCode::Conflict) return self->retry();
                logging::error("request", "a commit failed", {{"path", self->m_request.path}, {"error", toString(index.error())}});
                return self->answer(answerOf(index.error()));
            }
            self->m_index = *index;
            self->m_pipeline.changed(keys);
            self->answer(std::move(response));
        });
}

} // namespace core::request
