#pragma once

#include "core/replication/roles/role_keeper.h"

namespace core::replication {

/// Asks the cluster that an epoch statement names whether it confirms the statement.
///
/// A statement is signed with a key that every cluster of the set has, also a revoked one. So the signature alone does not prove who leads.
/// The statement counts when a present member that may succeed confirms that it is the primary at that epoch. It must do so over the
/// certificate that this cluster has pinned for it. Thread-safe.
class StatementConfirmation {
public:
    StatementConfirmation(const ManagerServices& services, const RoleKeeper& roles) : m_services{services}, m_roles{roles} {}

    /// Returns the member that confirms the statement. Blocking (network, a second for each of at most four members). Never while
    /// `RoleKeeper::operation` is held. Errors: PermissionDenied (members with the right have answered, and none confirms it), Unavailable
    /// (none has answered).
    enum class Whose { AnyProgram, OlderProgram }; // the second: only of a member that keeps no trust logs
    Result<Member> confirm(const EpochStatement& shown, std::string_view encoded, Whose whose = Whose::AnyProgram) const;

private:
    /// Members that could be the statement's cluster, most likely first.
    Members candidates(const EpochStatement& shown) const;

    const ManagerServices& m_services;
    const RoleKeeper& m_roles;
};

} // namespace core::replication
