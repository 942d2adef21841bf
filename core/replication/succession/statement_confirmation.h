#pragma once

#include "core/replication/roles/role_keeper.h"

namespace core::replication {

/// Asks the cluster that an epoch statement names whether it stands by it.
///
/// A statement is signed with a key that every cluster of the set has, also one that was revoked. So the signature alone proves
/// nothing about who leads: the statement counts when a present member of the set that may succeed says, over the certificate that
/// this cluster has pinned of it, that it is the primary at that epoch. Thread-safe.
class StatementConfirmation {
public:
    StatementConfirmation(const ManagerServices& services, const RoleKeeper& roles) : m_services{services}, m_roles{roles} {}

    /// Blocking (network, a second for each of at most four members). Never while `RoleKeeper::operation` is held.
    /// Errors: PermissionDenied (members with the right have answered, and none stands by it), Unavailable (none has answered).
    /// The member that stands by it.
    enum class Whose { AnyProgram, OlderProgram }; // the latter: only of a member that keeps no trust logs
    Result<Member> confirm(const EpochStatement& shown, std::string_view encoded, Whose whose = Whose::AnyProgram) const;

private:
    /// Who could be the statement's cluster, most likely first.
    Members candidates(const EpochStatement& shown) const;

    const ManagerServices& m_services;
    const RoleKeeper& m_roles;
};

} // namespace core::replication
