#pragma once

#include "core/mount/response.h"
#include "core/replication/roles/role_keeper.h"

namespace core::replication {

/// Makes this cluster a secondary by an activation token, or lets a secondary follow another primary of its set.
///
/// It asks the primary first, and changes nothing before the primary has proved that the token is its own. The worker thread then replaces
/// all contents. Operations block (disk, network) and return the whole answer. Thread-safe.
class SecondaryActivation {
public:
    SecondaryActivation(const ManagerServices& services, RoleKeeper& roles) : m_services{services}, m_roles{roles} {}

    /// Between start() and stop() a primary's API may be asked. stop() ends such a call soon.
    void start() { m_isStopping = false; }
    void stop() { m_isStopping = true; }

    /// Makes the key pair of one activation. It replaces an earlier pair.
    mount::Response generatePublicKey(Type type) CORE_EXCLUDES(m_roles.operation);
    mount::Response enable(Type type, const UnwrapOptions& options, const WipeOptions& wipe = {}) CORE_EXCLUDES(m_roles.operation);
    struct UpdateOptions {
        UnwrapOptions unwrap;               // with an empty token: forget the primary
        std::vector<std::string> addresses; // instead of a token
    };
    mount::Response update(Type type, const UpdateOptions& options) CORE_EXCLUDES(m_roles.operation);

private:
    /// The results of the unwrap and the bootstrap call.
    struct Activation {
        ActivationBundle bundle;
        wire::BootstrapPackage package;
        barrier::KeyBundle keys;
        std::vector<log::Operation> keyOperations; // store the keys on this node, under its own seal
        TrustChanges trust;                        // where the trust logs begin
        std::string safetySnapshot;                // of the data that will be wiped; empty: none
    };
    /// Unwraps and asks for the bootstrap package. Changes nothing here. Returns an error as an answer.
    std::optional<mount::Response> begin(Type type, const UnwrapOptions& options, std::optional<Activation>& out);
    /// The refusal to follow a primary of this version, because this cluster runs an older program.
    std::optional<mount::Response> olderRefusal(const std::string& primarysProgram) const;
    Result<ActivationBundle> bundleOf(Type type, const UnwrapOptions& options);
    std::optional<mount::Response> enableRefusal(const WipeOptions& wipe) const;
    std::optional<mount::Response> followRefusal(Type type, const Activation& activation) const;
    std::vector<std::string> slotsOfSecondaries() const;
    Role secondaryRole(const Activation& activation) const;
    void finish(Type type, Activation& activation) CORE_EXCLUDES(m_roles.operation);
    /// The answer once an activation has begun.
    mount::Response begun(const Activation& activation) const;

    const ManagerServices& m_services;
    RoleKeeper& m_roles;
    std::atomic<bool> m_isStopping{false};
    std::atomic<bool> m_isAsking{false}; // a primary is being asked; no lock is held for that, because it may take long
};

} // namespace core::replication
