#pragma once

#include "core/base/mutex.h"
#include "core/replication/roles/role_keeper.h"

#include <optional>

namespace core::replication {

/// When each member of this cluster's sets was last heard, kept over restarts: until a member comes again, status, links and topology show
/// what was known of it before. The row `i/core/replication/heard` is written when a member has come or gone, at the end, and every five
/// minutes: links that only beat cost an idle cluster next to nothing. Thread-safe.
class HeardMembers {
public:
    HeardMembers(const ManagerServices& services, const RoleKeeper& roles) : m_services{services}, m_roles{roles} {}

    /// Reads the row; the barrier is open. A row that cannot be read is logged and forgotten.
    void load() CORE_EXCLUDES(m_mutex);
    /// Once a second: notes who has been heard, and has the row written if that is due. Quick.
    void tick() CORE_EXCLUDES(m_mutex);
    /// Before the links stop; the background, which stops afterwards, writes the row.
    void stop() CORE_EXCLUDES(m_mutex);

    /// A secondary of this cluster by its id; an empty id: the primary that this cluster follows.
    std::optional<Member> find(Type type, std::string_view id) const CORE_EXCLUDES(m_mutex);

private:
    /// What the links say now, over what is known. True: a member has come or gone since.
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
