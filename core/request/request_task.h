#pragma once

#include "core/base/executor.h"
#include "core/request/request_pipeline.h"

#include <memory>
#include <optional>

namespace core::request {

/// One request on its way. It keeps itself alive by the callbacks that wait for it; one thread at a time works on it.
class RequestTask : public std::enable_shared_from_this<RequestTask> {
public:
    using Done = std::function<void(mount::Response, LogIndex)>;
    RequestTask(RequestPipeline& pipeline, mount::Request request, Executor& executor, Done done, bool isForwardedHere,
                RequestPipeline::Waiting waiting = {});

    void start();

private:
    // Checks: each refuses, or goes on to the next
    /// What X-Vault-Index, X-Vault-Inconsistent and X-Vault-Forward ask for; false: refused.
    bool hasRequiredState();
    bool isUnauthenticated() const;
    void startOnDrSecondary();
    void startUnauthenticated();
    void startForwarded();
    /// Whether all that was written is the secondary's business that has sent the request.
    bool isWithinScope() const;
    /// Finds the token that a sys/wrapping/ call is about, behind its JWT form; false: refused.
    bool prepareWrapping();
    void checkToken();
    void takeUse();
    void checkPolicy();

    // Execution: from attempt() on, all of it runs again after a conflict
    mount::Response noRoute() const;
    void execute();
    /// attempt(), on the threads that fit the request.
    void schedule();
    void queueForPasswords();
    void attempt();
    /// Whether the user of this login is locked; then it has been answered.
    bool isRefusedByLockout();
    /// Counts a wrong or a good credential; a good one of a user that was locked meanwhile becomes a refusal. Errors: those of the views.
    Result<> countLogin(mount::Response& response);
    /// Goes on with `step` on another thread where the body is large; false: the caller goes on.
    bool leavesIoThread(void (RequestTask::*step)());
    /// Create or update, and whether the policies allow it. Errors: those of the views.
    Result<bool> decide();
    Result<mount::Response> callBackend();
    void finishTransaction(mount::Response response);
    /// Token, wrapping. Gives the answer that replaces the backend's, if one does.
    Result<std::optional<mount::Response>> completeAnswer(mount::Response& response);
    /// Errors: those of the views. Gives the refusal where the token has left too much behind already.
    Result<std::optional<mount::Response>> wrap(mount::Response& response, std::chrono::nanoseconds ttl);
    Result<> endLastUse();
    /// Whether the mount that the request was for is still there, as of the transaction.
    Result<bool> isMountThere();
    /// The refusal of a transaction with an entry above max_entry_size.
    std::optional<mount::Response> refusalOfLargeEntry() const;
    void commit(mount::Response response);
    void retry();
    /// Whether the write waits until a switchover is over; it then begins anew, or is refused.
    bool hold();
    void resume(const std::string& refusal);
    /// The same request from its first check on, as after a change of role; 503 where part of it cannot be done twice.
    void beginAnew();
    void forward();
    void takeForwarded(Result<Forwarder::Answer> answer);

    // Answers
    void refuse(mount::Response response); // before execution
    void answer(mount::Response response);
    mount::Response writeRefused(std::string why) const;
    /// To a request that cannot go on, because the data or the role has changed since it began.
    mount::Response changedMeanwhile() const;
    void deliver(mount::Response response);
    void answerHere(mount::Response response);
    Result<> audit(const mount::Response* response, std::string_view error);
    bool hasLargeBody() const;

    bool isAudited() const;
    /// Whether all data was replaced, or the role changed, since this began: token and policies of then mean nothing now.
    bool isOutdated() const;
    barrier::Scope scope(log::Transaction& transaction) const;
    log::Transaction& begin();

    RequestPipeline& m_pipeline;
    const PipelineServices& m_services;
    mount::Request m_request;
    Executor& m_executor;
    Done m_done;
    const bool m_isForwardedHere;
    RequestPipeline::Waiting m_waiting;
    const std::uint64_t m_generation; // of the pipeline, when this began

    WallTime m_now;
    mount::RoutePointer m_route;
    std::optional<replication::LinkFilter> m_scope; // of the secondary that forwarded it
    policy::Operation m_operationAsked;             // before create and update are told apart
    std::shared_ptr<const policy::Acl> m_acl;
    std::shared_ptr<const policy::Acl> m_bound; // must allow it as well; null: nothing more is asked
    policy::Decision m_decision;
    bool m_needsPolicy = false; // came with a token, so nothing is done before its policies have been asked
    bool m_isPolicyChecked = false;
    bool m_isLastUse = false;
    bool m_isBurning = false;            // the wrapping token was given twice
    bool m_isOnWorker = false;           // this thread is not the executor's
    bool m_isQueuedForPasswords = false; // has been: the rest runs on such a thread
    bool m_isRefused = false;            // before its execution
    bool m_beganOnDrSecondary = false;   // what no audit device took does not hold it up
    std::string m_alias;                 // of the user whose login is counted; empty: none is
    bool m_isLocking = false;            // this login locks its user
    unsigned m_attemptCount = 0;
    LogIndex m_index;          // of this cluster's log, that the request has written
    LogIndex m_forwardedIndex; // of the primary's
    std::optional<log::Transaction> m_transaction;
    std::optional<mount::Response> m_refusal;   // kept while the last use of the token is ended
    std::optional<mount::Response> m_forwarded; // the primary's answer, kept while its token is registered here
};

inline constexpr unsigned kAttemptsMax = 16;
/// Work on a body of this size takes a good part of a millisecond: it leaves the I/O thread.
inline constexpr std::size_t kLargeBodyBytes = 32u << 10;

} // namespace core::request
