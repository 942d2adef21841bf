#pragma once

#include "core/audit/broker.h"
#include "core/auth/lockout/user_lockout.h"
#include "core/barrier/barrier.h"
#include "core/base/bounded_executor.h"
#include "core/base/mutex.h"
#include "core/identity/rights.h"
#include "core/log/store.h"
#include "core/mount/mount_table.h"
#include "core/mount/mounted_rows.h"
#include "core/policy/policy_store.h"
#include "core/quota/quotas.h"
#include "core/replication/scope/link_filter.h"
#include "core/request/cache_upkeep.h"
#include "core/request/caller.h"
#include "core/request/meters.h"
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

/// What a request needs on its way. Everything must outlive the pipeline.
struct PipelineServices {
    log::Store& store;
    const barrier::Barrier& barrier;
    token::TokenStore& tokens;
    token::Wrapping& wrapping;
    policy::PolicyStore& policies;
    identity::Rights& rights;
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
    quota::Quotas* quotas = nullptr; // null: nothing is limited
    Meters* meters = nullptr;        // null: nothing is measured
    /// Called with the path ("auth/x/") of an auth method that was unmounted.
    std::function<void(const std::string& path)> authUnmounted = {};
    /// This cluster's own id for X-Vault-Index. Without it, answers carry no index.
    std::function<std::string()> clusterId = {};
    bool isForwardingByHeaderAllowed = false; // allow_forwarding_via_header
    std::uint64_t entryBytesMax = 1u << 20;   // max_entry_size: the limit of one entry that a request writes, as stored
    /// The filter of a performance secondary of this cluster. Without it, a secondary gets all shared data.
    std::function<replication::LinkFilter(const std::string& secondaryId)> scopeOf = {};
};

/// Runs requests on the store of one node that is unsealed and active (design §2).
///
/// Each request is one transaction, which runs again if it conflicts. Thread-safe. Before this object is destroyed, pass in no more requests and let
/// the running ones complete.
class RequestPipeline final : public Pipeline {
public:
    explicit RequestPipeline(PipelineServices services);
    ~RequestPipeline() override;

    void handle(mount::Request request, Executor& executor, Completion done) override;
    /// The same, for a caller that counts running requests.
    void handle(mount::Request request, Executor& executor, std::unique_ptr<Caller> caller);
    bool mayUpload(const UploadQuestion& question) override;
    bool isKnown(std::string_view clientToken, std::string_view remoteAddress) override;

    /// Runs a request that a performance secondary forwards. The secondary has checked the token, because only it knows the token. This cluster
    /// checks the token's policies again, and writes only data that it shares with that secondary. `done` gets the backend's answer (`auth` without a
    /// token) and the index to wait for, on `executor` or at once.
    using ForwardedCompletion = std::function<void(mount::Response, LogIndex)>;
    void handleForwarded(mount::Request request, Executor& executor, ForwardedCompletion done);

    /// Reloads everything: after unseal, a change of role, or a restored snapshot. Errors: Sealed, Corrupt, Io.
    Result<> reload();

    /// The refusal of a request that the pipeline does not get, because the node itself answers it. Empty: it may be answered.
    std::optional<mount::Response> limitRate(const mount::Request& request) const;

    /// The X-Vault-Index of an answer. The request has written up to `own` in this cluster's log and up to `forwarded` in the primary's. Empty if
    /// there is nothing to report.
    std::string stateAfter(LogIndex own, LogIndex forwarded) const;
    /// True if this cluster has all data that these values of X-Vault-Index name.
    bool hasStates(const std::vector<std::string>& headers) const;

    const PipelineServices& services() const { return m_services; }
    /// Changes with each reload().
    std::uint64_t generation() const { return m_generation; }
    /// From now on requests that wait for a thread are refused. Call it before the end. The caller must wait for running requests.
    void stop() { m_isStopped = true; }
    bool isStopped() const { return m_isStopped; }
    mount::MountedRows& mountedRows() { return m_mountedRows; }

private:
    std::shared_ptr<const StateSigner> stateSigner() const CORE_EXCLUDES(m_signerMutex);

    PipelineServices m_services;
    std::atomic<std::uint64_t> m_generation{0};
    std::atomic<bool> m_isStopped{false};
    mount::MountedRows m_mountedRows;
    CacheUpkeep m_upkeep;
    mutable Mutex m_signerMutex; // leaf lock; std::atomic<std::shared_ptr> of gcc 12 lets a load race with a store
    mutable std::shared_ptr<const StateSigner> m_stateSigner CORE_GUARDED_BY(m_signerMutex); // of the keyring in use, which is
    mutable std::uint64_t m_signerVersion CORE_GUARDED_BY(m_signerMutex) = 0;                // that of this version of the barrier
};

} // namespace core::request
