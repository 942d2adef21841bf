#include "tests/sim/cluster.h"

#include "tests/sim/process.h"

#include <algorithm>

namespace sim {

using namespace core::replication;

std::string setName(Type type, const std::string& setId, Epoch epoch)
{
    return std::string{toString(type)} + "/" + setId + "/" + core::toString(epoch);
}

Cluster::Cluster(Shared& shared, int number, std::uint64_t seed)
    : m_shared{shared}
    , m_world{shared.world}
    , m_number{number}
    , m_random{seed * 1000003 + static_cast<std::uint64_t>(number)}
    , m_clock{shared.world}
    , m_model{shared.world, number, shared.histories}
{
    m_storeOptions.directory = "log";
    m_storeOptions.segmentBytes = (8u << 10) << m_world.pick(3);
    m_storeOptions.retentionBytes = m_storeOptions.segmentBytes * (2 + m_world.pick(20));
    m_storeOptions.unclaimedBytes = m_storeOptions.segmentBytes * (1 + m_world.pick(4));
    m_storeOptions.checkpointBytes = 4u << 10 << m_world.pick(6);
    m_storeOptions.tailCountMax = m_world.chancePerMille(500) ? 8 : 1000;
}

Cluster::~Cluster()
{
    if (m_process) die(Death::Killed);
}

void Cluster::openStore(Process& process)
{
    process.local = std::make_unique<log::LocalStore>(std::make_unique<testing_log::VolatileEngine>(m_engine, m_power), nullptr, m_files, m_random,
                                                      m_storeOptions);
    process.watched = std::make_unique<WatchedStore>(m_world, m_model, *process.local, [this] { afterReplacement(); });
    process.seal = std::make_unique<barrier::Seal>(process.barrier, process.local->reader(), m_random);
}

void Cluster::initialize()
{
    m_process = std::make_unique<Process>(m_world, m_clock, m_random);
    Process& process = *m_process;
    openStore(process);
    if (auto started = process.local->startWithoutThreads(m_clock); !started) return m_world.fail("opening: " + core::toString(started.error()));
    log::Transaction transaction = process.watched->begin();
    auto shares = process.seal->initialize(transaction, {1, 1}, m_clock.now());
    if (!shares) return m_world.fail("initializing: " + core::toString(shares.error()));
    m_shared.shares.push_back(std::move(shares->front()));
    auto committed = process.watched->commitAndWait(std::move(transaction));
    if (!committed) return m_world.fail("initializing: " + core::toString(committed.error()));
    startReplication(process);
}

bool Cluster::start()
{
    CORE_ASSERT(!m_process);
    m_process = std::make_unique<Process>(m_world, m_clock, m_random);
    if (openProcess(*m_process)) return true;
    die(m_power.isOff() ? Death::PowerLost : Death::Killed);
    return false;
}

bool Cluster::openProcess(Process& process)
{
    openStore(process);
    const auto opened = process.local->startWithoutThreads(m_clock);
    if (m_power.isOff()) return false;
    if (!opened) {
        const bool isDisk = opened.error().code == ErrorCode::NoSpace || opened.error().code == ErrorCode::Io;
        if (!isDisk) m_world.fail("cluster " + std::to_string(m_number) + " does not start again: " + core::toString(opened.error()));
        return false;
    }
    m_model.checkRestarted(*process.local);
    for (const SecretBytes& share : m_shared.shares) {
        static_cast<void>(process.seal->provide(share.clone()).has_value());
        if (!process.barrier.isSealed()) break;
    }
    if (process.barrier.isSealed()) {
        m_world.fail("cluster " + std::to_string(m_number) + " cannot be unsealed any more");
        return false;
    }
    checkForest();
    startReplication(process);
    return true;
}

void Cluster::startReplication(Process& process)
{
    followKeyring(process);
    const auto unwrap = [this](const UnwrapOptions& options, WallTime now) -> Result<ActivationBundle> {
        const auto found = m_shared.tokens.find(options.token);
        if (found == m_shared.tokens.end()) return Error{ErrorCode::InvalidArgument, "not a token"};
        if (!m_shared.canUnwrap(found->second.issuer, m_number)) return Error{ErrorCode::Unavailable, "no answer from the primary's API"};
        if (std::exchange(found->second.isUsed, true)) return Error{ErrorCode::FailedPrecondition, "wrapping token is not valid"};
        return ActivationBundle::fromJson(found->second.data, now);
    };
    if (auto loaded = process.keys.load(*process.watched, process.barrier, m_random, m_clock.now()); !loaded && !m_power.isOff()) {
        m_world.note(m_number, "has no keys:", 0, core::toString(loaded.error())); // the disk is full, for example; then it proves nothing
    }
    process.manager = std::make_unique<ReplicationManager>(ReplicationManager::Services{.store = *process.watched,
                                                                                        .barrier = process.barrier,
                                                                                        .seal = *process.seal,
                                                                                        .clock = m_clock,
                                                                                        .random = m_random,
                                                                                        .host = *this,
                                                                                        .unwrap = unwrap,
                                                                                        .background = &process.lane,
                                                                                        .ownKeys = &process.keys,
                                                                                        .askersMax = 1});
    process.port = std::make_unique<Port>(
        Port::Services{.world = m_world,
                       .network = m_shared.network,
                       .cluster = m_number,
                       .store = *process.watched,
                       .hasher = process.hasher,
                       .clock = m_clock,
                       .random = m_random,
                       .events = process.manager->events(),
                       .scopes = process.manager->scopes(),
                       .lane = process.lane,
                       .watcher = *this,
                       .handlePeer =
                           [&process](const Member& peer, wire::PeerRequest request, std::function<void(wire::PeerAnswer)> done) {
                               process.peers->answers().answer(peer, std::move(request), std::move(done));
                           },
                       .keys = [&process]() -> std::shared_ptr<const trust::MemberKeys> {
                           const auto keys = process.keys.keys();
                           return keys ? std::make_shared<const trust::MemberKeys>(*keys) : nullptr;
                       }});
    process.manager->setTransport(*process.port);
    startPeers(process);
    if (auto started = process.manager->start(); !started && !m_power.isOff()) {
        m_world.fail("replication does not start: " + core::toString(started.error()));
    }
    if (std::exchange(m_isBeingMadePrimary, false)) noteMadePrimary();
    m_world.after(milliseconds{200}, [this, alive = process.isAlive] {
        if (*alive) maintain();
    });
    m_world.note(m_number, "started", process.local->appliedIndex().value());
}

void Cluster::maintain()
{
    m_process->manager->tick();
    m_process->peers->tick();
    if (m_process->local->maintain(m_world.chancePerMille(100)) && !m_power.isOff()) m_model.settled();
    if (m_shared.hasFilters) cleanMounts();
    m_world.after(m_world.between(milliseconds{200}, milliseconds{600}), [this, alive = m_process->isAlive] {
        if (*alive) maintain();
    });
}

void Cluster::shutDown()
{
    if (!m_process) return;
    Process& process = *m_process;
    process.lane.post([this, alive = process.isAlive] {
        Process& process = *m_process;
        process.manager->stop();
        process.port->die();
        process.peers->stop();
        process.watched->runQueued();
        static_cast<void>(process.local->checkpoint().has_value());
        m_world.note(m_number, "shuts down");
        m_world.after(Duration{0}, [this, alive] {
            if (*alive) die(Death::Killed);
        });
    });
}

void Cluster::die(Death death)
{
    if (!m_process) return;
    m_world.note(m_number, death == Death::Killed ? "is killed" : "loses power", m_power.steps());
    *m_process->isAlive = false;
    m_power.turnOff();
    if (m_process->port) m_process->port->die();
    m_process.reset();
    m_power.restore();
    if (death == Death::PowerLost) {
        const auto survival = static_cast<testing_log::Survival>(m_world.pick(3));
        m_files.losePower(m_random, survival);
        m_engine = testing_log::VolatileEngine::afterPowerLoss(*m_engine, m_random, survival);
    } else {
        testing_log::VolatileEngine::afterKill(*m_engine);
    }
    m_isBootstrapFetched = false;
}

void Cluster::startLater(Duration after)
{
    if (std::exchange(m_isStartDue, true)) return;
    m_world.after(after, [this] {
        m_isStartDue = false;
        if (m_process || start()) return;
        startLater(milliseconds{500});
    });
}

void Cluster::restart(Duration after)
{
    m_world.after(Duration{0}, [this, after] {
        die(Death::Killed);
        startLater(after);
    });
}

void Cluster::buryIfDead()
{
    if (m_process && m_power.isOff()) die(Death::PowerLost);
}

void Cluster::setDiskFull(bool isFull)
{
    m_files.setFull(isFull);
    MutexLock lock{m_engine->mutex};
    m_engine->isFull = isFull;
}

bool Cluster::isBusy() const
{
    return m_process && !m_process->lane.isIdle();
}

ReplicationManager& Cluster::manager()
{
    return *m_process->manager;
}

std::string Cluster::memberKey() const
{
    const auto keys = m_process->keys.keys();
    return keys ? keys->member().key.publicKey() : std::string{};
}

std::optional<core::trust::MemberKeys> Cluster::keys() const
{
    return m_process->keys.keys();
}

bool Cluster::ownsKey(const std::string& memberKey) const
{
    const auto own = keys();
    if (!own) return false;
    const auto& proving = own->proving();
    return proving.key.publicKey() == memberKey || own->member().key.publicKey() == memberKey ||
           std::ranges::any_of(proving.former, [&](const auto& former) { return former.publicKey == memberKey; });
}

void Cluster::followKeyring(Process& process)
{
    process.changedKeys = process.watched->subscribeToKeys([&process](const log::ChangedKeys& keys) {
        if (!keys.contains(barrier::kKeyringKey)) return;
        const auto stored = process.watched->reader().get(barrier::kKeyringKey);
        if (stored && *stored) static_cast<void>(process.barrier.reload(**stored).has_value());
    });
}

Port& Cluster::port()
{
    return *m_process->port;
}

const LinkPlan& Cluster::plan(Type type) const
{
    return m_process->port->plan(type);
}

LinkStatus Cluster::report(Type type) const
{
    return m_process->port->report(type);
}

const log::Store& Cluster::store() const
{
    return *m_process->watched;
}

void Cluster::operate(std::string name, Operation operation, std::function<void(const mount::Response&)> done)
{
    if (!m_process) return;
    m_process->lane.post([this, alive = m_process->isAlive, name = std::move(name), operation = std::move(operation), done = std::move(done)] {
        m_world.note(m_number, "begins", 0, name);
        const auto response = operation(*m_process->manager);
        if (m_power.isOff()) return; // nobody received the answer
        m_world.note(m_number, "answers", static_cast<std::uint64_t>(response.status),
                     name + (response.errors.empty() ? "" : ": " + response.errors.front()));
        if (done) done(response);
    });
}

void Cluster::noteMadePrimary()
{
    for (const Type type : {Type::Performance, Type::Dr}) {
        const LinkPlan& its = plan(type);
        if (its.mode == Mode::Primary) m_shared.primaries[setName(type, its.local.setId, its.local.epoch)].insert(m_number);
    }
}

void Cluster::makePrimary(std::string name, Operation operation)
{
    operate(std::move(name), [this, operation = std::move(operation)](ReplicationManager& manager) {
        const bool wasAlready = std::exchange(m_isBeingMadePrimary, true);
        auto response = operation(manager);
        if (m_power.isOff()) return response;
        // A cluster that was already stopping applies the role when it starts.
        const bool isShown = plan(Type::Performance).mode == Mode::Primary || plan(Type::Dr).mode == Mode::Primary;
        m_isBeingMadePrimary = (!response.isError || wasAlready) && !isShown;
        if (!response.isError) noteMadePrimary();
        return response;
    });
}

void Cluster::waitForRequests(std::chrono::milliseconds atMost)
{
    // The wait ends when the process ends. By then m_process does not hold the process any more.
    m_process->lane.waitUntil([&process = *m_process] { return process.writesUnderWay == 0; }, atMost);
}

Result<std::vector<log::Operation>> Cluster::keptOperations(const barrier::Barrier& next)
{
    auto kept = next.putOperation("i/core/cluster/local/info", "c" + std::to_string(m_number));
    if (!kept) return std::move(kept).error();
    std::vector<log::Operation> all;
    all.push_back(std::move(*kept));
    if (const auto keys = m_process->keys.keys()) {
        auto rows = keys->operations(next);
        if (!rows) return std::move(rows).error();
        for (auto& row : *rows) all.push_back(std::move(row));
    }
    return all;
}

/// As the server does: makes this cluster's own rows if they are missing.
void Cluster::reload()
{
    if (manager().isDrSecondary()) return;
    Process& process = *m_process;
    log::Transaction transaction = process.watched->begin();
    barrier::View own{transaction, process.barrier, barrier::StorageClass::Local, "core/", {true, true}};
    const auto found = own.get("own-mounts");
    if (!found || *found) return;
    if (!own.put("own-mounts", "of c" + std::to_string(m_number))) return;
    static_cast<void>(process.watched->commitAndWait(std::move(transaction)).has_value());
}

} // namespace sim
