#pragma once

#include "core/replication/manager/known_members.h"
#include "core/replication/manager/link_events.h"
#include "core/replication/manager/role_operations.h"
#include "core/replication/manager/secondary_seats.h"
#include "core/replication/roles/relay.h"
#include "core/replication/roles/role_reports.h"
#include "core/replication/succession/other_primaries.h"
#include "core/replication/succession/secondary_activation.h"

namespace core::replication {

/// The cluster's replication: owns the classes that know, change and report its roles, and starts and stops them.
///
/// Other modules take the class that they need from here. A role change is one transaction. A worker thread then applies its effects (links, reloads, the wipe
/// of an activation). If the process dies in between, the next start applies them. Operations of the API block (disk; the network for activation), so
/// never call them on an I/O thread. Thread-safe.
class ReplicationManager final : public RoleSource {
public:
    using Services = ManagerServices;
    explicit ReplicationManager(Services services);
    ~ReplicationManager() override;

    /// Call before start(). The transport must live until stop().
    void setTransport(Transport& transport) { m_roles.setTransport(transport); }
    void setForestKeeper(const ForestKeeper& keeper) { m_reports.setForestKeeper(keeper); }
    /// Loads the stored roles and applies them. The barrier must be open. Errors: Corrupt, Io.
    Result<> start();
    /// Call before the barrier is sealed, and at the end. Links stop. Roles stay stored, and only memory forgets them.
    void stop();
    /// Call once a second. Quick.
    void tick();
    /// Waits until the follow-up tasks of all operations are done; for tests and an orderly end.
    void waitUntilIdle();
    const std::string& program() const { return m_services.program; } // its version

    // RoleSource
    bool isDrSecondary() const override { return m_roles.isDrSecondary(); }
    bool isPerformanceSecondary() const override { return m_roles.isPerformanceSecondary(); }
    std::string writeRefusal() const override { return m_roles.writeRefusal(); }
    bool isRefusalPassing() const override { return m_roles.isRefusalPassing(); }
    SharedPlace sharedPlace() const override { return m_roles.sharedPlace(); }
    bool holdWrite(std::function<void(const std::string&)> again) const override { return m_switchover.hold().add(std::move(again)); }

    /// Holds writes while it is not known whether this cluster may do them; releases them. Both block (disk).
    void holdWrites(const std::string& why);
    void releaseWrites();

    // Operations of the API
    RoleOperations& operations() { return m_operations; }
    SecondarySeats& seats() { return m_seats; }
    const SecondarySeats& seats() const { return m_seats; }
    SecondaryActivation& activation() { return m_activation; }
    Switchover& switchover() { return m_switchover; }
    Relay& relay() { return m_relay; }
    const Relay& relay() const { return m_relay; }
    /// The sets' statements and trust logs about who leads.
    Epochs& epochs() { return m_epochs; }
    TrustExchange& trust() { return m_trust; }
    const TrustExchange& trust() const { return m_trust; }

    // What is known
    /// The stored roles and the links' state. The mode for sys/health includes the role that a DR secondary has inherited and does not play.
    RoleKeeper& roles() { return m_roles; }
    const RoleKeeper& roles() const { return m_roles; }
    const RoleReports& reports() const { return m_reports; }
    const KnownMembers& members() const { return m_members; }
    /// What was known before this cluster started about members that have not connected since.
    const HeardMembers& heard() const { return m_heard; }
    /// Second primaries of this primary's sets, as members tell.
    OtherPrimaries& otherPrimaries() { return m_otherPrimaries; }
    const OtherPrimaries& otherPrimaries() const { return m_otherPrimaries; }

    // For the cluster port
    const StoredScopes& scopes() const { return m_scopes; }
    LinkEvents& events() { return m_events; }

private:
    /// Subscriber of the store.
    void changed(const log::ChangedKeys& keys);

    const std::unique_ptr<Worker> m_ownWorker;
    const ManagerServices m_services; // always with a background
    RoleKeeper m_roles;
    StoredScopes m_scopes;
    SetKeys m_keys;
    Relay m_relay;
    TrustExchange m_trust;
    KeyRenewal m_renewal;
    AuthorityRenewal m_authorities;
    Epochs m_epochs;
    SecondaryActivation m_activation;
    Switchover m_switchover;
    Successor m_successor;
    HeardMembers m_heard;
    KnownMembers m_members;
    SecondarySeats m_seats;
    RoleOperations m_operations;
    OtherPrimaries m_otherPrimaries;
    RoleReports m_reports;
    LinkEvents m_events;
    std::unique_ptr<log::Subscription> m_changedKeys; // from start() to stop()
};

} // namespace core::replication
