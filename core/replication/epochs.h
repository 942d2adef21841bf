#pragma once

#include "core/mount/response.h"
#include "core/replication/role_keeper.h"

namespace core::replication {

/// The signed statements of who leads a set (statement.h): shows what this cluster knows, and takes up what is later. A primary
/// that a genuine one says has been replaced stops writing. Thread-safe.
class Epochs {
public:
    Epochs(const ManagerServices& services, RoleKeeper& roles) : m_services{services}, m_roles{roles} {}

    /// The latest statement of the set that this cluster knows.
    mount::Response statement(Type type) const;
    /// Shows this cluster a statement (base64). Blocking (disk).
    mount::Response show(Type type, const std::string& encoded) CORE_EXCLUDES(m_roles.operation);
    /// A link has learned a genuine statement; `isFollowed` when it is that of the primary that is linked to. Quick: taken up later.
    void noteLater(Type type, std::string statement, bool isFollowed);

private:
    /// Takes up a genuine statement if it is later than what is known. Errors: of verifying, of storing.
    Result<bool> note(Type type, const std::string& statement, bool isFollowed) CORE_REQUIRES(m_roles.operation);

    const ManagerServices& m_services;
    RoleKeeper& m_roles;
};

} // namespace core::replication
