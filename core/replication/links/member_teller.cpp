#include "core/replication/links/member_teller.h"

#include "core/replication/wire/frame.h"
#include "core/replication/wire/link.h"
#include "core/replication/wire/peer.pb.h"

namespace core::replication {

std::optional<std::string> MemberTeller::due(const std::shared_ptr<const Members>& members, SteadyTime now)
{
    if (!members || members == m_told) return std::nullopt;
    const bool isNews = !m_told || !areSame(*members, *m_told);
    // Only times differ: they can wait. Otherwise each heartbeat of one secondary would send a list to all others.
    if (!isNews && now - m_toldAt < kMembersInterval) return std::nullopt;
    m_told = members;
    m_toldAt = now;
    wire::Members list;
    toWire(*m_told, list);
    return encodeFrame(FrameType::Members, list);
}

} // namespace core::replication
