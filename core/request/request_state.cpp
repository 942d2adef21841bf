#include "core/request/request_state.h"

namespace core::request {

RequestState::RequestState(RequestPipeline& itsPipeline, mount::Request itsRequest, Executor& itsExecutor, std::unique_ptr<Caller> itsCaller,
                           bool isSentBySecondary)
    : caller{std::move(itsCaller)}
    , pipeline{itsPipeline}
    , services{itsPipeline.services()}
    , executor{itsExecutor}
    , isForwardedHere{isSentBySecondary}
    , generation{itsPipeline.generation()}
    , now{services.clock.now()}
    , beganAt{services.clock.steadyNow()}
    , request{std::move(itsRequest)}
{}

barrier::Scope RequestState::scope(log::Transaction& of) const
{
    const bool isDrSecondary = services.roles.isDrSecondary();
    const barrier::WriteAccess access{.shared = !isDrSecondary && !services.roles.isPerformanceSecondary(),
                                      .local = !isDrSecondary && !isForwardedHere};
    return {of, services.barrier, access};
}

void RequestState::begin()
{
    m_context.reset();
    transaction.emplace(services.store.begin());
}

void RequestState::dropTransaction()
{
    m_context.reset();
    transaction.reset();
}

mount::Context& RequestState::context()
{
    if (!m_context) m_context.emplace(*route, scope(), services.clock, services.random);
    return m_context->context();
}

} // namespace core::request
