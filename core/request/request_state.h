#pragma once

#include "core/base/executor.h"
#include "core/request/caller.h"
#include "core/request/request_pipeline.h"

#include <memory>
#include <optional>

namespace core::request {

/// What the checks, the execution and the completion of one request share. Only one thread at a time works on it.
struct RequestState {
    RequestState(RequestPipeline& itsPipeline, mount::Request itsRequest, Executor& itsExecutor, std::unique_ptr<Caller> itsCaller,
                 bool isSentBySecondary);

    std::unique_ptr<Caller> caller; // first, so it is destroyed last: it can own the pipeline
    RequestPipeline& pipeline;
    const PipelineServices& services;
    Executor& executor; // of the caller
    const bool isForwardedHere;
    const std::uint64_t generation; // the pipeline's generation when the request began
    const WallTime now;             // when it began
    const SteadyTime beganAt;       // the same, for its duration
    mount::Request request;
    mount::RoutePointer route;
    bool isLastUse = false;                                        // the request has taken the last use of its token
    bool isOnWorker = false;                                       // this thread is not the executor's
    std::vector<std::pair<std::string, std::string>> addedHeaders; // of every answer, also of a refusal
    std::optional<Meters::TokenKind> madeToken;                    // by this request
    std::optional<log::Transaction> transaction;
    std::weak_ptr<void> owner; // of this object; see post()

    /// True if all data was replaced, or the role changed, since the request began. Its token and policies then mean nothing.
    bool isOutdated() const { return generation != pipeline.generation(); }
    barrier::Scope scope(log::Transaction& of) const;
    /// Of the request's transaction.
    barrier::Scope scope() { return scope(*transaction); }

    /// Begins the request's transaction, or begins it again without its writes.
    void begin();
    void dropTransaction();
    /// For exists() and handle() of one transaction, so that the second one finds the row that the first one has read.
    mount::Context& context();
    /// Call it before another thread continues: the role can change in the meantime, and with it what the backend is allowed to write.
    void dropContext() { m_context.reset(); }

    bool hasLargeBody() const { return request.bodyBytes >= kLargeBodyBytes; }
    /// Runs `step` on `threads`. The request lives until then.
    template<class Step>
    void post(Executor& threads, Step step)
    {
        threads.post([kept = owner.lock(), step = std::move(step)]() mutable { step(); });
    }

    /// Work on a body of this size takes a good part of a millisecond, so it leaves the I/O thread.
    static constexpr std::size_t kLargeBodyBytes = 32u << 10;

private:
    std::optional<mount::RouteContext> m_context; // points into `transaction`
};

} // namespace core::request
