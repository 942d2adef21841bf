#pragma once

#include "core/request/login_attempt.h"
#include "core/request/request_completion.h"

namespace core::request {

/// Takes one request through its checks, runs its backend, and commits what it wrote. After a conflict everything from the choice between create and
/// update on runs again.
///
/// Callbacks that wait keep it alive. Only one thread at a time works on it.
class RequestExecution {
public:
    /// `isForwardedHere`: a secondary of this cluster sent the request.
    static void start(RequestPipeline& pipeline, mount::Request request, Executor& executor, std::unique_ptr<Caller> caller, bool isForwardedHere);
    RequestExecution(RequestPipeline& pipeline, mount::Request request, Executor& executor, std::unique_ptr<Caller> caller, bool isForwardedHere);

private:
    // Checks
    void check();
    void takeUse();
    void checkPolicies();
    /// Ends a request that a check has refused.
    void refuse(Outcome outcome);

    // Execution
    void execute();
    /// Ends or continues the request, as `outcome` says.
    void conclude(Outcome outcome);
    /// Calls the backend on the threads that fit the request.
    Outcome schedule();
    Outcome queueForPasswords();
    void leaveQueueForPasswords(bool isStopping);
    /// Begins the transaction again, and decides again about the request.
    Outcome decideAgain();
    void callBackendHere();
    Outcome callBackend();
    Result<mount::Response> responseOfBackend();
    Outcome answerFailure(const Error& error);
    Outcome forward();
    Outcome takeForwarded(Result<Forwarder::Answer> answered);
    void retry();
    /// True if the write waits until a switchover is over. It then begins again, or is refused.
    bool hold();
    void resume(const std::string& refusal);
    /// Runs the same request from its first check on, for example after a change of role. Answers 503 if a part of it cannot be done twice.
    void runAgain();

    // Transaction
    /// Completes the answer and the transaction, and commits it.
    void finish(mount::Response&& response);
    /// Keeps a copy for runs after a conflict, so that the backend does not run again.
    mount::Response keep(mount::Response response);
    /// Adds token and wrapping. An answer that is an error then drops what the request wrote.
    void completeResponse(mount::Response& response);
    /// Adds what the request costs: the lock of a user, the end of its token. Errors: those of the views.
    Result<> addConsequences();
    /// Refuses a transaction with an entry above max_entry_size.
    std::optional<mount::Response> refusalOfLargeEntry() const;
    /// Reads what must not change until the commit: the row of the mount, and the generation of the role.
    Outcome readConditions();
    void commit(mount::Response&& response);
    void takeCommitted(const Result<LogIndex>& index);

    mount::Response noRoute() const;
    mount::Response writeRefused(std::string why) const;
    /// The answer to a request that cannot continue, because the data or the role has changed since it began.
    mount::Response clusterChanged() const;

    void continueOn(Executor& threads, void (RequestExecution::*step)());
    /// If the body is large, continues with `step` on another thread and returns true. Otherwise the caller continues.
    bool leavesIoThread(void (RequestExecution::*step)());
    /// For callbacks: the request lives as long as the value.
    std::shared_ptr<void> kept() const { return m_state.owner.lock(); }

    RequestState m_state;
    const PipelineServices& m_services;
    RequestChecks m_checks;
    RequestCompletion m_completion;
    LoginAttempt m_login;
    bool m_isQueuedForPasswords = false; // a password thread runs the rest
    unsigned m_runCount = 0;
    std::optional<mount::Response> m_keptAnswer;   // of keep()
    std::optional<mount::Response> m_commitAnswer; // while its transaction is committed
};

inline constexpr unsigned kRunsMax = 16;

} // namespace core::request
