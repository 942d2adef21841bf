#include "core/request/request_pipeline.h"

#include "core/barrier/keyring.h"
#include "core/base/cidr.h"
#include "core/base/logging.h"
#include "core/replication/scope/forward_bounds.h"
#include "core/request/request_execution.h"

#include <algorithm>

namespace core::request {
namespace {

/// The logical path of a shared or local key; empty for others.
std::string_view logicalPath(std::string_view physicalKey)
{
    const bool isKnown = physicalKey.starts_with("s/") || physicalKey.starts_with("l/");
    return isKnown ? physicalKey.substr(2) : std::string_view{};
}

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

RequestPipeline::RequestPipeline(PipelineServices services) : m_services{services} {}
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

void RequestPipeline::changed(const std::vector<std::string>& physicalKeys)
{
    if (m_services.keysChanged) m_services.keysChanged(physicalKeys);
    bool hasTable = false;
    bool hasAudit = false;
    bool hasPolicy = false;
    bool hasKeyring = false;
    // Caches are dropped after the commit and before the answer. So a client that has its answer never sees the old state.
    for (const auto& key : physicalKeys) {
        m_services.tokens.committed(key);
        m_services.rights.directory().committed(key);
        const auto path = logicalPath(key);
        hasTable = hasTable || path.starts_with("core/mounts/") || path.starts_with("core/auth/");
        hasAudit = hasAudit || path.starts_with("core/audit/") || path.starts_with("audit/");
        hasKeyring = hasKeyring || key == barrier::kKeyringKey;
        hasPolicy = hasPolicy || policy::PolicyStore::concerns(key);
    }
    if (hasPolicy) m_services.policies.invalidate();
    if (hasKeyring) adoptKeyring();
    if (hasTable || hasAudit) {
        auto transaction = m_services.store.begin();
        const barrier::Scope scope{transaction, m_services.barrier, {.shared = false, .local = false}};
        if (hasTable) reloadMounts(scope);
        if (hasAudit) {
            if (auto reloaded = m_services.audit.reload(scope, m_services.roles.isDrSecondary()); !reloaded) {
                logging::error("request", "the audit devices could not be loaded", {{"error", toString(reloaded.error())}});
            }
        }
    }
    for (const auto& key : physicalKeys) m_services.router.invalidate(key);
}

void RequestPipeline::reloadMounts(const barrier::Scope& scope)
{
    m_mountedRows.clear();
    const auto before = m_services.router.routes();
    if (auto reloaded = m_services.mounts.reload(scope); !reloaded) {
        logging::error("request", "the mount tables could not be loaded", {{"error", toString(reloaded.error())}});
        return;
    }
    if (!m_services.authUnmounted) return;
    for (const auto& route : before) {
        // Nobody can unmount the token method. On a new secondary its row arrives with the first synchronisation and replaces a provisional one. The
        // tokens that were made in the meantime must stay.
        if (route->kind != mount::TableKind::Auth || route->entry.type == "token") continue;
        const auto now = m_services.router.find(route->entry.path);
        if (!now || now->entry.uuid != route->entry.uuid) m_services.authUnmounted(route->entry.path);
    }
}

void RequestPipeline::adoptKeyring()
{
    auto transaction = m_services.store.begin();
    const auto stored = transaction.get(barrier::kKeyringKey);
    auto taken = stored ? Result<>{} : Result<>{stored.error()};
    if (stored && *stored) taken = m_services.barrier.reload(**stored);
    if (!taken) logging::error("request", "the rotated keyring could not be loaded", {{"error", toString(taken.error())}});
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
    m_services.tokens.forgetAll();
    m_services.rights.directory().forgetAll();
    m_services.wrapping.forgetAll();
    m_services.policies.invalidate();
    auto transaction = m_services.store.begin();
    const barrier::Scope scope{transaction, m_services.barrier, {.shared = false, .local = false}};
    if (auto reloaded = m_services.mounts.reload(scope); !reloaded) return reloaded;
    m_services.router.invalidateAll();
    if (!m_services.roles.isDrSecondary()) return m_services.audit.reload(scope);
    // While this cluster catches up, rows can arrive before their salts. The next change of either one reloads them.
    if (auto reloaded = m_services.audit.reload(scope, true); !reloaded) {
        logging::warn("request", "the audit devices of this DR secondary could not be loaded", {{"error", toString(reloaded.error())}});
        m_services.audit.clear();
    }
    return {};
}

} // namespace core::request
