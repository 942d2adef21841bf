#pragma once

#include "core/base/clock.h"

#include <boost/intrusive/list.hpp>

#include <atomic>

namespace core::http {

/// The connections of one I/O thread that wait for their peer (for a first byte, the rest of a head, or the next request), the longest idle
/// first. If a new connection needs room, they are closed in this order. Only its thread uses it, except for oldest().
class IdleConnections {
public:
    /// One connection. Its destructor removes it from the list.
    class Member : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
    public:
        virtual ~Member() = default;
        virtual void closeIdle() = 0;

    private:
        friend class IdleConnections;
        SteadyTime m_since;
    };

    void add(Member& member, SteadyTime since)
    {
        remove(member);
        member.m_since = since;
        m_members.push_back(member);
        note();
    }
    void remove(Member& member)
    {
        if (!member.is_linked()) return;
        member.unlink();
        note();
    }
    /// False: none is idle.
    bool closeLongest()
    {
        if (m_members.empty()) return false;
        Member& member = m_members.front();
        remove(member);
        member.closeIdle();
        return true;
    }
    /// The time since which the longest one is idle; SteadyTime::max() if none is. Any thread.
    SteadyTime oldest() const { return SteadyTime{SteadyTime::duration{m_oldest.load(std::memory_order_relaxed)}}; }

private:
    void note()
    {
        const auto since = m_members.empty() ? SteadyTime::max() : m_members.front().m_since;
        m_oldest.store(since.time_since_epoch().count(), std::memory_order_relaxed);
    }

    boost::intrusive::list<Member, boost::intrusive::constant_time_size<false>> m_members;
    std::atomic<SteadyTime::rep> m_oldest{SteadyTime::max().time_since_epoch().count()};
};

} // namespace core::http
