#pragma once

#include "core/base/task_threads.h"
#include "core/base/thread.h"
#include "core/crypto/x509.h"
#include "core/http/listener.h"
#include "core/log/file_system.h"
#include "core/server/node/node.h"
#include "core/server/process/password_pool.h"

#include <memory>
#include <string>
#include <vector>

namespace core::server {

/// A whole server: storage, node, listeners, and the timer for scheduled work. start() and stop() block and must be called on one
/// thread. The object serves until it is stopped.
class Server {
public:
    struct Options {
        Config config;
        bool isDev = false;
        std::string devRootToken;
        unsigned ioThreadCount = 0; // 0: one per core, at most 8
        /// PEM certificate and key of every listener, instead of the configured files.
        std::shared_ptr<const crypto::Identity> identity;
    };

    /// Opens and recovers the storage, then listens. Errors: Corrupt (names the damaged part), InvalidArgument
    /// (certificates, addresses), FailedPrecondition (storage in use by another process), Io.
    static Result<std::unique_ptr<Server>> start(Options options);
    ~Server();

    ServerNode& node() { return *m_node; }
    /// Runs one logical request from inside the process, and waits for its answer. Must not be called on an I/O thread.
    mount::Response request(mount::Request request);

    const std::string& apiAddress() const { return m_apiAddress; }
    const std::string& clusterAddress() const { return m_clusterAddress; }

    /// For SIGHUP: reads certificates and opens log files again. Errors: those of the certificates; the old ones stay.
    Result<> reload();
    void stop();

private:
    explicit Server(Options options);
    Result<> open();
    Result<> openStorage();
    Result<std::filesystem::path> openUploads() const;
    Result<> listen();
    Result<> loadCertificates();
    void tick();

    struct Tls; // the listeners' certificates, replaced by reload()

    Options m_options;
    std::string m_apiAddress, m_clusterAddress;
    std::filesystem::path m_uploads; // folder of bodies that are too large for memory
    SystemClock m_clock;
    std::unique_ptr<Random> m_random;
    std::unique_ptr<log::FileSystem> m_files;
    std::unique_ptr<log::Store> m_store;
    std::unique_ptr<TaskThreads> m_workers;
    std::unique_ptr<TaskThreads> m_bodies;
    std::unique_ptr<PasswordPool> m_passwords;
    std::unique_ptr<ServerNode> m_node;
    std::vector<std::unique_ptr<Tls>> m_tls;
    std::unique_ptr<http::IoPool> m_pool;
    std::vector<std::unique_ptr<http::Listener>> m_listeners;

    Mutex m_timerMutex; // leaf lock
    Condition m_timerWake;
    bool m_isStopping CORE_GUARDED_BY(m_timerMutex) = false;
    Thread m_timer;
};

} // namespace core::server
