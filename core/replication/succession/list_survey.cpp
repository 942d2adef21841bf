#include "core/replication/succession/list_survey.h"

#include "core/replication/seams/in_parallel.h"
#include "core/replication/wire/peer.pb.h"

#include <algorithm>

namespace core::replication {

using trust::TrustLog;

namespace {

constexpr std::chrono::milliseconds kAskMax{1000};
constexpr std::size_t kWitnessesMax = 16;
constexpr int kRoundsMax = 16; // a log has 512 entries, a message 32

using Message = std::vector<std::string>;

/// The leader's own lists among the entries. A transition is left out, because this cluster must have all lists before it judges one.
Message listsOf(std::uint64_t epoch, const wire::PeerAnswer& answer)
{
    Message lists;
    for (const auto& encoded : answer.trust()) {
        const auto entry =
            lists.size() < trust::kMessageEntriesMax ? trust::Entry::parse(encoded) : Result<trust::Entry>{Error{ErrorCode::TooLarge, ""}};
        if (entry && entry->kind == trust::EntryKind::Roster && entry->epoch == epoch) lists.push_back(encoded);
    }
    return lists;
}

} // namespace

Members ListSurvey::witnesses(Type type, const TrustLog& known, const std::string& newLeader) const
{
    Members out;
    for (Member& member : m_roles.transport() ? m_roles.transport()->members() : Members{}) {
        if (member.fingerprint.empty() || member.endpoint.clusterAddress.empty() || member.memberKey == newLeader) continue;
        if (type == Type::Dr && member.type != Type::Dr) continue; // only members of the set keep its log
        if (std::ranges::find(out, member.fingerprint, &Member::fingerprint) == out.end()) out.push_back(std::move(member));
    }
    std::stable_partition(out.begin(), out.end(), [&](const Member& member) {
        return member.memberKey == known.head().authority || (member.isPrimary && member.type == type); // the leader may have a new key
    });
    if (out.size() > kWitnessesMax) out.resize(kWitnessesMax);
    return out;
}

std::vector<Message> ListSurvey::newerLists(Type type, const TrustLog& known, const std::string& newLeader) const
{
    std::vector<Message> found;
    TrustLog lists = known;
    Members asked = witnesses(type, known, newLeader);
    for (int round = 0; round < kRoundsMax && !asked.empty(); ++round) {
        wire::PeerRequest request;
        request.mutable_trust()->set_type(type == Type::Dr ? 2 : 1);
        request.mutable_trust()->set_head(lists.head().hash);
        std::vector<Result<wire::PeerAnswer>> answers(asked.size(), Error{ErrorCode::Unavailable, "not asked"});
        inParallel("list-survey", asked.size(), m_services.askersMax,
                   [&](std::size_t at) { answers[at] = m_roles.transport()->ask(asked[at], request, kAskMax); });
        Members more; // a long answer is continued in the next round
        for (std::size_t at = 0; at < asked.size(); ++at) {
            Message message = answers[at] ? listsOf(known.head().epoch, *answers[at]) : Message{};
            if (message.empty() || !lists.take(message).isNews) continue;
            found.push_back(std::move(message));
            more.push_back(std::move(asked[at]));
        }
        asked = std::move(more);
    }
    return found;
}

} // namespace core::replication
