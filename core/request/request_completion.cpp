#include "core/request/request_completion.h"

#include "core/audit/weight.h"
#include "core/base/logging.h"
#include "core/request/answers.h"

#include <algorithm>

namespace core::request {
namespace {

using mount::Response;

constexpr std::string_view kUnauditedPaths[] = {"sys/replication/status", "sys/replication/performance/status", "sys/replication/dr/status"};

} // namespace

bool RequestCompletion::auditRequest()
{
    return auditBefore({});
}

bool RequestCompletion::auditRefused(const Response& refusal)
{
    m_isRefused = true;
    return auditBefore(errorText(refusal));
}

bool RequestCompletion::auditBefore(std::string_view error)
{
    // A promotion begins on a DR secondary, which can have no devices, and ends on a primary. Its answer must not be withheld then.
    m_beganOnDrSecondary = m_state.services.roles.isDrSecondary();
    if (audit(nullptr, error)) return true;
    deliver(Response::error(500, "internal error"));
    return false;
}

void RequestCompletion::answer(Response&& response)
{
    // The audit log hashes each value of the request and of the answer. For large ones this takes a while, so it leaves the I/O thread.
    const bool isMuchToHash = isAudited() && ((m_state.hasLargeBody() && !m_isRefused) || audit::isLong(response));
    if (m_state.isOnWorker || !isMuchToHash) return answerHere(std::move(response));
    m_state.post(m_state.services.bodies, [this, response = std::move(response)]() mutable {
        m_state.isOnWorker = true;
        answerHere(std::move(response));
    });
}

void RequestCompletion::answerHere(Response&& response)
{
    std::vector<std::string> own; // errors of this cluster, in addition to the primary's
    const bool isPrimarysError = m_primarysAnswer && m_primarysAnswer->isError;
    if (isPrimarysError && response.errors != m_primarysAnswer->errors) {
        own = std::move(response.errors);
        response = errorOfBoth(*m_primarysAnswer, own);
    }
    if (auto written = audit(&response, errorText(response)); !written) {
        own.emplace_back("internal error");
        response = isPrimarysError ? errorOfBoth(*m_primarysAnswer, own) : Response::error(500, own.back());
    }
    deliver(std::move(response));
}

void RequestCompletion::deliver(Response&& response)
{
    measure(response);
    for (auto& header : m_state.addedHeaders) response.headers.push_back(std::move(header));
    m_state.addedHeaders.clear();
    if (!m_state.isForwardedHere) {
        if (auto index = m_state.pipeline.stateAfter(m_written, m_writtenByPrimary); !index.empty()) {
            response.headers.emplace_back("X-Vault-Index", std::move(index));
        }
    }
    if (!m_state.isOnWorker) return m_state.caller->answer(std::move(response), m_written);
    m_state.post(m_state.executor, [this, response = std::move(response)]() mutable { m_state.caller->answer(std::move(response), m_written); });
}

void RequestCompletion::measure(const Response& response) const
{
    auto* meters = m_state.services.meters;
    if (!meters) return;
    const auto time = m_state.services.clock.steadyNow() - m_state.beganAt;
    meters->requests.add(time);
    if (response.isError || !m_state.madeToken) return;
    meters->addToken(*m_state.madeToken);
    if (!m_state.request.token) meters->logins.add(time);
}

bool RequestCompletion::isAudited() const
{
    return m_state.services.audit.hasDevices() && std::ranges::find(kUnauditedPaths, m_state.request.path) == std::end(kUnauditedPaths);
}

Result<> RequestCompletion::audit(const Response* response, std::string_view error) const
{
    if (!isAudited()) return {};
    const auto& request = m_state.request;
    const auto& decision = m_checks.decision();
    auto written = m_state.services.audit.write({.request = request,
                                                 .operation = request.operation,
                                                 .response = response,
                                                 .error = error,
                                                 .route = m_state.route.get(),
                                                 .isDataOmitted = m_isRefused || !request.token,
                                                 .isPolicyChecked = m_checks.isPolicyChecked(),
                                                 .isAllowed = decision.isAllowed,
                                                 .grantingPolicies = decision.grantingPolicies});
    if (written || !(m_beganOnDrSecondary || m_state.services.roles.isDrSecondary())) return written;
    logging::error("request", "no audit device could write an entry; a DR secondary answers anyway",
                   {{"path", request.path}, {"error", toString(written.error())}});
    return {}; // a full disk on a DR secondary must not stop a failover
}

} // namespace core::request
