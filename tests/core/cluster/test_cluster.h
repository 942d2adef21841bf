#pragma once

#include "core/cluster/links/cluster_port.h"
#include "core/replication/seams/hasher.h"
#include "core/replication/manager/manager.h"
#include "core/replication/peers/member_service.h"
#include "core/storage/leveldb_engine.h"
#include "tests/core/log/faulty_disk.h"

#include <QtTest>

#include <boost/json/serialize.hpp>

#include <chrono>
#include <map>
#include <thread>

namespace testing_cluster {

using namespace core;
using namespace core::replication;

/// Polls a condition for at most twenty seconds.
inline bool eventually(const std::function<bool()>& condition)
{
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
    return true;
}

/// Runs each task at once, in post().
class InlineExecutor final : public Executor {
public:
    void post(Task task) override { task(); }
};

/// A cluster of one node without its API: store, barrier, roles, and the cluster port on loopback over real TLS. Its "disk" is memory that
/// survives restart(), or a folder for benchmarks.
class TestCluster final : public Host {
public:
    explicit TestCluster(std::string name, std::filesystem::path directory = {}) : m_name{std::move(name)}, m_directory{std::move(directory)}
    {
        openStore();
        log::Transaction transaction = m_store->begin();
        auto shares = m_seal->initialize(transaction, {1, 1}, m_clock.now());
        if (!shares) qFatal("initialize: %s", shares.error().detail.c_str());
        m_share = std::move(shares->front());
        if (!m_store->commitAndWait(std::move(transaction))) qFatal("initialize");
        startReplication();
    }
    ~TestCluster() override { shutDown(); }

    ReplicationManager& manager() { return *m_manager; }
    cluster::ClusterPort& port() { return *m_port; }
    MemberService& peers() { return *m_peers; }
    log::Store& store() { return *m_store; }
    barrier::Barrier& barrier() { return m_barrier; }
    std::string memberKey() const { return m_keys.keys()->member().key.publicKey(); }
    std::string address() const { return "https://" + m_port->boundAddress(); }

    /// Ends the process without an orderly stop and starts it again on the same disk, with its own key share or that of another cluster.
    void restart(const TestCluster* sharesOf = nullptr)
    {
        shutDown();
        if (sharesOf) m_share = sharesOf->m_share.clone();
        openStore();
        if (auto unsealed = m_seal->provide(m_share.clone()); !unsealed) qFatal("unseal: %s", unsealed.error().detail.c_str());
        startReplication();
    }
    /// Cuts the power, which loses unsynced data. Then starts again with the cluster's own share or the other cluster's, whichever its seal
    /// accepts.
    void losePower(const TestCluster& other, testing_log::Survival survival)
    {
        shutDown();
        power.restore();
        m_files.losePower(m_random, survival);
        m_engine = testing_log::VolatileEngine::afterPowerLoss(*m_engine, m_random, survival);
        openStore();
        if (!m_seal->provide(m_share.clone()) || m_barrier.isSealed()) {
            auto unsealed = m_seal->provide(other.m_share.clone());
            if (!unsealed || m_barrier.isSealed()) qFatal("neither share unseals");
        }
        startReplication();
    }
    void shutDown()
    {
        if (m_manager) m_manager->stop();
        if (m_port) m_port->stop();
        if (m_peers) m_peers->stop();
        m_peers.reset();
        m_manager.reset();
        m_port.reset();
        m_seal.reset();
        if (m_store) m_store->stop();
        m_store.reset();
        m_barrier.seal();
    }

    Result<LogIndex> put(barrier::StorageClass storageClass, const std::string& path, const std::string& value)
    {
        log::Transaction transaction = m_store->begin();
        barrier::View view{transaction, m_barrier, storageClass, {}, {true, true}};
        if (auto done = view.put(path, value); !done) return std::move(done).error();
        return m_store->commitAndWait(std::move(transaction));
    }
    Result<LogIndex> putShared(const std::string& path, const std::string& value) { return put(barrier::StorageClass::Shared, path, value); }
    std::optional<std::string> get(barrier::StorageClass storageClass, const std::string& path)
    {
        log::Transaction transaction = m_store->begin();
        const barrier::View view{transaction, m_barrier, storageClass, {}, {}};
        auto value = view.get(path);
        return value ? *value : std::nullopt;
    }
    std::optional<std::string> getShared(const std::string& path) { return get(barrier::StorageClass::Shared, path); }

