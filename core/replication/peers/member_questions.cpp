#include "core/replication/peers/member_questions.h"

#include "core/base/thread.h"
#include "core/replication/set/statement.h"

#include <algorithm>
#include <atomic>

namespace core::replication {

Epoch latestEpoch(const Role& role)
{
    const auto statement = EpochStatement::parse(role.latestStatement());
    return statement ? statement->epoch : Epoch{0};
}

Members MemberQuestions::others(Type type, bool isWithPrimary) const
{
    // A cluster that is in both sets is asked once, as a member of the type that matters here.
    Members out;
    for (auto& member : m_transport ? m_transport->members() : Members{}) {
        if (member.isPrimary && !isWithPrimary) continue;
        const auto same =
            std::ranges::find_if(out, [&](const Member& other) { return !member.fingerprint.empty() && other.fingerprint == member.fingerprint; });
        if (same == out.end()) out.push_back(std::move(member));
        else if (member.type == type) *same = std::move(member);
    }
    return out;
}

std::vector<AskedMember> MemberQuestions::askAll(const Members& members, const wire::PeerRequest& request, std::chrono::milliseconds atMost) const
{
    std::vector<AskedMember> asked;
    for (const Member& member : members) asked.push_back({member, Error{ErrorCode::Unavailable, "not asked"}});
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
        for (std::size_t at = next++; at < asked.size(); at = next++) {
            asked[at].answer = m_transport->ask(asked[at].member, request, atMost);
        }
    };
    {
        std::vector<Thread> threads; // joined at the end of this block, also if an exception ends it
        for (std::size_t at = 1; at < std::min(asked.size(), m_services.askersMax); ++at)
            threads.emplace_back("peer-question", Thread::OnFailure::End, work);
        work();
    }
    return asked;
}

Position MemberQuestions::livePosition(Type type) const
{
    // Markers move the running link forward without a write. If the stored position is of another log, it is newer than the report.
    const LinkStatus report = m_services.manager.roles().report(type);
    Position stored = m_services.manager.roles().positionOf(type);
    const bool isReportFurther = report.isRunning && report.position.logId == stored.logId && report.position.index > stored.index;
    return isReportFurther ? report.position : stored;
}

Epoch MemberQuestions::performanceEpoch() const
{
    const auto role = m_services.manager.roles().role(Type::Performance);
    return std::max({role->epoch, latestEpoch(*role), m_services.manager.roles().positionOf(Type::Performance).epoch});
}

} // namespace core::replication
