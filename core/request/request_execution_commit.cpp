// Completes a request's transaction and commits it.
#include "core/base/logging.h"
#include "core/replication/scope/path_filters.h"
#include "core/request/answers.h"
#include "core/request/complete_answer.h"
#include "core/request/request_execution.h"

namespace core::request {
namespace {

using mount::Response;

} // namespace

Response RequestExecution::keep(Response response)
{
    m_keptAnswer = response;
    return response;
}

void RequestExecution::finish(Response&& response)
{
    if (!m_state.transaction) m_state.begin();
    completeResponse(response);
    if (auto added = addConsequences(); !added) return m_completion.answer(answerOf(added.error()));
    if (!m_state.transaction->hasWrites()) return m_completion.answer(std::move(response));
    if (auto refusal = refusalOfLargeEntry()) {
        m_state.begin();
        if (!m_state.isLastUse) return m_completion.answer(std::move(*refusal));
        return finish(keep(std::move(*refusal))); // the token ends anyway
    }
    if (auto why = m_services.roles.writeRefusal(); !why.empty()) {
        if (hold()) return;
        return m_completion.answer(writeRefused(std::move(why)));
    }
    if (auto outcome = readConditions(); !outcome.continues()) return conclude(std::move(outcome));
    commit(std::move(response));
}

void RequestExecution::completeResponse(Response& response)
{
    if (!response.isError) {
        if (auto outcome = completeAnswer(m_state, response); !outcome.continues()) {
            if (const auto* error = outcome.error()) {
                logging::error("request", "an answer could not be completed", {{"path", m_state.request.path}, {"error", toString(*error)}});
            }
            response = std::move(outcome).takeResponse();
        }
    }
    if (!response.isError && !m_checks.isWithinScope()) response = permissionDenied();
    if (response.isError) m_state.begin(); // a refused request changes nothing
}

Result<> RequestExecution::addConsequences()
{
    if (m_login.isLocking() && m_services.roles.writeRefusal().empty()) { // if nothing can be written now, the lock is only in memory
        if (auto stored = m_login.storeLock(); !stored) return stored;
    }
    if (!m_state.isLastUse) return {};
    const auto here = m_state.scope();
    auto salted = m_services.tokens.saltedId(here, m_state.request.clientToken);
    if (!salted) return std::move(salted).error();
    return m_services.tokens.revoke(here, *salted);
}

std::optional<Response> RequestExecution::refusalOfLargeEntry() const
{
    for (const auto& [key, operation] : m_state.transaction->writes()) {
        if (operation.value.size() <= m_services.entryBytesMax) continue;
        // The text is Vault's. The status is ours: 413 says that a smaller value helps. Vault's 500 makes clients try again.
        return Response::error(413, oneError("put failed due to value being too large; got " + std::to_string(operation.value.size()) +
                                             " bytes, max: " + std::to_string(m_services.entryBytesMax) + " bytes"));
    }
    return std::nullopt;
}

/// A write into a mount that is being removed would leave data that nobody could reach or remove:
/// 1. The request reads its route. The mount exists.
/// 2. An operator unmounts it. The data is erased.
/// 3. The request commits its write.
/// So the mount's row is read in the transaction: in step 3 it is either missing, or its removal conflicts.
///
/// The role's generation is read too, so that a change of role since the beginning conflicts. A write that began on a primary must not be committed on
/// a secondary.
Outcome RequestExecution::readConditions()
{
    const auto& route = m_state.route;
    if (route && !replication::isSingleton(route->entry) && !route->entry.uuid.starts_with(mount::kBuiltInPrefix)) {
        auto isThere = m_state.pipeline.mountedRows().isMounted(m_state.scope(), route->kind, route->entry);
        if (!isThere) return std::move(isThere).error();
        if (!*isThere) return Outcome::failed(noRoute());
    }
    auto generation = m_state.transaction->get(replication::kRoleGenerationKey);
    if (!generation) return std::move(generation).error();
    return {};
}

void RequestExecution::commit(Response&& response)
{
    auto transaction = std::move(*m_state.transaction);
    m_state.dropTransaction();
    m_commitAnswer = std::move(response);
    m_services.store.commit(std::move(transaction), m_state.executor, [this, kept = kept()](Result<LogIndex> index) {
        m_state.isOnWorker = false;
        takeCommitted(index);
    });
}

void RequestExecution::takeCommitted(const Result<LogIndex>& index)
{
    if (!index) {
        if (index.error().code == ErrorCode::Conflict) return retry();
        logging::error("request", "a commit failed", {{"path", m_state.request.path}, {"error", toString(index.error())}});
        return m_completion.answer(answerOf(index.error()));
    }
    m_completion.noteWritten(*index);
    m_completion.answer(std::move(*m_commitAnswer));
}

} // namespace core::request