    /// An activation token of this primary. Any cluster can "unwrap" it.
    std::string token(Type type, const std::string& id)
    {
        const auto response = manager().seats().secondaryToken(type, id, std::chrono::minutes{30}, {});
        if (!response.data) qFatal("secondary-token: %s", response.errors.front().c_str());
        const std::string name = m_name + "-" + std::to_string(tokens().size());
        tokens()[name] = *response.data;
        return name;
    }
    static std::map<std::string, boost::json::object>& tokens()
    {
        static std::map<std::string, boost::json::object> all;
        return all;
    }
    /// Called instead of asking a primary's API. For one test at a time.
    static std::function<void()>& onUnwrap()
    {
        static std::function<void()> call;
        return call;
    }
    mount::Response follow(TestCluster& primary, Type type, const std::string& id)
    {
        const std::string token = primary.token(type, id);
        auto response = manager().activation().enable(type, {.token = token});
        manager().waitUntilIdle();
        return response;
    }
    bool isInSyncWith(TestCluster& primary, Type type)
    {
        return eventually([&] {
            const auto status = manager().reports().status(type);
            const auto* isInSync = status.if_contains("is_in_sync");
            return isInSync && isInSync->as_bool() && manager().reports().root(type) == primary.manager().reports().root(type);
        });
    }
    std::string stateText(Type type, const char* field)
    {
        const auto status = manager().reports().status(type);
        const auto* value = status.if_contains(field);
        return value && value->is_string() ? std::string{value->as_string()} : std::string{};
    }

    // Host
    std::string apiAddress() const override { return "https://" + m_name; }
    std::string clusterAddress() const override { return m_port ? "https://" + m_port->boundAddress() : ""; }
    std::string clusterId() const override { return "id of " + m_name; }
    std::string clusterName() const override { return m_name; }
    bool isDev() const override { return isDevServer; }
    std::string devRootToken() const override { return "root-of-" + m_name; }
    void waitForRequests(std::chrono::milliseconds) override {}
    Result<std::vector<log::Operation>> keptOperations(const barrier::Barrier& next) override
    {
        if (failsToKeep) return Error{ErrorCode::Io, "nothing can be kept"};
        auto kept = next.putOperation("i/core/cluster/local/name", m_name);
        if (!kept) return std::move(kept).error();
        std::vector<log::Operation> all;
        all.push_back(std::move(*kept));
        auto rows = m_keys.keys()->operations(next);
        if (!rows) return std::move(rows).error();
        for (auto& row : *rows) all.push_back(std::move(row));
        return all;
    }
    void reload() override { ++reloadCount; }
    Result<> makeRootToken(const std::string& id) override
    {
        madeRootToken = id;
        return {};
    }

