#include "core/replication/succession/other_primaries.h"

#include "core/base/logging.h"
#include "core/base/origin.h"

#include <algorithm>

namespace core::replication {

namespace {

constexpr std::chrono::seconds kStandMin{5};    // a promotion with the right is proved, and this primary stopped, within that time
constexpr std::chrono::seconds kClaimAge{90};   // a member repeats its claim every 30 s
constexpr std::chrono::seconds kJudgePause{10}; // judging costs questions to other members
constexpr std::size_t kStatementBytesMax = 8192;
constexpr std::size_t kTellersMax = 10; // named

std::size_t indexOf(Type type)
{
    return type == Type::Dr ? 1 : 0;
}

/// `"north" (https://north:8200)`; another cluster has chosen both.
std::string nameOf(const OtherPrimary& other)
{
    const std::string& address = other.apiAddress.empty() ? other.clusterAddress : other.apiAddress;
    if (other.clusterName.empty()) return address.empty() ? "another cluster" : "the cluster at " + address;
    return "\"" + other.clusterName + "\"" + (address.empty() ? "" : " (" + address + ")");
}

std::string tellersOf(const OtherPrimary& other)
{
    std::string text;
    for (std::size_t at = 0; at < std::min(other.toldBy.size(), kTellersMax); ++at) text += (at ? ", \"" : "\"") + other.toldBy[at] + "\"";
    if (other.toldBy.size() > kTellersMax) text += " and " + std::to_string(other.toldBy.size() - kTellersMax) + " more";
    return (other.toldBy.size() == 1 ? "the member " : "the members ") + text;
}

std::string epochText(const OtherPrimary& other)
{
    return other.epoch == Epoch{0} ? std::string{} : " (epoch " + core::toString(other.epoch) + ")";
}

void explainLater(OtherPrimary& other, const std::string& type)
{
    const std::string name = nameOf(other);
    other.cause = "There are two " + type + " primaries: " + name + epochText(other) + " leads this set too, as " + tellersOf(other) +
                  (other.toldBy.size() == 1 ? " says." : " say.") + " This cluster does not stop by itself, because its list of members gives " +
                  name + " no right to succeed it.";
    other.safe = "This cluster continues as the primary and takes writes. It does not have what is written at " + name + ", and " + name +
                 " does not have what is written here.";
    other.nextStep = "Stop clients from writing at one of the two. To keep " + name + ": demote this cluster (sys/replication/" + type +
                     "/primary/demote) and let it follow with a token made there; what only this cluster has is lost then. To keep this cluster: "
                     "demote " +
                     name + " there, and give it and its members tokens made here.";
}

void explainFormer(OtherPrimary& other, const std::string& type)
{
    const std::string name = nameOf(other);
    const std::string who = other.isRefused ? "the refused cluster " : "the former primary ";
    other.cause = "There are two " + type + " primaries: " + who + name + epochText(other) + " still answers as one" +
                  (other.toldBy.empty() ? std::string{} : ", as " + tellersOf(other) + (other.toldBy.size() == 1 ? " says" : " say")) +
                  (other.isRefused ? ". It does not stop by itself: it knows of the refusal, and its operator decides."
                                   : ". It does not stop by itself, because its list of members gives this cluster no right to succeed it.");
    other.safe = "This cluster continues as the primary and takes writes. It does not have what is written at " + name + " now.";
    other.nextStep = "Stop clients from writing at " + name + " and demote it there (sys/replication/" + type +
                     "/primary/demote), then let it follow with a token made here; what only it has is lost then. To keep it instead: demote this "
                     "cluster, and give it and its members tokens made there.";
}

} // namespace

bool OtherPrimaries::isPlayed(Type type) const
{
    const auto role = m_roles.role(type);
    return role->mode == Mode::Primary && m_roles.isPlayed(type) && !role->isReplaced();
}

bool OtherPrimaries::isPresent(Type type, const Member& teller) const
{
    if (teller.memberKey.empty()) return false;
    const auto log = m_roles.trust(type);
    return !log || (log->head().knows(teller.memberKey) && !log->judge().isRevoked(teller.memberKey));
}

std::optional<EpochStatement> OtherPrimaries::genuine(Type type, const std::string& statement) const
{
    const auto own = m_roles.verifier();
    if (!own || statement.empty() || statement.size() > kStatementBytesMax) return std::nullopt;
    auto verified = own->verify(statement, type, m_roles.role(type)->setId);
    return verified ? std::optional{std::move(*verified)} : std::nullopt;
}

OtherPrimaries::Claim& OtherPrimaries::put(Claims& claims, const std::string& teller, Claim claim)
{
    const SteadyTime now = m_services.clock.steadyNow();
    const auto before = claims.find(teller);
    const bool isSame = before != claims.end() && before->second.about == claim.about && now - before->second.lastAt < kClaimAge;
    claim.firstAt = isSame ? before->second.firstAt : now;
    claim.judgedAt = isSame ? before->second.judgedAt : SteadyTime{};
    claim.lastAt = now;
    std::erase_if(claims, [&](const auto& entry) { return now - entry.second.lastAt >= kClaimAge; });
    return claims[teller] = std::move(claim);
}

bool OtherPrimaries::noteLater(Type type, const Member& teller, const std::string& statement)
{
    const auto shown = genuine(type, statement);
    const auto known = EpochStatement::parse(m_roles.role(type)->statement);
    if (!isPlayed(type) || !isPresent(type, teller) || !shown || (known && !shown->isLaterThan(*known))) return true;
    const SteadyTime now = m_services.clock.steadyNow();
    MutexLock lock{m_mutex};
    Claims& claims = m_later[indexOf(type)];
    const std::string about = shown->clusterId + " " + shown->promotionId;
    const bool isJudged = std::ranges::any_of(claims, [&](const auto& entry) {
        const Claim& other = entry.second;
        return other.about == about && other.judgedAt != SteadyTime{} && now - other.judgedAt < kJudgePause;
    });
    Claim& claim = put(claims, teller.memberKey, {about, shown, {shown->apiAddress, shown->clusterAddress}, teller.id});
    if (!isJudged) claim.judgedAt = now;
    return !isJudged;
}

void OtherPrimaries::noteFormer(Type type, const Member& teller, const Former& former)
{
    const auto keys = m_services.ownKeys ? m_services.ownKeys->keys() : std::nullopt;
    const bool isOwn = teller.memberKey.empty() && teller.id.empty(); // this cluster's own word
    if (!isPlayed(type) || (!isOwn && !isPresent(type, teller)) || former.memberKey.empty()) return;
    if (keys && keys->member().key.publicKey() == former.memberKey) return; // of an earlier time of this cluster
    MutexLock lock{m_mutex};
    Claims& claims = m_former[indexOf(type)];
    const auto known = claims.find(isOwn ? "own " + former.memberKey : teller.memberKey);
    if (!former.isPrimary) {
        // Who has stopped has stopped for everybody; a claim about another primary stays.
        if (known != claims.end() && known->second.about == former.memberKey) claims.erase(known);
        return;
    }
    put(claims, isOwn ? "own " + former.memberKey : teller.memberKey,
        {former.memberKey, genuine(type, former.statement), former.endpoint, teller.id, former.isRefused});
}

std::vector<OtherPrimary> OtherPrimaries::shownOf(const Claims& claims) const
{
    const SteadyTime now = m_services.clock.steadyNow();
    std::map<std::string, OtherPrimary> byPrimary;
    for (const auto& [teller, claim] : claims) {
        if (now - claim.firstAt < kStandMin || now - claim.lastAt >= kClaimAge) continue;
        OtherPrimary& other = byPrimary[claim.about];
        if (claim.statement) {
            other.clusterName = printable(claim.statement->clusterName, 100);
            other.epoch = claim.statement->epoch;
        }
        other.isRefused = other.isRefused || claim.isRefused;
        other.apiAddress = printable(claim.endpoint.apiAddress, 300);
        other.clusterAddress = printable(claim.endpoint.clusterAddress, 300);
        if (!claim.tellerId.empty()) other.toldBy.push_back(printable(claim.tellerId, 100));
    }
    std::vector<OtherPrimary> out;
    for (auto& [about, other] : byPrimary) out.push_back(std::move(other));
    return out;
}

std::vector<OtherPrimary> OtherPrimaries::list(Type type) const
{
    if (!isPlayed(type)) return {};
    const auto known = EpochStatement::parse(m_roles.role(type)->statement);
    std::vector<OtherPrimary> later, former;
    {
        MutexLock lock{m_mutex};
        Claims claims = m_later[indexOf(type)];
        std::erase_if(claims, [&](const auto& entry) { return known && !entry.second.statement->isLaterThan(*known); });
        later = shownOf(claims);
        former = shownOf(m_former[indexOf(type)]);
    }
    for (auto& other : later) explainLater(other, std::string{toString(type)});
    for (auto& other : former) explainFormer(other, std::string{toString(type)});
    std::ranges::move(former, std::back_inserter(later));
    return later;
}

void OtherPrimaries::tick()
{
    std::vector<std::string> causes;
    for (const Type type : {Type::Performance, Type::Dr}) {
        for (auto& other : list(type)) causes.push_back(std::move(other.cause));
    }
    std::vector<std::string> before;
    {
        MutexLock lock{m_mutex};
        before = std::exchange(m_logged, causes);
    }
    for (const auto& cause : causes) {
        if (std::ranges::find(before, cause) == before.end()) logging::error("replication", cause, {});
    }
}

} // namespace core::replication
