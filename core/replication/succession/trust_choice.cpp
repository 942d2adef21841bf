#include "core/replication/succession/trust_exchange.h"

#include "core/base/encoding.h"
#include "core/base/logging.h"
#include "core/replication/roles/refusals.h"

#include <boost/json/array.hpp>

#include <algorithm>

namespace core::replication {

using mount::Response;

namespace {

const char* kindText(trust::SeatKind kind)
{
    switch (kind) {
    case trust::SeatKind::Primary: return "primary";
    case trust::SeatKind::PerformanceSecondary: return "performance secondary";
    case trust::SeatKind::DrSecondary: return "DR secondary";
    }
    return "";
}

boost::json::object leaderObject(const trust::Leader& leader)
{
    return {{"cluster_id", leader.clusterId},
            {"cluster_name", leader.clusterName},
            {"api_address", leader.apiAddress},
            {"cluster_address", leader.clusterAddress}};
}

boost::json::object entryObject(const trust::Entry& entry)
{
    return {{"hash", toHex(entry.hash)},      {"kind", trust::toString(entry.kind)},    {"epoch", entry.epoch},
            {"generation", entry.generation}, {"issued_at", toRfc3339(entry.issuedAt)}, {"leader", leaderObject(entry.leader)}};
}

/// The name of the cluster in a seat. Only a cluster that leads, or has led, tells its own, in the entries that it signed.
std::string clusterNameOf(const trust::Seat& seat, const std::vector<trust::EntryPointer>& chain)
{
    const auto signedBy = std::find_if(chain.rbegin(), chain.rend(), [&](const auto& entry) { return entry->authority == seat.memberKey; });
    return signedBy == chain.rend() ? std::string{} : (*signedBy)->leader.clusterName;
}

boost::json::object seatObject(const trust::Seat& seat, const trust::TrustLog& log, const std::vector<trust::EntryPointer>& chain)
{
    boost::json::array standIns;
    for (const auto& one : seat.standIns) {
        standIns.push_back(
            boost::json::object{{"member_key", toHex(trust::keyHash(one.memberKey))}, {"may_succeed", log.judge().maySucceed(one.memberKey)}});
    }
    return {{"id", seat.id},
            {"cluster_name", clusterNameOf(seat, chain)},
            {"kind", kindText(seat.kind)},
            {"member_key", toHex(trust::keyHash(seat.memberKey))},
            {"leads", seat.memberKey == log.head().authority},
            {"may_succeed", log.judge().maySucceed(seat.memberKey)},
            {"is_revoked", log.judge().isRevoked(seat.memberKey)},
            {"stand_ins", std::move(standIns)}};
}

boost::json::object contestObject(const TrustContest& contest)
{
    auto object = entryObject(*contest.entry);
    object["cause"] = contest.cause;
    object["safe"] = contest.safe;
    object["if_chosen"] = contest.ifChosen;
    object["next_step"] = contest.nextStep;
    return object;
}

Response noLog(Type type)
{
    return Response::error(404, "this cluster keeps no trust log of a " + std::string{toString(type)} + " replication set");
}

} // namespace

std::vector<TrustContest> TrustExchange::contests(Type type) const
{
    const auto log = m_roles.trust(type);
    const auto keys = m_services.ownKeys ? m_services.ownKeys->keys() : std::nullopt;
    if (!log || !keys || log->judge().contested().empty()) return {};
    return contestsOf(*m_roles.role(type), m_roles.isPlayed(type), type, *log, keys->member().key.publicKey());
}

bool TrustExchange::maySucceedPrimary(Type type) const
{
    const auto log = m_roles.trust(type);
    const auto keys = m_services.ownKeys ? m_services.ownKeys->keys() : std::nullopt;
    if (log && keys) return log->judge().maySucceed(keys->member().key.publicKey());
    return maySucceed(m_roles.isDrSecondary() ? Type::Dr : type, Succession::AsType); // a copy takes its primary's place in both sets
}

Response TrustExchange::describe(Type type) const
{
    const auto log = m_roles.trust(type);
    if (!log) return noLog(type);
    auto data = entryObject(log->head());
    boost::json::array seats, contested;
    const auto chain = log->judge().chain();
    for (const auto& seat : log->head().seats) seats.push_back(seatObject(seat, *log, chain));
    for (const auto& contest : contests(type)) contested.push_back(contestObject(contest));
    data["set_id"] = log->head().setId;
    data["seats"] = std::move(seats);
    data["revoked_count"] = log->judge().revocations().keys.size();
    data["contested"] = std::move(contested);
    return Response::ofData(std::move(data));
}

std::optional<Response> TrustExchange::choiceRefusal(Type type, const std::string& hash) const
{
    const auto bytes = fromHex(hash);
    if (!bytes || bytes->size() != trust::kHashBytes)
        return Response::badRequest("hash: give the hash of a contested entry, as 64 hexadecimal digits");
    const auto log = m_roles.trust(type);
    if (!log) return noLog(type);
    const auto& contested = log->judge().contested();
    if (contested.empty())
        return Response::badRequest("no entry of the " + std::string{toString(type)} + " trust log is contested; there is nothing to choose");
    if (*bytes == log->head().hash || contested.contains(*bytes)) return std::nullopt;
    return Response::badRequest("neither a contested entry nor the last one of the " + std::string{toString(type)} +
                                " trust log has this hash; read sys/replication/" + std::string{toString(type)} + "/trust for those there are");
}

Response TrustExchange::choose(Type type, const std::string& hash)
{
    MutexLock operation{m_roles.operation};
    if (auto refusal = choiceRefusal(type, hash)) return std::move(*refusal);
    const auto bytes = fromHex(hash);
    trust::TrustLog log = *m_roles.trust(type);
    const bool stays = *bytes == log.head().hash;
    if (stays) log.voidContested();
    else log.choose(*bytes);
    const trust::Entry head = log.head();
    if (auto adopted = adopt(type, std::move(log), "an operator"); !adopted) return storageFailure(adopted.error());
    logging::warn("replication",
                  stays ? "an operator stays with the leader of the trust log, contested entries are void"
                        : "an operator has ended a contest of the trust log",
                  {{"type", std::string{toString(type)}}, {"leader", head.leader.clusterName}, {"epoch", std::to_string(head.epoch)}});
    return describe(type);
}

} // namespace core::replication
