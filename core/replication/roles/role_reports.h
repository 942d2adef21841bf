#pragma once

#include "core/replication/roles/authority_renewal.h"
#include "core/replication/roles/key_renewal.h"
#include "core/replication/roles/heard_members.h"
#include "core/replication/roles/relay.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace core::replication {

class ForestKeeper;

/// How far a secondary is behind.
struct Lag {
    Type type = Type::Performance;
    bool isConnected = false;
    std::optional<std::chrono::milliseconds> age; // since the last moment at which everything was here; nothing: not proven yet
    std::chrono::milliseconds clockSkew{0};
};

struct Metric {
    std::string name; // "vault.core.replication.dr.primary"
    double value = 0;
    bool isCounter = false;
};

/// Reports the state of the roles and their links. Changes nothing. Thread-safe.
class RoleReports {
public:
    RoleReports(const ManagerServices& services, const RoleKeeper& roles, const StoredScopes& scopes, const Relay& relay, const HeardMembers& heard,
                const KeyRenewal& renewal, const AuthorityRenewal& authorities)
        : m_services{services}
        , m_roles{roles}
        , m_scopes{scopes}
        , m_relay{relay}
        , m_heard{heard}
        , m_renewal{renewal}
        , m_authorities{authorities}
    {}

    /// The keeper adds its part to the status. Call before start(); the keeper must live until stop().
    void setForestKeeper(const ForestKeeper& keeper) { m_forestKeeper = &keeper; }

    /// The object of one type, and of sys/replication/status.
    boost::json::object status(Type type) const;
    boost::json::object status() const;
    boost::json::object relay() const;
    /// 40 hex digits.
    std::string root(Type type) const;
    /// On a DR secondary: of its DR link. Nothing if this cluster is no secondary.
    std::optional<Lag> lag() const;
    std::vector<Metric> metrics() const;
    /// The clusters that hold what is stored in this class, and in the mount with this uuid (empty: in no mount). As far as this cluster
    /// knows from its links; itself first.
    boost::json::array holders(barrier::StorageClass storageClass, std::string_view mountUuid) const;

private:
    void addRekey(const Role& role, const LinkStatus& report, boost::json::object& object) const;
    boost::json::object roleObject(Type type) const;
    void addSecondaries(Type type, const Role& role, const LinkStatus& report, boost::json::object& out) const;

    const ManagerServices& m_services;
    const RoleKeeper& m_roles;
    const StoredScopes& m_scopes;
    const Relay& m_relay;
    const HeardMembers& m_heard;
    const KeyRenewal& m_renewal;
    const AuthorityRenewal& m_authorities;
    const ForestKeeper* m_forestKeeper = nullptr;
};

} // namespace core::replication
