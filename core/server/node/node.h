#pragma once

#include "core/barrier/seal.h"
#include "core/base/bounded_executor.h"
#include "core/log/store.h"
#include "core/request/pipeline.h"
#include "core/server/process/key_wrappers.h"
#include "core/server/node/node_options.h"
#include "core/server/process/worker_pool.h"
#include "core/server/process/in_flight.h"
#include "core/sys/settings/cors.h"
#include "core/sys/node/node_endpoints.h"

#include <atomic>
#include <memory>

namespace core::server {

class UnsealedCluster;

/// One node from its storage up: sealed or unsealed, it answers every request. What exists only while it is unsealed is
/// UnsealedCluster, which is built when the barrier opens, and anew when a role change or a restore has replaced what lies below.
/// Thread-safe.
class ServerNode final : public sys::Node, public request::Pipeline {
public:
    /// The threads that a node's requests may use besides the I/O threads.
    struct Threads {
        Executor& workers;          // what is slow
        Executor& bodies;           // what grows with a large body
        BoundedExecutor& passwords; // password hashes
    };
    /// All outlive this object.
    ServerNode(log::Store& store, const Clock& clock, Random& random, Threads threads, NodeOptions options);
    ~ServerNode() override;

    /// The rules for web pages; null while there are none, or the node is sealed.
    std::shared_ptr<const sys::CorsRules> corsRules() const;

    // request::Pipeline
    void handle(mount::Request request, Executor& executor, request::Completion done) override;
    bool mayUpload(const UploadQuestion& question) override;
    bool isKnown(std::string_view clientToken, std::string_view remoteAddress) override;

    // sys::Node
    sys::SealStatus sealStatus() const override;
    sys::Health health() const override;
    sys::Leader leader() const override;
    Result<sys::InitResult> initialize(const sys::InitOptions& options) override;
    Result<> provideUnsealShare(SecretBytes share, bool isMigration) override;
    void resetUnseal() override;

    /// Begins what a node does by itself: opening an automatic seal, again and again until it opens. Returns at once.
    void begin();
    /// Ends everything above the storage and destroys the keys; an automatic seal stays closed until a threshold of recovery keys
    /// is handed in, or the process starts anew. Blocking; not from an I/O thread. Idempotent.
    void seal();
    /// The contents of the store were replaced by a snapshot: builds everything above it anew, or seals where its keys are not
    /// ours. Blocking; from a worker.
    void restart();
    /// For a node that nobody unseals from outside, such as that of a drill: opens it with the keyring of its data. Blocking.
    Result<> open(barrier::Keyring keyring);
    /// A root token or a DR operation token, without shares. Errors: Sealed, those of the store.
    Result<std::string> makeToken(sys::RootGeneration::Kind kind);
    /// Waits until what follows from an operation, such as the reload behind a change of role, is done.
    void waitUntilSettled();
    /// What is due once a second: expiry, snapshots. On a worker.
    void tick();
    /// Log files are opened anew (SIGHUP).
    void reopenLogs();
    /// Answers nothing more and ends. Blocking.
    void stop();

private:
    std::shared_ptr<UnsealedCluster> makeUnsealedCluster();
    /// Whether calls of the family take a token now: the configuration closed them, or a rekey is required.
    bool isGuardedNow(std::string_view family) const;
    /// Answers what passes no pipeline, and audits what is done with key shares.
    mount::Response answerAlone(mount::Request request);
    /// sys/metrics of a sealed node, where a listener shows metrics without a token; nothing: it does not.
    std::optional<mount::Response> sealedMetrics(const mount::Request& request) const;
    Result<> build() CORE_REQUIRES(m_lifecycle);
    /// Puts keys that may be stored under another seal, or by another HSM, under ours.
    Result<> adoptKeys(const barrier::KeyBundle& bundle) CORE_REQUIRES(m_lifecycle);
    /// Moves an open node from the seal that it is stored under to the configured one. Errors: those of the wrapper, Io.
    Result<> migrateSeal() CORE_REQUIRES(m_lifecycle);
    void unsealByItself();
    Result<> tryToUnseal() CORE_REQUIRES(m_lifecycle);
    void tearDown() CORE_REQUIRES(m_lifecycle);
    std::shared_ptr<UnsealedCluster> unsealed() const CORE_EXCLUDES(m_mutex);

    log::Store& m_store;
    const Clock& m_clock;
    Random& m_random;
    const Threads m_threads;
    const NodeOptions m_options;

    InFlight m_inFlight;
    barrier::Barrier m_barrier;
    const std::unique_ptr<barrier::KeyWrapper> m_wrapper;       // null: the seal is not automatic
    const std::unique_ptr<barrier::KeyWrapper> m_formerWrapper; // of a seal that the node is to be moved away from
    barrier::Seal m_seal;
    sys::RootGeneration m_generation;
    sys::Rekey m_rekey;
    sys::NodeEndpoints m_endpoints;

    Mutex m_lifecycle; // init, unseal, seal and restart, one at a time; taken before m_mutex
    bool m_isStopped CORE_GUARDED_BY(m_lifecycle) = false;
    bool m_isHeldSealed CORE_GUARDED_BY(m_lifecycle) = false; // by the operator, or since trying again could do harm
    std::chrono::seconds m_unsealDelay CORE_GUARDED_BY(m_lifecycle){0};
    SteadyTime m_unsealAt CORE_GUARDED_BY(m_lifecycle);
    std::atomic<bool> m_isUnsealing{false};
    mutable Mutex m_mutex; // leaf lock
    std::shared_ptr<UnsealedCluster> m_unsealed CORE_GUARDED_BY(m_mutex);
    // Seal and unseal wait for requests, which may wait for a worker: hence a thread of their own. Last: it uses all the above.
    WorkerPool m_lifecycleThread{1};
};

} // namespace core::server
