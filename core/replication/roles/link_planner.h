#pragma once

#include "core/base/mutex.h"
#include "core/replication/roles/manager_services.h"
#include "core/replication/links/transport.h"

#include <memory>

namespace core::replication {

/// Turns a role into the plan of the cluster port, and keeps the certificates that this cluster shows there. Thread-safe.
class LinkPlanner {
public:
    explicit LinkPlanner(const ManagerServices& services) : m_services{services} {}

    /// Loads the certificate for other members, or makes it. If the cluster is in no set, forgets it. Blocking (disk).
    void refreshPeerIdentity(bool isInSet);
    /// For a role that is played.
    LinkPlan plan(Type type, const Role& role, std::shared_ptr<const StatementVerifier> verifier) const;
    /// Of the certificate for other members; empty: there is none.
    std::string peerFingerprint() const
    {
        MutexLock lock{m_mutex};
        return m_peerFingerprint;
    }
    /// The addresses that this cluster tells others.
    Endpoint self() const { return {m_services.host.apiAddress(), m_services.host.clusterAddress()}; }

private:
    Result<crypto::Identity> serverIdentity(Type type, const crypto::Identity& authority) const;
    bool addServing(const Role& role, LinkPlan& plan) const;
    void addFollowing(const Role& role, LinkPlan& plan) const;

    const ManagerServices& m_services;
    mutable Mutex m_mutex;                                                           // leaf lock
    std::shared_ptr<const crypto::Identity> m_peerIdentity CORE_GUARDED_BY(m_mutex); // null: in no set
    std::string m_peerFingerprint CORE_GUARDED_BY(m_mutex);
    struct ServerIdentity { // shown by the cluster port, as long as the authority stays the same
        std::string authority;
        crypto::Identity identity;
    };
    mutable ServerIdentity m_performanceServer CORE_GUARDED_BY(m_mutex);
    mutable ServerIdentity m_drServer CORE_GUARDED_BY(m_mutex);
};

} // namespace core::replication