    testing_log::Power power; // of the disk
    bool isDevServer = false;
    std::string program = HOLDFAST_VERSION; // from the next restart on; empty: a program that sends no version
    bool failsToKeep = false;               // keptOperations() fails, so an activation fails late
    std::size_t connectionCountMax = 512;   // of the port, from the next restart on
    std::chrono::seconds unfinishedMax{60}; // the same
    std::string madeRootToken;
    std::atomic<int> reloadCount{0};
    cluster::ForwardedHandler handleForwarded;
    cluster::PeerHandler handlePeer;

private:
    void openStore()
    {
        log::Store::Options options;
        if (!m_directory.empty()) {
            options.directory = m_directory / "log";
            auto engine = storage::LevelDbEngine::open({.directory = m_directory / "db"});
            if (!engine) qFatal("engine: %s", engine.error().detail.c_str());
            auto store = log::Store::open(std::move(*engine), m_diskFiles, m_clock, m_random, options);
            if (!store) qFatal("store: %s", store.error().detail.c_str());
            m_store = std::move(*store);
            m_seal = std::make_unique<barrier::Seal>(m_barrier, m_store->reader(), m_random);
            return;
        }
        options.directory = "/store";
        options.segmentBytes = 1u << 20;
        options.retentionBytes = 4u << 20;
        auto store = log::Store::open(std::make_unique<testing_log::VolatileEngine>(m_engine, power), m_files, m_clock, m_random, options);
        if (!store) qFatal("store: %s", store.error().detail.c_str());
        m_store = std::move(*store);
        m_seal = std::make_unique<barrier::Seal>(m_barrier, m_store->reader(), m_random);
    }
    void startReplication()
    {
        if (auto loaded = m_keys.load(*m_store, m_barrier, m_random, m_clock.now()); !loaded) qFatal("keys: %s", loaded.error().detail.c_str());
        m_manager = std::make_unique<ReplicationManager>(
            ReplicationManager::Services{.store = *m_store,
                                         .barrier = m_barrier,
                                         .seal = *m_seal,
                                         .clock = m_clock,
                                         .random = m_random,
                                         .host = *this,
                                         .unwrap =
                                             [](const UnwrapOptions& options, WallTime now) {
                                                 if (const auto call = onUnwrap()) call();
                                                 const auto found = tokens().find(options.token);
                                                 if (found == tokens().end())
                                                     return Result<ActivationBundle>{Error{ErrorCode::FailedPrecondition, "used"}};
                                                 const auto data = found->second;
                                                 tokens()[options.token + "-used"] = {};
                                                 tokens().erase(options.token);
                                                 return ActivationBundle::fromJson(data, now);
                                             },
                                         .ownKeys = &m_keys,
                                         .program = program});
        m_peers = std::make_unique<MemberService>(MemberServices{.store = *m_store,
                                                                 .hasher = m_hasher,
                                                                 .clock = m_clock,
                                                                 .manager = *m_manager,
                                                                 .clusterName = [this] { return m_name; },
                                                                 .clusterId = [this] { return clusterId(); },
                                                                 .names = [] { return [](std::string_view key) { return std::string{key}; }; },
                                                                 .preparation = {}});
        cluster::ClusterPort::Options options;
        options.connectionCountMax = connectionCountMax;
        options.unfinishedMax = unfinishedMax;
        if (!m_boundAddress.empty()) options.listen = m_boundAddress;
        auto port = cluster::ClusterPort::open(options, {*m_store, m_hasher, m_clock, m_random, m_manager->events(), m_manager->scopes(),
                                                         [this](mount::Request request, Executor& executor, auto done) {
                                                             if (handleForwarded) handleForwarded(std::move(request), executor, std::move(done));
                                                         },
                                                         [this](const Member& peer, wire::PeerRequest request, auto done) {
                                                             if (handlePeer) return handlePeer(peer, std::move(request), std::move(done));
                                                             m_peers->answers().answer(peer, std::move(request), std::move(done));
                                                         },
                                                         [this] { return std::make_shared<const trust::MemberKeys>(*m_keys.keys()); }});
        if (!port) qFatal("port: %s", port.error().detail.c_str());
        m_port = std::move(*port);
        m_boundAddress = m_port->boundAddress();
        m_manager->setTransport(*m_port);
        m_peers->setTransport(*m_port);
        if (auto started = m_manager->start(); !started) qFatal("start: %s", started.error().detail.c_str());
    }

    const std::string m_name;
    const std::filesystem::path m_directory;
    log::PosixFileSystem m_diskFiles;
    SystemClock m_clock;
    OsRandom m_random;
    std::shared_ptr<testing_log::VolatileEngine::State> m_engine = std::make_shared<testing_log::VolatileEngine::State>();
    testing_log::FaultyFileSystem m_files{power};
    barrier::Barrier m_barrier{m_random};
    trust::KeyHolder m_keys;
    BarrierHasher m_hasher{m_barrier};
    SecretBytes m_share;
    std::string m_boundAddress;
    std::unique_ptr<log::Store> m_store;
    std::unique_ptr<barrier::Seal> m_seal;
    std::unique_ptr<ReplicationManager> m_manager;
    std::unique_ptr<MemberService> m_peers;
    std::unique_ptr<cluster::ClusterPort> m_port;
};

} // namespace testing_cluster
