#pragma once

#include "core/base/mutex.h"
#include "core/replication/roles/role_keeper.h"

#include <optional>

namespace core::replication {

/// Stores when each member of this cluster's sets was last heard. After a restart, status, links and topology show this until the member
/// connects again. The row `i/core/replication/heard` is written when a member connects or disconnects, at the end, and every five minutes.
/// So heartbeats alone cost an idle cluster almost no writes. Thread-safe.
class HeardMembers {
public:
    HeardMembers(const ManagerServices& services, const RoleKeeper& roles) : m_services{services}, m_roles{roles} {}

    /// Reads the row. The barrier must be open. A row that cannot be read is logged and ignored.
    void load() CORE_EXCLUDES(m_mutex);
    /// Call once a second: notes who has been heard, and starts a write of the row if one is due. Quick.
    void tick() CORE_EXCLUDES(m_mutex);
    /// Call before the links stop. The background, which stops later, writes the row.
    void stop() CORE_EXCLUDES(m_mutex);

    /// A secondary of this cluster by its id; an empty id: the primary that this cluster follows.
    std::optional<Member> find(Type type, std::string_view id) const CORE_EXCLUDES(m_mutex);

private:
    /// Merges the present state of the links into what is known. True: a member has connected or disconnected since the last call.
    bool refresh() CORE_EXCLUDES(m_mutex);
    void store() CORE_EXCLUDES(m_mutex);

    const ManagerServices& m_services;
    const RoleKeeper& m_roles;

    mutable Mutex m_mutex; // leaf lock
    Members m_heard CORE_GUARDED_BY(m_mutex);
    SteadyTime m_storeAt CORE_GUARDED_BY(m_mutex);
    bool m_isLoaded CORE_GUARDED_BY(m_mutex) = false;
};

} // namespace core::replication
