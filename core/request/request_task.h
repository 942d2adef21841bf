#pragma once

#include "core/base/executor.h"
#include "core/request/request_pipeline.h"

#include <memory>
#include <optional>

namespace core::request {

/// One request on its way to its answer. Callbacks that wait keep it alive. Only one thread at a time works on it.
class RequestTask : public std::enable_shared_from_this<RequestTask> {
public:
    using Done = std::function<void(mount::Response, LogIndex)>;
    RequestTask(RequestPipeline& pipeline, mount::Request request, Executor& executor, Done done, bool isForwardedHere,
                RequestPipeline::Waiting waiting = {});

    void start();

private:
    // Checks. Each one refuses the request, or calls the next one.
    /// Checks X-Vault-Index, X-Vault-Inconsistent and X-Vault-Forward. False: the request was refused.
    bool hasRequiredState();
    bool isUnauthenticated() const;
    void startOnDrSecondary();
    void startUnauthenticated();
    void startForwarded();
    /// True if the secondary that sent the request receives everything that the request wrote.
    bool isWithinScope() const;
    /// Finds the token that a sys/wrapping/ call means, also if it is given as a JWT. False: the request was refused.
    bool prepareWrapping();
    void checkToken();
    void takeUse();
    void checkPolicy();

    // Execution. After a conflict everything from attempt() on runs again.
    mount::Response noRoute() const;
    void execute();
    /// Calls attempt() on the threads that fit the request.
    void schedule();
    void queueForPasswords();
    void attempt();
    /// True if the user of this login is locked. The request then has its answer.
    bool isRefusedByLockout();
    /// Counts a wrong or a right credential. If the user was locked in the meantime, a right one is refused too. Errors: those of the views.
    Result<> countLogin(mount::Response& response);
    /// If the body is large, continues with `step` on another thread and returns true. Otherwise the caller continues.
    bool leavesIoThread(void (RequestTask::*step)());
    /// Decides between create and update, and checks the policies. Errors: those of the views.
    Result<bool> decide();
    Result<mount::Response> callBackend();
    void finishTransaction(mount::Response response);
    /// Adds token and wrapping. Returns the answer that replaces the backend's, if there is one.
    Result<std::optional<mount::Response>> completeAnswer(mount::Response& response);
    /// Errors: those of the views. Returns a refusal if the token has left too many wrapped answers behind.
    Result<std::optional<mount::Response>> wrap(mount::Response& response, std::chrono::nanoseconds ttl);
    Result<> endLastUse();
    /// True if the request's mount still exists, as the transaction sees it.
    Result<bool> isMountThere();
    /// Refuses a transaction with an entry above max_entry_size.
    std::optional<mount::Response> refusalOfLargeEntry() const;
    void commit(mount::Response response);
    void retry();
    /// True if the write waits until a switchover is over. It then begins again, or is refused.
    bool hold();
    void resume(const std::string& refusal);
    /// Runs the same request from its first check on, for example after a change of role. Answers 503 if a part of it cannot be done twice.
    void runAgain();
    void forward();
    void takeForwarded(Result<Forwarder::Answer> answer);

    // Answers
    void refuse(mount::Response response); // before execution
    void answer(mount::Response response);
    mount::Response writeRefused(std::string why) const;
    /// The answer to a request that cannot continue, because the data or the role has changed since it began.
    mount::Response clusterChanged() const;
    void deliver(mount::Response response);
    void answerHere(mount::Response response);
    Result<> audit(const mount::Response* response, std::string_view error);
    bool hasLargeBody() const;

    bool isAudited() const;
    /// True if all data was replaced, or the role changed, since the request began. Its token and policies then mean nothing.
    bool isOutdated() const;
    barrier::Scope scope(log::Transaction& transaction) const;
    log::Transaction& begin();
    void dropTransaction();
    /// For exists() and handle() of one transaction, so that the second one finds the row that the first one has read.
    mount::Context& context();

    RequestPipeline& m_pipeline;
    const PipelineServices& m_services;
    mount::Request m_request;
    Executor& m_executor;
    Done m_done;
    const bool m_isForwardedHere;
    RequestPipeline::Waiting m_waiting;
    const std::uint64_t m_generation; // the pipeline's generation when the request began

    WallTime m_now;
    mount::RoutePointer m_route;
    std::optional<replication::LinkFilter> m_scope; // of the secondary that forwarded it
    policy::Operation m_operationAsked;             // before create and update are distinguished
    std::shared_ptr<const policy::Acl> m_acl;
    std::shared_ptr<const policy::Acl> m_bound; // must allow the request too; null: no second bound
    policy::Decision m_decision;
    bool m_needsPolicy = false; // came with a token: nothing is done before its policies are checked
    bool m_isPolicyChecked = false;
    bool m_isLastUse = false;
    bool m_isBurning = false;            // the call ends the wrapping token that it also authenticates with
    bool m_isOnWorker = false;           // this thread is not the executor's
    bool m_isQueuedForPasswords = false; // a password thread runs the rest
    bool m_isRefused = false;            // refused before its execution
    bool m_beganOnDrSecondary = false;   // a failure of the audit devices does not stop it
    std::string m_alias;                 // the user whose login is counted; empty: no login
    bool m_isLocking = false;            // this login locks its user
    unsigned m_attemptCount = 0;
    LogIndex m_index;          // in this cluster's log: what the request has written
    LogIndex m_forwardedIndex; // in the primary's log
    std::optional<log::Transaction> m_transaction;
    std::optional<mount::RouteContext> m_context; // points into m_transaction
    std::optional<mount::Response> m_refusal;     // kept while the token's last use is completed
    std::optional<mount::Response> m_forwarded;   // the primary's answer, kept while its token is stored here
};

inline constexpr unsigned kAttemptsMax = 16;
/// Work on a body of this size takes a good part of a millisecond, so it leaves the I/O thread.
inline constexpr std::size_t kLargeBodyBytes = 32u << 10;

} // namespace core::request
