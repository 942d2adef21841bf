#pragma once

#include "core/audit/broker.h"
#include "core/auth/lockout/user_lockout.h"
#include "core/barrier/barrier.h"
#include "core/base/bounded_executor.h"
#include "core/base/mutex.h"
#include "core/log/store.h"
#include "core/mount/mount_table.h"
#include "core/mount/mounted_rows.h"
#include "core/policy/policy_store.h"
#include "core/replication/scope/link_filter.h"
#include "core/request/pipeline.h"
#include "core/request/state_token.h"
#include "core/token/token_store.h"
#include "core/token/wrapping.h"

#include <atomic>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace core::request {

/// What a request passes on its way. All of it outlives the pipeline.
struct PipelineServices {
    log::Store& store;
    const barrier::Barrier& barrier;
    token::TokenStore& tokens;
    token::Wrapping& wrapping;
    policy::PolicyStore& policies;
    mount::Router& router;
    mount::MountTable& mounts;
    audit::Broker& audit;
    const RoleSource& roles;
    Forwarder& forwarder;
    Executor& workers;          // for slow handlers
    Executor& bodies;           // for requests with a large body
    BoundedExecutor& passwords; // for handlers that hash a password
    auth::UserLockout& lockout;
    const Clock& clock;
    Random& random;
    /// Told of the path ("auth/x/") of an auth method that is there no more.
    std::function<void(const std::string& path)> authUnmounted = {};
    /// This cluster's own id, in what X-Vault-Index tells; without it no index is told.
    std::function<std::string()> clusterId = {};
    bool isForwardingByHeaderAllowed = false; // allow_forwarding_via_header
    std::uint64_t entryBytesMax = 1u << 20;   // max_entry_size: of one entry that a request writes, as stored
    /// Told of the keys of every transaction, after its commit and before its answer.
    std::function<void(const std::vector<std::string>& physicalKeys)> keysChanged = {};
    /// What a performance secondary of this cluster is given; without it, everything shared.
    std::function<replication::LinkFilter(const std::string& secondaryId)> scopeOf = {};
};

/// The one way of a request (design §2), on the store of one node that is unsealed and active.
///
/// Each request is one transaction, run again when it conflicts. Thread-safe; stop handing in requests, and let those that run
/// complete, before it dies.
class RequestPipeline final : public Pipeline {
public:
    explicit RequestPipeline(PipelineServices services);
    ~RequestPipeline() override;

    void handle(mount::Request request, Executor& executor, Completion done) override;
    /// The same, for a caller that counts running requests. `pause` is called when the request begins to wait for a thread that hashes
    /// passwords, and `resume` when it goes on: nobody needs to wait for it in between, because it has done nothing yet.
    struct Waiting {
        std::function<void()> pause;
        std::function<void()> resume;
    };
    void handle(mount::Request request, Executor& executor, Completion done, Waiting waiting);
    bool mayUpload(const UploadQuestion& question) override;
    bool isKnown(std::string_view clientToken, std::string_view remoteAddress) override;

    /// A request that a performance secondary sends on. Its token was checked there, where it is known; what the token's policies
    /// allow is asked here again, and nothing is done beside what that secondary shares.
    /// `done` gets the answer as the backend gave it (`auth` without a token) and the index to wait for; on `executor` or at once.
    using ForwardedCompletion = std::function<void(mount::Response, LogIndex)>;
    void handleForwarded(mount::Request request, Executor& executor, ForwardedCompletion done);

    /// Keys that a transaction changed which was not a request's: the lease manager's, a link's. Drops every cache that
    /// depends on them, and reloads tables.
    void changed(const std::vector<std::string>& physicalKeys);
    /// Everything may have changed: after unseal, a role change, a restored snapshot. Errors: Sealed, Corrupt, Io.
    Result<> reload();

    /// X-Vault-Index of an answer whose request has written up to `own` in this cluster's log and up to `forwarded` in the
    /// primary's; empty when there is nothing to tell.
    std::string stateAfter(LogIndex own, LogIndex forwarded) const;
    /// Whether everything that these values of X-Vault-Index tell of is here.
    bool hasStates(const std::vector<std::string>& headers) const;

    const PipelineServices& services() const { return m_services; }
    /// Another number after each reload().
    std::uint64_t generation() const { return m_generation; }
    /// Requests that wait for a thread are refused from now on. Before the end; those that run are waited for by the caller.
    void stop() { m_isStopped = true; }
    bool isStopped() const { return m_isStopped; }
    mount::MountedRows& mountedRows() { return m_mountedRows; }

private:
    void adoptKeyring();
    void reloadMounts(const barrier::Scope& scope);
    std::shared_ptr<const StateSigner> stateSigner() const CORE_EXCLUDES(m_signerMutex);

    PipelineServices m_services;
    std::atomic<std::uint64_t> m_generation{0};
    std::atomic<bool> m_isStopped{false};
    mount::MountedRows m_mountedRows;
    mutable Mutex m_signerMutex; // leaf lock; std::atomic<std::shared_ptr> of gcc 12 lets a load race with a store
    mutable std::shared_ptr<const StateSigner> m_stateSigner CORE_GUARDED_BY(m_signerMutex); // of the keyring in use, which is
    mutable std::uint64_t m_signerVersion CORE_GUARDED_BY(m_signerMutex) = 0;                // of this version of the barrier's
};

} // namespace core::request
