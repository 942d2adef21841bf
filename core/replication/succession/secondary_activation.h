#pragma once

#include "core/mount/response.h"
#include "core/replication/roles/role_keeper.h"

namespace core::replication {

/// Makes this cluster a secondary by an activation token, or lets a secondary follow another primary of its set.
///
/// The primary is asked first; nothing is changed before it has shown that the token is its own. An activation replaces all
/// contents on the worker thread afterwards. Operations block (disk, network) and answer whole. Thread-safe.
class SecondaryActivation {
public:
    SecondaryActivation(const ManagerServices& services, RoleKeeper& roles) : m_services{services}, m_roles{roles} {}

    /// Between them a primary's API may be asked; stop() ends such a call soon.
    void start() { m_isStopping = false; }
    void stop() { m_isStopping = true; }

    /// Makes the key pair of one activation, in place of the one made before.
    mount::Response generatePublicKey(Type type) CORE_EXCLUDES(m_roles.operation);
    mount::Response enable(Type type, const UnwrapOptions& options, const WipeOptions& wipe) CORE_EXCLUDES(m_roles.operation);
    struct UpdateOptions {
        UnwrapOptions unwrap;               // an empty token: forget the primary
        std::vector<std::string> addresses; // instead of a token
    };
    mount::Response update(Type type, const UpdateOptions& options) CORE_EXCLUDES(m_roles.operation);

private:
    /// What the unwrap and the bootstrap call have given.
    struct Activation {
        ActivationBundle bundle;
        wire::BootstrapPackage package;
        barrier::KeyBundle keys;
        std::vector<log::Operation> keyOperations; // what makes the keys this node's, under its own seal
        TrustChanges trust;                        // where the trust logs begin
        std::string safetySnapshot;                // of what is to be wiped; empty: none
    };
    /// Unwraps and bootstraps; nothing is changed here. An error is the answer.
    std::optional<mount::Response> begin(Type type, const UnwrapOptions& options, std::optional<Activation>& out);
    /// Why a primary of this version is not followed: this cluster runs an older program.
    std::optional<mount::Response> olderRefusal(const std::string& primarysProgram) const;
    Result<ActivationBundle> bundleOf(Type type, const UnwrapOptions& options);
    std::optional<mount::Response> enableRefusal(const WipeOptions& wipe) const;
    std::optional<mount::Response> followRefusal(Type type, const Activation& activation) const;
    std::vector<std::string> slotsOfSecondaries() const;
    Role secondaryRole(const Activation& activation) const;
    void finish(Type type, Activation& activation) CORE_EXCLUDES(m_roles.operation);
    /// The answer to an activation that has begun.
    mount::Response begun(const Activation& activation) const;

    const ManagerServices& m_services;
    RoleKeeper& m_roles;
    std::atomic<bool> m_isStopping{false};
    std::atomic<bool> m_isAsking{false}; // a primary; without a lock, since it may take its time
};

} // namespace core::replication
