#pragma once

#include "core/barrier/seal.h"
#include "core/base/bounded_executor.h"
#include "core/base/task_threads.h"
#include "core/log/store.h"
#include "core/request/pipeline.h"
#include "core/server/process/key_wrappers.h"
#include "core/server/node/node_options.h"
#include "core/server/node/unseal_schedule.h"
#include "core/server/process/in_flight.h"
#include "core/sys/settings/cors.h"
#include "core/sys/node/node_endpoints.h"

#include <atomic>
#include <memory>

namespace core::server {

class UnsealedCluster;

/// One node with its storage. Sealed or unsealed, it answers every request. The modules that exist only while it is unsealed are in
/// UnsealedCluster, which is built when the barrier opens, and again after a change of role or a restore has replaced the data.
/// Thread-safe.
class ServerNode final : public sys::Node, public request::Pipeline {
public:
    /// The threads for a node's requests, in addition to the I/O threads.
    struct Threads {
        Executor& workers;          // for slow work
        Executor& bodies;           // for work that grows with a large body
        BoundedExecutor& passwords; // for password hashes
    };
    /// All must outlive this object.
    ServerNode(log::Store& store, const Clock& clock, Random& random, Threads threads, NodeOptions options);
    ~ServerNode() override;

    /// The rules for web pages. Null if there are none, or if the node is sealed.
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

    /// Starts the node's own work: it tries to open an automatic seal until that succeeds. Returns at once.
    void begin();
    /// Ends everything above the storage and destroys the keys. An automatic seal stays closed until a threshold of recovery keys
    /// is given, or the process restarts. Blocking; must not run on an I/O thread. Idempotent.
    void seal();
    /// Call it after a snapshot has replaced the contents of the store. Builds everything above the store again, or seals if the keys are not
    /// ours. Blocking; for a worker.
    void restart();
    /// For a node that nobody unseals from outside, such as that of a drill. Opens it with the keyring of its data. Blocking.
    Result<> open(barrier::Keyring keyring);
    /// Makes a root token or a DR operation token, without shares. Errors: Sealed, those of the store.
    Result<std::string> makeToken(sys::RootGeneration::Kind kind);
    /// Waits until the consequences of an operation are done, such as the reload after a change of role.
    void waitUntilSettled();
    /// The work that is due once a second: expiry, snapshots. For a worker.
    void tick();
    /// Opens log files again (SIGHUP).
    void reopenLogs();
    /// Answers no more requests and ends. Blocking.
    void stop();

private:
    std::shared_ptr<UnsealedCluster> makeUnsealedCluster();
    /// True if calls of the family need a token now: the configuration has closed them, or a rekey is required.
    bool isGuardedNow(std::string_view family) const;
    /// Answers the requests that do not go through the pipeline, and audits calls with key shares.
    mount::Response answerAlone(mount::Request request);
    /// sys/metrics of a sealed node, if a listener shows metrics without a token. Empty: it does not.
    std::optional<mount::Response> sealedMetrics(const mount::Request& request) const;
    Result<> build() CORE_REQUIRES(m_lifecycle);
    /// Stores keys under this node's seal. They can be stored under another seal or by another HSM.
    Result<> adoptKeys(const barrier::KeyBundle& bundle) CORE_REQUIRES(m_lifecycle);
    /// Moves an open node from its stored seal to the configured one. Errors: those of the wrapper, Io.
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
    const std::unique_ptr<barrier::KeyWrapper> m_formerWrapper; // of the seal that the node moves away from
    barrier::Seal m_seal;
    sys::RootGeneration m_generation;
    sys::Rekey m_rekey;
    sys::NodeEndpoints m_endpoints;

    Mutex m_lifecycle; // init, unseal, seal and restart, one at a time; taken before m_mutex
    bool m_isStopped CORE_GUARDED_BY(m_lifecycle) = false;
    UnsealSchedule m_unsealSchedule CORE_GUARDED_BY(m_lifecycle); // of an automatic seal
    std::atomic<bool> m_isUnsealing{false};
    mutable Mutex m_mutex; // leaf lock
    std::shared_ptr<UnsealedCluster> m_unsealed CORE_GUARDED_BY(m_mutex);
    // Seal and unseal wait for requests, which can wait for a worker. So they have a thread of their own. Last, because it uses everything above.
    TaskThreads m_lifecycleThread{"lifecycle", 1};
};

} // namespace core::server
