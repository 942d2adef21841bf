#pragma once

#include "core/audit/broker.h"
#include "core/identity/directory.h"
#include "core/log/store.h"
#include "core/mount/mount_table.h"
#include "core/mount/mounted_rows.h"
#include "core/policy/policy_store.h"
#include "core/request/pipeline.h"
#include "core/token/token_store.h"

#include <functional>
#include <memory>
#include <vector>

namespace core::request {

/// Keeps what requests find in memory in step with the store: keyring, tokens, entities, policies, mounts, audit devices, and the caches of backends.
///
/// From its construction to its end it subscribes to the changed keys of the store, so every commit counts: of a request, of the server itself and of
/// a link (rules: log::KeySubscribers). Thread-safe.
class CacheUpkeep {
public:
    struct Services {
        log::Store& store;
        const barrier::Barrier& barrier;
        token::TokenStore& tokens;
        identity::Directory& directory;
        policy::PolicyStore& policies;
        mount::Router& router;
        mount::MountTable& mounts;
        mount::MountedRows& mountedRows;
        audit::Broker& audit;
        const RoleSource& roles;
        /// Called with the path ("auth/x/") of an auth method that was unmounted.
        std::function<void(const std::string& path)> authUnmounted;
    };
    explicit CacheUpkeep(Services services);

    /// Drops and loads everything: after unseal, a change of role, or a restored snapshot. Errors: Sealed, Corrupt, Io.
    Result<> reload();

private:
    void reloadKeyring();
    void reloadMounts();
    void reloadAudit();

    const Services m_services;
    std::vector<std::unique_ptr<log::Subscription>> m_subscriptions;
};

} // namespace core::request
