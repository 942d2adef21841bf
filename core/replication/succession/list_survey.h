#pragma once

#include "core/replication/roles/role_keeper.h"

namespace core::replication {

/// Asks other members for lists of the leader that this cluster follows, before this cluster follows another one.
///
/// 1. This cluster is away. The primary revokes one of its copies.
/// 2. The copy calls itself the primary. It still has all keys, and an older list gives it the right.
/// 3. This cluster comes back with the older list, and the copy is the first to answer.
///
/// With the newer list, the copy's takeover does not count (core/trust/README.md). Thread-safe.
class ListSurvey {
public:
    ListSurvey(const ManagerServices& services, const RoleKeeper& roles) : m_services{services}, m_roles{roles} {}

    /// The lists that `known` lacks, as messages for TrustLog::take(), oldest first. Asks the leader of `known` and the other members, but
    /// not `newLeader` (a member key). Nobody answers: none. Blocking (network; a second, and more only while members send news).
    std::vector<std::vector<std::string>> newerLists(Type type, const trust::TrustLog& known, const std::string& newLeader) const;

private:
    Members witnesses(Type type, const trust::TrustLog& known, const std::string& newLeader) const;

    const ManagerServices& m_services;
    const RoleKeeper& m_roles;
};

} // namespace core::replication
