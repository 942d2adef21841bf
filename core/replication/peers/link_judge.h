#pragma once

#include "core/replication/peers/link_view.h"
#include "core/replication/peers/member_reports.h"
#include "core/replication/peers/rate.h"
#include "core/replication/peers/readiness.h"

#include <deque>
#include <map>

namespace core::replication {

/// Judges the links of this cluster from both ends: the verdict on each link, its horizon, and the readiness of DR pairs.
///
/// Operations of the API block on the network for some seconds. Never call them on an I/O thread. Thread-safe. link_verdict.h and readiness.h compute
/// from facts alone.
class LinkJudge {
public:
    LinkJudge(const MemberServices& services, const MemberQuestions& questions, const MemberReports& reports);

    /// Takes samples of how fast indexes and roots change. Call about once a second, on any thread.
    void tick() CORE_EXCLUDES(m_mutex);

    /// The verdict on each link of this cluster, computed from both ends.
    mount::Response links() const;
    /// Adds `verdict`, its cause and the horizon to a status object, from this end only.
    void addVerdicts(Type type, boost::json::object& status) const CORE_EXCLUDES(m_mutex);
    std::vector<Metric> metrics() const CORE_EXCLUDES(m_mutex);
    /// Facts about each DR pair of this cluster: is it ready for a failover? `offered`: the batch token of the caller, if it is one.
    mount::Response readiness(const std::optional<OfferedToken>& offered) const;
    /// From this end only.
    std::vector<LinkView> ownLinks(Type type) const CORE_EXCLUDES(m_mutex);
    /// How fast the primary's log grows, from heartbeats.
    double primaryEntriesPerSecond(Type type) const CORE_EXCLUDES(m_mutex);

private:
    struct Samples { // of one link, over the last minutes
        Rate place;
        Rate rootsDifferent;
        Rate rejected;
        std::deque<std::pair<SteadyTime, std::uint64_t>> behind; // of the last minute
    };
    using Samplings = std::map<std::pair<Type, std::string>, Samples>; // by the id of the secondary; empty: this cluster

    void ask(std::vector<LinkView>& links) const;
    boost::json::object linkObject(const LinkView& link) const;
    boost::json::array otherPrimaries(Type type) const;

    const MemberServices& m_services;
    const MemberQuestions& m_questions;
    const MemberReports& m_reports;

    mutable Mutex m_mutex;                                          // leaf lock
    Rate m_written CORE_GUARDED_BY(m_mutex);                        // of the own log
    std::map<Type, Rate> m_primaryWritten CORE_GUARDED_BY(m_mutex); // of the primary's log, from heartbeats
    Samplings m_samples CORE_GUARDED_BY(m_mutex);
};

} // namespace core::replication
