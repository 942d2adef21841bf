#pragma once

#include "core/request/request_checks.h"

namespace core::request {

/// The one way in which a request ends. Writes its audit entries, adds X-Vault-Index, and gives the answer to the caller, on the caller's executor.
class RequestCompletion {
public:
    RequestCompletion(RequestState& state, const RequestChecks& checks) : m_state{state}, m_checks{checks} {}

    /// The entry of the request. The audit devices must have it before anything is done. False: none of them could write it, and the caller has its
    /// answer.
    bool auditRequest();
    /// The same for a request that a check has refused.
    bool auditRefused(const mount::Response& refusal);
    /// Writes the entry of the answer, and delivers it.
    void answer(mount::Response&& response);
    /// Delivers it without an entry.
    void deliver(mount::Response&& response);

    /// The request has written up to this index of this cluster's log.
    void noteWritten(LogIndex index) { m_written = index; }
    /// The same for the primary's log.
    void noteWrittenByPrimary(LogIndex index) { m_writtenByPrimary = index; }
    /// The primary has executed the request. If this cluster has errors too, the caller gets those of both.
    void keepPrimarysAnswer(mount::Response response) { m_primarysAnswer = std::move(response); }
    const std::optional<mount::Response>& primarysAnswer() const { return m_primarysAnswer; }

private:
    bool isAudited() const;
    Result<> audit(const mount::Response* response, std::string_view error) const;
    bool auditBefore(std::string_view error);
    void answerHere(mount::Response&& response);
    /// What this request adds to the metrics.
    void measure(const mount::Response& response) const;

    RequestState& m_state;
    const RequestChecks& m_checks;
    bool m_isRefused = false;          // by a check, before the execution
    bool m_beganOnDrSecondary = false; // a failure of the audit devices does not stop it
    LogIndex m_written;                // in this cluster's log
    LogIndex m_writtenByPrimary;       // in the primary's log
    std::optional<mount::Response> m_primarysAnswer;
};

} // namespace core::request
