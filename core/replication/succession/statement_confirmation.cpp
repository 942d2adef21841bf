#include "core/replication/succession/statement_confirmation.h"

#include "core/replication/wire/peer.pb.h"

#include <algorithm>

namespace core::replication {

namespace {

constexpr std::size_t kAskedMax = 4;
constexpr std::chrono::milliseconds kAskMax{1000};

/// Whether a member confirms the statement. It says all this about itself over its pinned certificate. An older version leaves out
/// statement and id.
bool isConfirmed(const wire::PeerDescription& description, const EpochStatement& shown, std::string_view encoded)
{
    if (!description.cluster_id().empty() && description.cluster_id() != shown.clusterId) return false;
    return std::ranges::any_of(description.roles(), [&](const wire::PeerRole& role) {
        return role.type() == (shown.type == Type::Performance ? 1U : 2U) && role.mode() == static_cast<std::uint32_t>(Mode::Primary) &&
               role.set_id() == shown.setId && role.epoch() == shown.epoch.value() && (role.statement().empty() || role.statement() == encoded);
    });
}

} // namespace

Members StatementConfirmation::candidates(const EpochStatement& shown) const
{
    const auto performance = m_roles.role(Type::Performance);
    const auto dr = m_roles.role(Type::Dr);
    const auto role = m_roles.role(shown.type);
    const auto isIn = [](const std::vector<std::string>& list, const std::string& one) { return std::ranges::find(list, one) != list.end(); };
    Members out;
    if (isIn(role->refused, shown.clusterId)) return out;
    for (Member& member : m_roles.transport() ? m_roles.transport()->members() : Members{}) {
        if (member.fingerprint.empty() || member.endpoint.clusterAddress.empty() || !member.maySucceed()) continue;
        if (!member.memberKey.empty() && isIn(role->refusedKeys, member.memberKey)) continue;
        // A copy of the performance primary inherits the primary's role. A copy of this performance secondary inherits only a secondary's.
        const bool isOwnCopy =
            performance->mode == Mode::Secondary && dr->mode == Mode::Primary && member.type == Type::Dr && !member.isPrimary && dr->find(member.id);
        const bool isOfType = member.type == shown.type || (shown.type == Type::Performance && !isOwnCopy);
        if (isOfType) out.push_back(std::move(member));
    }
    // Asks the most likely members first, because at most four are asked.
    std::stable_partition(out.begin(), out.end(), [&](const Member& member) {
        return member.endpoint.clusterAddress == shown.clusterAddress ||
               (!shown.apiAddress.empty() && member.endpoint.apiAddress == shown.apiAddress);
    });
    if (out.size() > kAskedMax) out.resize(kAskedMax);
    return out;
}

Result<Member> StatementConfirmation::confirm(const EpochStatement& shown, std::string_view encoded, Whose whose) const
{
    wire::PeerRequest request;
    request.mutable_describe();
    bool isAnswered = false;
    for (Member& member : candidates(shown)) {
        const auto answer = m_roles.transport()->ask(member, request, kAskMax);
        const bool isMeant = answer && (whose == Whose::AnyProgram || !answer->description().knows_trust());
        if (isMeant && isConfirmed(answer->description(), shown, encoded)) return std::move(member);
        // An answer "no" is final. No answer may mean that the member is only slow, and the caller tries again.
        isAnswered = isAnswered || answer.has_value();
    }
    return Error{isAnswered ? ErrorCode::PermissionDenied : ErrorCode::Unavailable,
                 "no present member of this replication set that may succeed confirms that \"" + shown.clusterName + "\" is its primary at epoch " +
                     core::toString(shown.epoch) + ". If \"" + shown.clusterName + "\" leads, demote this cluster (sys/replication/" +
                     std::string{toString(shown.type)} + "/primary/demote) and let it follow \"" + shown.clusterName + "\" with a token made at \"" +
                     shown.clusterName + "\""};
}

} // namespace core::replication
