#include "core/server/server.h"

#include "core/barrier/store_format.h"
#include "core/base/logging.h"
#include "core/base/memory_wait.h"
#include "core/base/small_file.h"
#include "core/base/temporary_file.h"
#include "core/base/writable_folders.h"
#include "core/crypto/pooled_random.h"
#include "core/crypto/tls.h"
#include "core/server/process/listener_certificates.h"
#include "core/server/process/process.h"
#include "core/snapshot/throw_away_store.h"
#include "core/storage/leveldb_engine.h"
#include "core/storage/memory_engine.h"

#include <algorithm>
#include <cstdlib>
#include <future>

namespace core::server {

namespace fs = std::filesystem;

/// One listener's TLS context. New connections use the present one.
struct Server::Tls {
    Mutex mutex; // leaf lock
    std::shared_ptr<crypto::TlsContext> context CORE_GUARDED_BY(mutex);

    void set(crypto::TlsContext made)
    {
        MutexLock lock{mutex};
        context = std::make_shared<crypto::TlsContext>(std::move(made));
    }
    std::shared_ptr<SSL_CTX> get()
    {
        MutexLock lock{mutex};
        return {context, context->get()};
    }
};

Server::Server(Options options)
    : m_options{std::move(options)}
    , m_random{std::make_unique<crypto::PooledRandom>()}
    , m_files{std::make_unique<log::PosixFileSystem>()}
{}

Server::~Server()
{
    stop();
}

Result<std::unique_ptr<Server>> Server::start(Options options)
{
    std::unique_ptr<Server> server{new Server{std::move(options)}};
    if (auto opened = server->open(); !opened) return std::move(opened).error();
    return server;
}

Result<> Server::openStorage()
{
    const auto& storage = m_options.config.storage;
    log::Store::Options options;
    const auto& replication = m_options.config.replication;
    options.tailCountMax = replication.logShipperEntriesMax;
    options.retentionBytes = replication.logRetentionBytes;
    options.retentionAge = std::chrono::duration_cast<std::chrono::seconds>(replication.logRetentionTime);
    if (replication.logShipperBytesMax) options.tailBytesMax = *replication.logShipperBytesMax;
    std::unique_ptr<storage::Engine> engine;
    if (storage.engine == StorageConfig::Engine::Memory) {
        engine = std::make_unique<storage::MemoryEngine>();
    } else {
        std::error_code failure;
        fs::create_directories(storage.path, failure);
        if (failure) {
            return Error{ErrorCode::Io, storage.origin + ": cannot create the storage folder " + storage.path.string() + ": " + failure.message() +
                                            writableFoldersText(failure)};
        }
        fs::permissions(storage.path, fs::perms::owner_all, failure);
        auto opened = storage::LevelDbEngine::open({.directory = storage.path / "db"});
        if (!opened) return std::move(opened).error().withContext("opening the storage");
        engine = std::move(*opened);
        options.directory = storage.path / "log";
    }
    auto store = log::Store::open(std::move(engine), *m_files, m_clock, *m_random, options);
    if (!store) return std::move(store).error().withContext("opening the storage");
    const auto format = barrier::StoreFormat::of((*store)->reader());
    if (!format) return format.error();
    if (auto known = format->check("the storage " + storage.path.string()); !known) return known;
    m_store = std::move(*store);
    return {};
}

Result<> Server::loadCertificates()
{
    std::vector<crypto::TlsContext> made;
    for (const auto& listener : m_options.config.listeners) {
        if (listener.isTlsDisabled) {
            made.emplace_back(nullptr);
            continue;
        }
        crypto::ListenerTlsOptions options;
        options.isTls13Only = listener.tlsVersionMin == ListenerConfig::TlsVersion::Tls13;
        options.isTls12Max = listener.rules.isTls12Max;
        options.cipherSuites = listener.rules.tlsCipherSuites;
        if (!listener.tlsClientCaFile.empty()) {
            auto authorities = readSmallFile(listener.tlsClientCaFile, kPemFileBytesMax);
            if (!authorities) return std::move(authorities).error();
            options.clientAuthorities = std::move(*authorities);
            options.isClientCertificateRequired = listener.isClientCertRequired;
        }
        auto context = m_options.identity ? crypto::makeListenerTls(*m_options.identity, options)
                                          : crypto::makeListenerTls(listener.tlsCertFile.string(), listener.tlsKeyFile.string(), options);
        if (!context) return std::move(context).error().withContext(listener.origin);
        made.push_back(std::move(*context));
    }
    for (const auto& warning : certificateWarnings(m_options.config.listeners, m_clock.now())) logging::warn("core", warning);
    // All of them are valid, so they are used from now on.
    for (std::size_t at = 0; at < made.size(); ++at) {
        if (at >= m_tls.size()) m_tls.push_back(std::make_unique<Tls>());
        if (made[at].get() != nullptr) m_tls[at]->set(std::move(made[at]));
    }
    return {};
}

/// An empty folder for uploads and downloads, in the data folder, because /tmp is often in memory and shared. Files of a dead process are removed.
Result<fs::path> Server::openUploads() const
{
    const auto& storage = m_options.config.storage;
    const bool isInMemory = storage.engine == StorageConfig::Engine::Memory;
    std::error_code failure;
    fs::path folder = storage.path / "uploads";
    if (isInMemory) {
        auto made = TemporaryFolder::create(fs::temp_directory_path() / "holdfast-uploads-");
        if (!made) return std::move(made).error();
        return made->release(); // stop() removes it
    }
    fs::remove_all(folder, failure);
    fs::create_directories(folder, failure);
    if (!failure) fs::permissions(folder, fs::perms::owner_all, failure);
    if (failure) return Error{ErrorCode::Io, "cannot prepare " + folder.string() + ": " + failure.message()};
    return folder;
}

Result<> Server::listen()
{
    for (std::size_t at = 0; at < m_options.config.listeners.size(); ++at) {
        const auto& listener = m_options.config.listeners[at];
        const auto& rules = listener.rules;
        http::Listener::Options options;
        options.address = toString(listener.address);
        options.unixSocket = rules.unixSocket;
        options.limits.bodyBytesMax = listener.requestBytesMax;
        options.limits.json = rules.json;
        options.headerTimeout = rules.headerTimeout;
        options.readTimeout = rules.readTimeout;
        options.writeTimeout = rules.writeTimeout.count() == 0 ? listener.requestDurationMax : rules.writeTimeout;
        options.idleTimeout = rules.idleTimeout;
        options.upload.directory = m_uploads.string();
        options.replyHeaders = rules.replyHeaders;
        options.forwardedFor = rules.forwardedFor;
        options.proxyProtocol = rules.proxyProtocol;
        options.redaction = rules.redaction;
        options.isRequestHeaderRequired = rules.isRequestHeaderRequired;
        options.isReplicationStatusOff = rules.isReplicationStatusOff;
        options.bodies = m_bodies.get();
        options.cors = [node = m_node.get()] { return node->corsRules(); };
        if (!listener.isTlsDisabled) options.tls = [tls = m_tls[at].get()] { return tls->get(); };
        auto started = http::Listener::start(std::move(options), *m_pool, *m_node, *m_random);
        if (!started) return std::move(started).error();
        m_listeners.push_back(std::move(*started));
    }
    return {};
}

Result<> Server::open()
{
    auto& config = m_options.config;
    if (config.listeners.empty()) return Error{ErrorCode::InvalidArgument, "no listener is configured"};
    if (auto loaded = loadCertificates(); !loaded) return loaded;
    if (auto opened = openStorage(); !opened) return opened;
    const auto uploads = openUploads();
    if (!uploads) return uploads.error();
    m_uploads = *uploads;
    m_workers = std::make_unique<TaskThreads>("worker", 4);
    m_bodies = std::make_unique<TaskThreads>("bodies", 2);
    m_passwords = std::make_unique<PasswordPool>(PasswordPool::Options{.threadCount = PasswordPool::defaultThreadCount()});

    NodeOptions node;
    node.config = config;
    node.apiAddress = config.effectiveApiAddr();
    node.clusterAddress = config.effectiveClusterAddr();
    node.clusterListen = toString(config.clusterListenAddress());
    node.uploadDirectory = m_uploads;
    if (config.storage.engine != StorageConfig::Engine::Memory) {
        node.throwAwayStoreDirectory = config.storage.path / "scratch";
        node.safetyDirectory = config.storage.path / "safety";
        snapshot::ThrowAwayStore::clear(node.throwAwayStoreDirectory); // left by a dead process
    }
    node.isDev = m_options.isDev;
    node.devRootToken = m_options.devRootToken;
    // The policy's name is known from the start, so that it can be made on the secondaries of this server too.
    if (node.isDev && node.devRootToken.empty()) node.devRootToken = "hvs." + m_random->base62(24);
    m_apiAddress = node.apiAddress;
    m_clusterAddress = node.clusterAddress;
    m_node = std::make_unique<ServerNode>(*m_store, m_clock, *m_random, ServerNode::Threads{*m_workers, *m_bodies, *m_passwords}, std::move(node));

    const unsigned cores = std::clamp(std::thread::hardware_concurrency(), 1u, 8u);
    http::IoPool::Options load;
    load.connectionCountMax = connectionCountMax();
    // One body of the largest size has room. This also limits a listener without a limit.
    constexpr std::uint64_t kBodiesLimit = 1u << 30;
    for (const auto& listener : config.listeners) {
        load.bodies.bytesMax = std::max(load.bodies.bytesMax, std::min<std::uint64_t>(listener.requestBytesMax, kBodiesLimit));
    }
    m_pool = std::make_unique<http::IoPool>(m_options.ioThreadCount == 0 ? cores : m_options.ioThreadCount, load);
    if (auto listening = listen(); !listening) return listening;
    m_node->begin();
    m_timer = Thread{"timer", Thread::OnFailure::RunAgain, [this] { tick(); }};
    return {};
}

void Server::tick()
{
    // Large bodies and answers leave holes in the heap, and read pages stay mapped. After this much was freed, memory is returned to the system.
    constexpr std::uint64_t kTrimBytes = 8u << 20;
    std::uint64_t releasedBytes = 0;
    const auto isBusy = std::make_shared<std::atomic<bool>>(false);
    while (true) {
        {
            MutexLock lock{m_timerMutex};
            const auto next = std::chrono::steady_clock::now() + std::chrono::seconds{1};
            while (!m_isStopping && m_timerWake.waitUntil(m_timerMutex, next)) {}
            if (m_isStopping) return;
        }
        if (isBusy->exchange(true)) continue; // the previous round still runs
        refillMemoryReserve();
        releasedBytes += m_pool->takeReleasedBytes();
        const bool isMemoryDue = releasedBytes >= kTrimBytes;
        if (isMemoryDue) releasedBytes = 0;
        // Owned by the task, so that the next round can run even if this one fails or never runs.
        const std::shared_ptr<void> round{nullptr, [isBusy](void*) { *isBusy = false; }};
        m_workers->post([this, round, isMemoryDue] {
            if (isMemoryDue) {
                giveMemoryBack();
                storage::LevelDbEngine::giveTablesBack();
            }
            m_node->tick();
        });
    }
}

mount::Response Server::request(mount::Request request)
{
    auto answer = std::make_shared<std::promise<mount::Response>>();
    auto future = answer->get_future();
    if (request.id.empty()) request.id = m_random->uuid();
    m_node->handle(std::move(request), *m_pool->loops().front(), [answer](mount::Response response) { answer->set_value(std::move(response)); });
    return future.get();
}

Result<> Server::reload()
{
    m_node->reopenLogs();
    return loadCertificates();
}

void Server::stop()
{
    if (m_timer.joinable()) {
        {
            MutexLock lock{m_timerMutex};
            m_isStopping = true;
            m_timerWake.notifyAll();
        }
        m_timer.join();
    }
    for (auto& listener : m_listeners) listener->stop();
    if (m_node) m_node->stop();
    if (m_passwords) m_passwords->stop();
    if (m_bodies) m_bodies->stop();
    if (m_workers) m_workers->stop();
    if (m_pool) m_pool->stop();
    m_listeners.clear();
    if (m_store) m_store->stop();
    std::error_code ignored;
    if (!m_uploads.empty()) fs::remove_all(m_uploads, ignored);
    m_uploads.clear();
}

} // namespace core::server
