#include "core/server/node/node.h"

#include "core/base/logging.h"
#include "core/server/process/metrics.h"
#include "core/server/node/unsealed_cluster.h"
#include "core/sys/node/node_handlers.h"

#include <algorithm>
#include <atomic>

namespace core::server {
namespace {

sys::RootGeneration::Services generationServices(Random& random, const barrier::Seal& seal,
                                                 std::function<Result<std::string>(sys::RootGeneration::Kind)> makeToken)
{
    return {.random = &random,
            .threshold =
                [&seal] {
                    const auto status = seal.status();
                    return status ? status->threshold : 0;
                },
            .verify = [&seal](const std::vector<SecretBytes>& shares) { return seal.verifyShares(shares); },
            .isShare = [&seal](const SecretBytes& share) { return seal.isShare(share); },
            .makeToken = std::move(makeToken)};
}

/// One running request. It counts as ended when this object is destroyed. A request that fails in the middle, for example for lack of
/// memory, must not block a change of role or the end of the server.
class Running {
public:
    explicit Running(std::shared_ptr<UnsealedCluster> core) : m_core{std::move(core)}, m_round{m_core->requestBegan()} {}
    ~Running() { end(); }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    void end()
    {
        if (!m_hasEnded.exchange(true)) m_core->requestEnded(m_round);
    }
    /// Continues after a pause. Only one thread at a time uses it, like the request itself.
    void resume()
    {
        m_round = m_core->requestBegan();
        m_hasEnded = false;
    }

private:
    std::shared_ptr<UnsealedCluster> m_core;
    decltype(std::declval<UnsealedCluster&>().requestBegan()) m_round;
    std::atomic<bool> m_hasEnded{false};
};

/// Who waits for the answer of a request that an unsealed cluster runs. Until the answer the request is listed, and counts as running.
class RunningRequest final : public request::Caller {
public:
    /// `closedFamily`: endpoints that need a token here, although the client expects to need none. Empty: none.
    RunningRequest(std::shared_ptr<UnsealedCluster> core, std::shared_ptr<const void> listed, request::Completion done, std::string_view closedFamily)
        : m_running{std::move(core)}
        , m_listed{std::move(listed)}
        , m_done{std::move(done)}
        , m_closedFamily{closedFamily}
    {}
    void answer(mount::Response&& response, LogIndex) override
    {
        m_listed.reset();
        m_running.end();
        if (!m_closedFamily.empty() && response.status == 403) {
            response.errors.push_back("this call needs a token here: enable_unauthenticated_access in the server's configuration does not name \"" +
                                      m_closedFamily + "\"");
        }
        m_done(std::move(response));
    }
    void pause() override { m_running.end(); }
    void resume() override { m_running.resume(); }

private:
    Running m_running;
    std::shared_ptr<const void> m_listed;
    request::Completion m_done;
    std::string m_closedFamily;
};

Error sealed()
{
    return Error{ErrorCode::Sealed, "Vault is sealed"};
}

sys::Rekey::Services rekeyServices(Random& random, const Clock& clock, const barrier::Seal& seal,
                                   std::function<Result<>(const barrier::NewKeys&)> install)
{
    return {.random = &random,
            .clock = &clock,
            .threshold =
                [&seal] {
                    const auto status = seal.status();
                    return status ? status->threshold : 0;
                },
            .verify = [&seal](const std::vector<SecretBytes>& shares) { return seal.verifyShares(shares); },
            .isShare = [&seal](const SecretBytes& share) { return seal.isShare(share); },
            .make = [&seal](const barrier::ShareCounts& counts) { return seal.makeKeys(counts); },
            .install = std::move(install)};
}

} // namespace

ServerNode::ServerNode(log::Store& store, const Clock& clock, Random& random, Threads threads, NodeOptions options)
    : m_store{store}
    , m_clock{clock}
    , m_random{random}
    , m_threads{threads}
    , m_options{std::move(options)}
    , m_barrier{random}
    , m_wrapper{makeKeyWrapper(m_options.config.seal, random)}
    , m_formerWrapper{makeKeyWrapper(m_options.config.formerSeal, random)}
    , m_seal{m_barrier, store.reader(), random, m_wrapper.get(), m_formerWrapper.get()}
    , m_generation{generationServices(random, m_seal, [this](sys::RootGeneration::Kind kind) { return makeToken(kind); })}
    , m_rekey{rekeyServices(random, clock, m_seal,
                            [this](const barrier::NewKeys& keys) -> Result<> {
                                const auto core = unsealed();
                                if (!core) return sealed();
                                return core->installKeys(keys);
                            })}
    , m_endpoints{*this, m_generation, m_rekey, clock}
{}

ServerNode::~ServerNode()
{
    stop();
}

std::shared_ptr<UnsealedCluster> ServerNode::unsealed() const
{
    MutexLock lock{m_mutex};
    return m_unsealed;
}

void ServerNode::handle(mount::Request request, Executor& executor, request::Completion done)
{
    if (request.operation == policy::Operation::List && sys::NodeEndpoints::owns(std::string_view{request.path}.substr(0, request.path.size() - 1))) {
        return done(mount::Response::error(405, {})); // these are no folders; LIST has added the slash to the path
    }
    // These have no help text. A client that asks for it, for example a probe, gets the normal answer.
    if (request.operation == policy::Operation::Help && sys::NodeEndpoints::owns(request.path)) request.operation = policy::Operation::Read;
    const auto family = sys::NodeEndpoints::familyOf(request.path);
    const bool isGuarded = !family.empty() && isGuardedNow(family);
    if (sys::NodeEndpoints::owns(request.path) && !isGuarded) {
        if (const auto core = unsealed()) {
            if (auto refusal = core->pipeline().limitRate(request)) return done(std::move(*refusal));
        }
        if (!sys::NodeEndpoints::isSlow(request)) return done(answerAlone(std::move(request)));
        m_lifecycleThread.post([this, request = std::move(request), &executor, done = std::move(done)]() mutable {
            executor.post([done, response = answerAlone(std::move(request))]() mutable { done(std::move(response)); });
        });
        return;
    }
    const auto core = unsealed();
    if (!core) {
        auto metrics = sealedMetrics(request);
        return done(metrics ? std::move(*metrics) : mount::Response::error(503, "Vault is sealed"));
    }
    // For a client without a token that expects to need none.
    const bool expectsNone = isGuarded && request.clientToken.empty() && !request.data.contains("dr_operation_token");
    auto caller = std::make_unique<RunningRequest>(core, m_inFlight.began(request, m_clock.now()), std::move(done),
                                                   expectsNone ? std::string_view{family} : std::string_view{});
    core->pipeline().handle(std::move(request), executor, std::move(caller));
}

bool ServerNode::isGuardedNow(std::string_view family) const
{
    const auto core = unsealed();
    if (!core) return false;
    if (!m_options.config.isOpenWithoutToken(family)) return true;
    const auto& named = m_options.config.unauthenticatedAccess; // an operator who has lost all tokens names the family there
    const bool isNamed = named && std::ranges::find(*named, family) != named->end();
    return !isNamed && core->isRekeyRequired();
}

mount::Response ServerNode::answerAlone(mount::Request request)
{
    if (!sys::NodeEndpoints::isAudited(request)) return m_endpoints.handle(request);
    if (request.id.empty()) request.id = m_random.uuid();
    const auto before = unsealed();
    if (before && !before->audit(request, nullptr)) return mount::Response::error(500, "internal error");
    auto response = m_endpoints.handle(request);
    const auto after = before ? before : unsealed(); // the devices are open after the last share for unsealing
    if (!after) return response;
    if (!before) { // it is done, so the answer must not say that it failed; audit() logs the missing entry
        if (after->audit(request, nullptr)) static_cast<void>(after->audit(request, &response));
        return response;
    }
    if (!after->audit(request, &response)) return mount::Response::error(500, "internal error");
    return response;
}

std::optional<mount::Response> ServerNode::sealedMetrics(const mount::Request& request) const
{
    const auto& config = m_options.config;
    if (request.path != "sys/metrics" || request.operation != policy::Operation::Read) return std::nullopt;
    if (std::ranges::none_of(config.listeners, &ListenerConfig::isMetricsOpen)) return std::nullopt;
    const auto measures = storeMeasures(m_store, true);
    return sys::metricsAnswer(
        request, [&] { return prometheusText(measures); }, [&] { return metricsJson(measures, m_clock.now()); },
        config.telemetry.prometheusRetention.count() != 0);
}

bool ServerNode::mayUpload(const UploadQuestion& question)
{
    const auto core = unsealed();
    if (!core) return false;
    const Running running{core};
    return core->pipeline().mayUpload(question);
}

bool ServerNode::isKnown(std::string_view clientToken, std::string_view remoteAddress)
{
    const auto core = unsealed();
    if (!core) return false;
    const Running running{core};
    return core->pipeline().isKnown(clientToken, remoteAddress);
}

std::shared_ptr<const sys::CorsRules> ServerNode::corsRules() const
{
    const auto core = unsealed();
    return core ? core->corsRules() : nullptr;
}

sys::SealStatus ServerNode::sealStatus() const
{
    sys::SealStatus status;
    status.storageType = m_options.config.storage.type;
    status.isAutomatic = m_seal.isAutomatic();
    const auto known = m_seal.status();
    if (!known) {
        logging::error("core", "the seal's configuration cannot be read", {{"error", toString(known.error())}});
        return status;
    }
    status.type = known->type;
    status.isMigrating = known->isMigrating;
    if (known->isInitialized) status.isAutomatic = known->type != "shamir";
    status.isInitialized = known->isInitialized;
    status.threshold = known->threshold;
    status.shareCount = known->shares;
    status.progress = known->progress;
    status.nonce = known->nonce;
    status.areSharesPrimarys = known->isFromPrimary;
    const auto core = unsealed(); // unsealed means that requests are answered, and not only that the barrier is open
    status.isSealed = core == nullptr;
    if (core) {
        const auto identity = core->identity();
        status.clusterName = identity.name;
        status.clusterId = identity.id;
    }
    return status;
}

sys::Health ServerNode::health() const
{
    sys::Health health;
    const auto known = m_seal.status();
    health.isInitialized = known && known->isInitialized;
    const auto core = unsealed();
    health.isSealed = core == nullptr;
    if (!core) return health;
    core->describe(health);
    health.lastWal = m_store.appliedIndex().value();
    return health;
}

sys::Leader ServerNode::leader() const
{
    sys::Leader leader{.apiAddress = m_options.apiAddress,
                       .clusterAddress = m_options.clusterAddress,
                       .activeSince = {},
                       .lastWal = m_store.appliedIndex().value(),
                       .isHaEnabled = m_options.config.storage.type == "raft"};
    if (const auto core = unsealed()) leader.activeSince = core->activeSince();
    return leader;
}

Result<sys::InitResult> ServerNode::initialize(const sys::InitOptions& options)
{
    MutexLock lock{m_lifecycle};
    if (m_isStopped) return Error{ErrorCode::Unavailable, "the server is stopping"};
    log::Transaction transaction = m_store.begin();
    auto shares = m_seal.initialize(transaction, {options.shareCount, options.threshold}, m_clock.now());
    if (!shares) return std::move(shares).error();
    sys::InitResult result;
    result.shares = std::move(*shares);
    const auto finish = [&]() -> Result<> {
        auto& configured = m_options.config.clusterName;
        const auto name = configured.empty() ? "vault-cluster-" + m_random.base62(8) : configured;
        const auto first = makeUnsealedCluster();
        auto root = first->writeFirst({transaction, m_barrier, {}}, name);
        if (!root) return std::move(root).error();
        result.rootToken = std::move(*root);
        auto committed = m_store.commitAndWait(std::move(transaction));
        if (!committed) return std::move(committed).error();
        return {};
    };
    auto finished = finish();
    m_seal.seal(); // as after every start, the shares or an automatic seal must open it
    if (!finished) return std::move(finished).error().withContext("initialising");
    logging::info("core", "initialised",
                  {{"seal", m_seal.type()}, {"shares", std::to_string(options.shareCount)}, {"threshold", std::to_string(options.threshold)}});
    if (m_wrapper) {
        if (auto opened = tryToUnseal(); !opened) { // it tries again later; the keys must still be in the answer, because they are shown only once
            logging::warn("core", "initialised, but not unsealed yet", {{"error", toString(opened.error())}});
        }
    }
    return result;
}

Result<> ServerNode::provideUnsealShare(SecretBytes share, bool isMigration)
{
    MutexLock lock{m_lifecycle};
    if (m_isStopped) return Error{ErrorCode::Unavailable, "the server is stopping"};
    if (unsealed()) return {};
    if (auto provided = m_seal.provide(std::move(share), isMigration); !provided) return provided;
    if (m_barrier.isSealed()) return {}; // more shares are needed
    if (isMigration) {
        if (auto moved = migrateSeal(); !moved) {
            m_seal.seal();
            return std::move(moved).error().withContext("moving to the configured seal");
        }
    }
    m_unsealSchedule.release();
    return build();
}

Result<> ServerNode::open(barrier::Keyring keyring)
{
    MutexLock lock{m_lifecycle};
    m_barrier.unseal(std::move(keyring));
    return build();
}

Result<std::string> ServerNode::makeToken(sys::RootGeneration::Kind kind)
{
    const auto core = unsealed();
    if (!core) return sealed();
    return core->makeToken(kind);
}

void ServerNode::waitUntilSettled()
{
    if (const auto core = unsealed()) core->waitUntilSettled();
}

void ServerNode::begin()
{
    if (!m_wrapper || m_isUnsealing.exchange(true)) return;
    m_lifecycleThread.post([this] {
        unsealByItself();
        m_isUnsealing = false;
    });
}

void ServerNode::unsealByItself()
{
    MutexLock lock{m_lifecycle};
    if (m_isStopped || unsealed() || !m_unsealSchedule.isDue(m_clock.steadyNow())) return;
    const auto status = m_seal.status();
    if (status && !status->isInitialized) return;
    if (status && status->isMigrating) {
        m_unsealSchedule.hold();
        logging::warn("core", "a move to another seal is pending: it needs the key shares, each given for migration",
                      {{"from", status->type}, {"to", m_seal.type()}});
        return;
    }
    const auto opened = tryToUnseal();
    if (opened) return m_unsealSchedule.opened();
    m_unsealSchedule.failed(opened.error(), m_clock.steadyNow());
    logging::error("core", "the seal did not open by itself",
                   {{"seal", m_seal.type()}, {"error", toString(opened.error())}, {"next", m_unsealSchedule.next()}});
}

Result<> ServerNode::tryToUnseal()
{
    if (auto opened = m_seal.unsealByItself(); !opened) return opened;
    return build();
}

void ServerNode::resetUnseal()
{
    m_seal.reset();
}

std::shared_ptr<UnsealedCluster> ServerNode::makeUnsealedCluster()
{
    return std::make_shared<UnsealedCluster>(
        UnsealedCluster::Services{.store = m_store,
                                  .barrier = m_barrier,
                                  .seal = m_seal,
                                  .clock = m_clock,
                                  .random = m_random,
                                  .workers = m_threads.workers,
                                  .bodies = m_threads.bodies,
                                  .passwords = m_threads.passwords,
                                  .node = *this,
                                  .options = m_options,
                                  .requestSeal = [this] { m_lifecycleThread.post([this] { seal(); }); },
                                  .contentsReplaced = [this] { m_lifecycleThread.post([this] { restart(); }); },
                                  .nodeAnswer = [this](const mount::Request& request) { return m_endpoints.handle(request); },
                                  .inFlight = [this] { return m_inFlight.describe(); }});
}

Result<> ServerNode::build()
{
    auto core = makeUnsealedCluster();
    if (auto started = core->start(); !started) {
        core->stop();
        core.reset();
        m_seal.seal();
        logging::error("core", "unsealing failed", {{"error", toString(started.error())}});
        return std::move(started).error().withContext("unsealing");
    }
    logging::info("core", "unsealed", {{"cluster", core->identity().name}});
    MutexLock lock{m_mutex};
    m_unsealed = std::move(core);
    return {};
}

void ServerNode::tearDown()
{
    std::shared_ptr<UnsealedCluster> core;
    {
        MutexLock lock{m_mutex};
        core = std::move(m_unsealed);
        m_unsealed.reset();
    }
    if (core) core->stop();
}

void ServerNode::seal()
{
    MutexLock lock{m_lifecycle};
    m_unsealSchedule.hold();
    m_generation.cancel();
    m_rekey.forget();
    tearDown();
    m_seal.seal();
    logging::info("core", "sealed");
}

void ServerNode::restart()
{
    MutexLock lock{m_lifecycle};
    if (m_isStopped) return;
    auto bundle = m_seal.keyBundle(); // the stored keyring is the snapshot's; the root key in memory is still the old one
    auto keyring = bundle ? bundle->keyring() : Result<barrier::Keyring>{bundle.error()};
    tearDown();
    if (!keyring) {
        m_seal.seal();
        logging::warn("core", "sealed: the restored data has other keys", {{"error", toString(keyring.error())}});
        return;
    }
    m_barrier.unseal(std::move(*keyring));
    // Saved by a cluster with another HSM or another kind of seal: the root key is stored again under this node's seal.
    if (m_seal.isAutomatic() || bundle->sealType != m_seal.type()) {
        if (auto kept = adoptKeys(*bundle); !kept) {
            logging::error("core",
                           "this node's seal could not store the restored root key. After the next seal or start the node opens only "
                           "with the seal that the snapshot was saved under",
                           {{"type", bundle->sealType}, {"error", toString(kept.error())}});
        }
    }
    if (auto built = build(); !built) {
        logging::error("core", "the modules for the restored data could not be started", {{"error", toString(built.error())}});
    }
}

Result<> ServerNode::adoptKeys(const barrier::KeyBundle& bundle)
{
    auto operations = m_seal.adopt(bundle);
    if (!operations) return std::move(operations).error();
    log::Transaction transaction = m_store.begin();
    if (!m_seal.isAutomatic()) {
        transaction.put({.kind = log::OperationKind::Delete, .key = std::string{barrier::kRecoveryKey}, .value = {}});
    }
    for (auto& operation : *operations) {
        if (barrier::isSealKey(operation.key)) transaction.put(std::move(operation));
    }
    auto committed = m_store.commitAndWait(std::move(transaction));
    if (!committed) return std::move(committed).error();
    return {};
}

Result<> ServerNode::migrateSeal()
{
    const auto bundle = m_seal.keyBundle();
    if (!bundle) return bundle.error();
    if (auto moved = adoptKeys(*bundle); !moved) return moved;
    logging::warn("core", "moved to another seal", {{"from", bundle->sealType}, {"to", m_seal.type()}});
    return {};
}

void ServerNode::tick()
{
    if (const auto core = unsealed()) return core->tick();
    begin();
}

void ServerNode::reopenLogs()
{
    if (const auto core = unsealed()) core->audit().reopen();
}

void ServerNode::stop()
{
    {
        MutexLock lock{m_lifecycle};
        if (m_isStopped) return;
        m_isStopped = true;
        tearDown();
        m_seal.seal();
    }
    m_lifecycleThread.stop();
}

} // namespace core::server
