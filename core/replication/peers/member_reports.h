#pragma once

#include "core/replication/peers/member_questions.h"

#include <boost/json/object.hpp>

#include <map>

namespace core::replication {

struct LinkFacts;

/// What members report unasked, because no link and no list says it: a performance secondary its local mounts and what is wrong at it, a relay the
/// members below it. This cluster reports the same of itself to its primary. Thread-safe.
class MemberReports {
public:
    using Below = std::vector<KnownMembers::Below>;

    MemberReports(const MemberServices& services, const MemberQuestions& questions) : m_services{services}, m_questions{questions} {}

    /// Call about once a second, one call at a time. Blocking (network, a second).
    void tick() CORE_EXCLUDES(m_mutex);

    // Of others
    void noteLocalMounts(const Member& peer, const wire::PeerRequest::LocalMounts& told) CORE_EXCLUDES(m_mutex);
    void noteBelow(const Member& peer, const wire::PeerRequest::Below& report) CORE_EXCLUDES(m_mutex);
    /// The id of a performance secondary of this primary with a local mount that overlaps this path; empty: none is known.
    std::string whoHasMounted(unsigned table, std::string_view path) const CORE_EXCLUDES(m_mutex);
    /// Adds what the performance secondary with this id has reported of itself.
    void addTold(const std::string& id, LinkFacts& facts) const CORE_EXCLUDES(m_mutex);
    /// Adds the members below relays to the rows of relays in a status, and to the names of those without new keys.
    void addBelow(boost::json::object& status) const CORE_EXCLUDES(m_mutex);

private:
    /// Sends the performance primary the list of local mounts and what is wrong here, if this has changed or was sent long ago.
    void tellPrimary();
    /// A relay reports its secondaries to the cluster above, and those that its secondaries report. It does so on a change, and every ten seconds.
    void reportBelow() CORE_EXCLUDES(m_mutex);
    Below allBelow() const CORE_EXCLUDES(m_mutex);

    /// What only a performance secondary knows of itself, and its primary must show.
    struct LocalReport {
        LocalMounts mounts;
        std::vector<std::string> conflicts; // see MemberServices::mountConflicts
        std::string auditFailure;
        bool operator==(const LocalReport&) const = default;
    };

    const MemberServices& m_services;
    const MemberQuestions& m_questions;
    LocalReport m_lastReport; // used by ticks only, as the next three
    SteadyTime m_reportAt;
    Below m_lastBelow;
    SteadyTime m_reportBelowAt;

    mutable Mutex m_mutex;                                                       // leaf lock
    std::map<std::string, LocalReport> m_memberReports CORE_GUARDED_BY(m_mutex); // by the id of a performance secondary
    std::map<std::string, Below> m_below CORE_GUARDED_BY(m_mutex);               // by the id of a relay among this cluster's secondaries
};

} // namespace core::replication
