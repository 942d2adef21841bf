#include "core/request/request_pipeline.h"

#include "core/barrier/keyring.h"
#include "core/base/cidr.h"
#include "core/base/logging.h"
#include "core/replication/scope/forward_bounds.h"
#include "core/request/rate_limit.h"
#include "core/request/request_execution.h"

#include <algorithm>

namespace core::request {
namespace {

/// Passes the answer on to a function.
template<class Function>
class FunctionCaller final : public Caller {
public:
    explicit FunctionCaller(Function function) : m_function{std::move(function)} {}
    void answer(mount::Response&& response, LogIndex written) override { m_function(std::move(response), written); }

private:
    Function m_function;
};

} // namespace

RequestPipeline::RequestPipeline(PipelineServices services)
    : m_services{std::move(services)}
    , m_upkeep{{.store = m_services.store,
                .barrier = m_services.barrier,
                .tokens = m_services.tokens,
                .directory = m_services.rights.directory(),
                .policies = m_services.policies,
                .router = m_services.router,
                .mounts = m_services.mounts,
                .mountedRows = m_mountedRows,
                .audit = m_services.audit,
                .roles = m_services.roles,
                .authUnmounted = m_services.authUnmounted}}
{}
RequestPipeline::~RequestPipeline() = default;

void RequestPipeline::handle(mount::Request request, Executor& executor, Completion done)
{
    auto answer = [done = std::move(done)](mount::Response&& response, LogIndex) { done(std::move(response)); };
    handle(std::move(request), executor, std::make_unique<FunctionCaller<decltype(answer)>>(std::move(answer)));
}

void RequestPipeline::handle(mount::Request request, Executor& executor, std::unique_ptr<Caller> caller)
{
    RequestExecution::start(*this, std::move(request), executor, std::move(caller), false);
}

bool RequestPipeline::isKnown(std::string_view clientToken, std::string_view remoteAddress)
{
    if (clientToken.empty() || m_services.roles.isDrSecondary()) return false;
    auto transaction = m_services.store.begin();
    const barrier::Scope scope{transaction, m_services.barrier, {.shared = false, .local = false}};
    const auto token = m_services.tokens.check(scope, clientToken, m_services.clock.now());
    if (!token || !*token) return false;
    const auto& entry = **token;
    if (entry.usesLeft < 0) return false; // its last use was taken
    return entry.boundCidrs.empty() || (entry.isRoot() && !entry.expires()) || isInAnyCidr(remoteAddress, entry.boundCidrs);
}

bool RequestPipeline::mayUpload(const UploadQuestion& question)
{
    // A client without the right to upload must not fill the disk first. So every check that needs no body is made here. handle() makes them all
    // again, and takes the use of the token.
    if (!isKnown(question.clientToken, question.remoteAddress)) return false;
    auto transaction = m_services.store.begin();
    const barrier::Scope scope{transaction, m_services.barrier, {.shared = false, .local = false}};
    const auto token = m_services.tokens.check(scope, question.clientToken, m_services.clock.now());
    if (!token || !*token) return false;
    const auto rights = m_services.rights.of(scope, **token);
    if (!rights || rights->isRefused) return false;
    const std::string path{question.path};
    const boost::json::object noFields;
    const policy::AclRequest asked{.path = path, .operation = policy::Operation::Update, .data = &noFields, .wrappingTtl = {}};
    auto decision = rights->acl->allow(asked);
    const auto bound = replication::boundOfMaker(scope, m_services.policies, **token);
    if (!bound) return false;
    if (*bound) decision = decision.within((*bound)->allow(asked));
    if (!decision.isAllowed) return false;
    const auto route = m_services.router.find(path);
    if (!route) return false;
    const auto& point = route->entry.path;
    const auto relative = path.size() > point.size() ? std::string_view{path}.substr(point.size()) : std::string_view{};
    return decision.isRoot || decision.hasSudo || !route->sudo.contains(relative);
}

void RequestPipeline::handleForwarded(mount::Request request, Executor& executor, ForwardedCompletion done)
{
    RequestExecution::start(*this, std::move(request), executor, std::make_unique<FunctionCaller<ForwardedCompletion>>(std::move(done)), true);
}

std::shared_ptr<const StateSigner> RequestPipeline::stateSigner() const
{
    const auto version = m_services.barrier.version();
    {
        MutexLock lock{m_signerMutex};
        if (m_signerVersion == version) return m_stateSigner;
    }
    // A rotation, here or on the primary, changes the key.
    const auto keyring = m_services.barrier.keyring();
    auto signer = keyring ? std::make_shared<const StateSigner>(*keyring) : nullptr;
    MutexLock lock{m_signerMutex};
    m_stateSigner = std::move(signer);
    m_signerVersion = version;
    return m_stateSigner;
}

std::optional<mount::Response> RequestPipeline::limitRate(const mount::Request& request) const
{
    if (!m_services.quotas || m_services.quotas->rates().isEmpty() || m_services.roles.isDrSecondary()) return std::nullopt;
    const auto route = m_services.router.find(request.path);
    const auto verdict = m_services.quotas->rates().count(askedOf(request, route.get()), m_services.clock.steadyNow());
    if (!verdict.isRefused) return std::nullopt;
    return rateRefusal(request, verdict);
}

std::string RequestPipeline::stateAfter(LogIndex own, LogIndex forwarded) const
{
    const auto signer = stateSigner();
    if (!signer || !m_services.clusterId || m_services.roles.isDrSecondary()) return {};
    if (own == LogIndex{} && forwarded == LogIndex{}) return {};
    const auto place = m_services.roles.sharedPlace();
    const bool isSecondary = m_services.roles.isPerformanceSecondary();
    const auto local = own == LogIndex{} ? m_services.store.appliedIndex() : own;
    // A primary's own log is the set's log. Records behind this request's index do not concern it.
    const auto shared = isSecondary ? std::max(place.index, forwarded) : std::min(place.index, local);
    return signer->write({m_services.clusterId(), local.value(), sharedNumber(place.epoch, shared)});
}

bool RequestPipeline::hasStates(const std::vector<std::string>& headers) const
{
    const auto signer = stateSigner();
    if (!signer || !m_services.clusterId) return headers.empty();
    const auto place = m_services.roles.sharedPlace();
    const auto own = m_services.clusterId();
    const auto local = m_services.store.appliedIndex().value();
    const bool isSecondary = m_services.roles.isPerformanceSecondary();
    const auto now = m_services.clock.now();
    return std::ranges::all_of(headers, [&](const std::string& text) {
        const auto state = signer->read(text, now);
        if (!state) return false;
        const bool isOwn = state->clusterId == own;
        if (isOwn && state->local > local) return false;
        // For data that this cluster wrote as a primary, its own index says everything.
        return (isOwn && !isSecondary) || state->shared <= sharedNumber(place.epoch, place.index);
    });
}

Result<> RequestPipeline::reload()
{
    ++m_generation;
    m_services.lockout.clear();
    m_services.wrapping.forgetAll();
    if (auto reloaded = m_upkeep.reload(); !reloaded) return reloaded;
    return m_services.quotas ? m_services.quotas->load() : Result<>{}; // after the mounts, because leases are counted by them
}

} // namespace core::request
