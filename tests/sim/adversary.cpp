#include "core/replication/set/trust_roster.h"
#include "tests/sim/simulation.h"

#include <algorithm>

// Former members that kept all bytes that they ever had: entries of the trust log from every time, keys, offers that were taken back,
// activation tokens.

namespace sim {

using namespace core::replication;

namespace {

constexpr std::size_t kKeptMax = 64;

template<class T>
void keep(World& world, std::vector<T>& list, T one)
{
    if (list.size() < kKeptMax) list.push_back(std::move(one));
    else list[world.pick(kKeptMax)] = std::move(one);
}

std::string kindOf(const ReplicationManager& manager, Type type)
{
    if (manager.relay().isOn()) return "relay";
    if (manager.roles().role(type)->mode == Mode::Primary) return "primary";
    if (manager.isDrSecondary()) return "DR copy";
    return manager.isPerformanceSecondary() ? "performance secondary" : "cluster that left";
}

bool isAsBefore(const trust::TrustLog& log, const trust::TrustLog& after)
{
    const auto before = log.judge().revocations();
    const auto now = after.judge().revocations();
    return log.head().hash == after.head().hash && before.keys == now.keys && before.voided == now.voided;
}

} // namespace

void Simulation::hoard()
{
    Cluster& one = at(pickCluster());
    if (!one.isRunning()) return;
    for (const Type type : {Type::Performance, Type::Dr}) {
        if (const auto log = one.manager().roles().trust(type)) keep(m_world, m_hoard.logs, {type, log});
        const auto role = one.manager().roles().role(type);
        if (!role->handover) continue;
        if (!role->handover->entry.empty()) keep(m_world, m_hoard.offers, {type, role->handover->entry});
        if (!role->handover->performanceEntry.empty()) keep(m_world, m_hoard.offers, {Type::Performance, role->handover->performanceEntry});
    }
}

/// First shows the entries to a copy of the victim's log, where nothing happens in between, then to the victim.
void Simulation::show(int victim, Type type, const std::vector<std::string>& entries, const std::string& what)
{
    const auto log = at(victim).manager().roles().trust(type);
    trust::TrustLog copy = *log;
    copy.take(entries);
    if (!isAsBefore(*log, copy)) return m_world.fail("cluster " + std::to_string(victim) + " would take " + what);
    m_world.note(victim, "is shown", entries.size(), what);
    at(victim).manager().events().trustTold(
        {.link = type, .message = {.type = type, .entries = entries, .log = {}}, .provenKey = {}, .from = "adversary"});
}

void Simulation::replayOldLists(int victim, Type type)
{
    const auto log = at(victim).manager().roles().trust(type);
    for (std::size_t tries = 0; tries < 4 && !m_hoard.logs.empty(); ++tries) {
        const auto& [ofType, old] = m_hoard.logs[m_world.pick(m_hoard.logs.size())];
        // An entry that the victim does not know yet is news, no matter which cluster sends it.
        if (ofType != type || !log->judge().isBehindHead(old->head().hash)) continue;
        const auto isKnown = [&](const auto& entry) { return log->judge().find(entry->hash) != nullptr || !log->judge().find(entry->prev); };
        if (!std::ranges::all_of(old->judge().entries(), isKnown)) continue;
        return show(victim, type, old->missingAt({}), "old lists");
    }
}

/// A cluster that once led or had the right to succeed, and is now revoked at the victim. It signs an entry.
void Simulation::takeOverAfterRevocation(int victim, int by, Type type)
{
    const auto log = at(victim).manager().roles().trust(type);
    const auto keys = at(by).keys();
    const std::string key = at(by).memberKey();
    if (!keys || !log->judge().isRevoked(key)) return;
    trust::EntryPointer before;
    for (const auto& entry : log->judge().chain()) {
        if (entry->givesRightTo(key) || entry->authority == key) before = entry;
    }
    if (!before) return;
    const bool isLeaders = before->authority == key && m_world.chancePerMille(500);
    trust::Entry entry = log->after(*before, isLeaders ? trust::EntryKind::Roster : trust::EntryKind::Takeover, at(by).clock().now());
    if (!isLeaders) entry.epoch = std::max(before->epoch + 1, std::min(before->epoch + 16, log->head().epoch + m_world.pick(3)));
    entry.authority = key;
    entry.promotionId = "adversary";
    entry.revoked.erase(trust::keyHash(key));
    if (log->head().authority != key) entry.revoked.insert(trust::keyHash(log->head().authority));
    if (!entry.seatOf(key)) entry.seats.push_back({.kind = trust::SeatKind::Primary, .memberKey = key, .maySucceed = true});
    if (!entry.sign({&keys->member().key})) return;
    show(victim, type, {entry.encoded}, "an entry of a revoked " + kindOf(at(by).manager(), type));
}

/// A cluster that is revoked, but not yet in the victim's list, takes over. In both orders of takeover and lists, on copies of the victim's
/// log, the victim must stay with its leader, and the takeover must be contested.
void Simulation::takeOverBeforeTheList(int victim, int by, Type type)
{
    const auto log = at(victim).manager().roles().trust(type);
    const auto keys = at(by).keys();
    const std::string key = at(by).memberKey();
    if (!keys || !log->judge().maySucceed(key)) return;
    std::shared_ptr<const trust::TrustLog> ofLeader;
    for (const auto& cluster : m_clusters) {
        const auto other = cluster->isRunning() ? cluster->manager().roles().trust(type) : nullptr;
        if (other && other->head().authority == cluster->memberKey() && other->judge().isBehindHead(log->head().hash)) ofLeader = other;
    }
    const auto role = at(victim).manager().roles().role(type);
    const bool isBehind = ofLeader && ofLeader->head().revoked.contains(trust::keyHash(key)) && ofLeader->head().epoch == log->head().epoch;
    if (!isBehind || role->mode != Mode::Secondary || role->primaryKey != log->head().authority || !role->leftKey.empty()) return;
    trust::Entry takeover = log->next(trust::EntryKind::Takeover, at(by).clock().now());
    takeover.authority = key;
    takeover.promotionId = "adversary";
    if (!takeover.seatOf(key)) takeover.seats.push_back({.kind = trust::SeatKind::Primary, .memberKey = key, .maySucceed = true});
    if (!takeover.sign({&keys->member().key})) return;
    const auto takeLists = [&](trust::TrustLog& copy) {
        for (int left = 16; left > 0 && !copy.judge().find(ofLeader->head().hash); --left) {
            std::string known = log->head().hash;
            for (const auto& entry : ofLeader->judge().chain()) {
                if (copy.judge().find(entry->hash)) known = entry->hash;
            }
            if (copy.take(ofLeader->missingAt(known)).refusal.empty()) continue;
            return m_world.fail("cluster " + std::to_string(victim) + " would refuse lists of its leader");
        }
    };
    trust::TrustLog first = *log, second = *log;
    takeLists(first);
    first.take({takeover.encoded});
    second.take({takeover.encoded});
    if (second.head().hash != takeover.hash) return m_world.fail("cluster " + std::to_string(victim) + " would not know a takeover with the right");
    takeLists(second);
    if (const auto list = revocationByFollowed(*role, second)) second.returnTo(*list);
    m_world.note(victim, "would hear a takeover before its list, by", static_cast<std::uint64_t>(by), kindOf(at(by).manager(), type));
    for (const auto* copy : {&first, &second}) {
        if (!ofLeader->judge().isBehindHead(copy->head().hash) || !copy->judge().isRevoked(key) || copy->judge().contested().empty())
            return m_world.fail("cluster " + std::to_string(victim) + " would follow a revoked " + kindOf(at(by).manager(), type));
    }
}

void Simulation::completeHandover(int victim, Type type)
{
    const auto log = at(victim).manager().roles().trust(type);
    for (std::size_t tries = 0; tries < 4 && !m_hoard.offers.empty(); ++tries) {
        const auto& [ofType, encoded] = m_hoard.offers[m_world.pick(m_hoard.offers.size())];
        auto offer = trust::Entry::parse(encoded);
        if (ofType != type || !offer || !log->judge().isVoid(offer->hash)) continue;
        for (const auto& cluster : m_clusters) {
            const auto keys = cluster->isRunning() ? cluster->keys() : std::nullopt;
            if (!keys || cluster->memberKey() != offer->authority) continue;
            offer->sign(keys->member().key);
            return show(victim, type, {offer->encoded}, "a handover that was taken back");
        }
    }
}

/// A thief has a copy of a token that was used, or will be. The first user keeps the seat.
void Simulation::useTokenAgain(int thief)
{
    if (m_shared.tokens.empty() || modeOf(thief, Type::Performance) != Mode::Disabled || modeOf(thief, Type::Dr) != Mode::Disabled) return;
    auto chosen = m_shared.tokens.begin();
    std::advance(chosen, static_cast<std::ptrdiff_t>(m_world.pick(m_shared.tokens.size())));
    const int issuer = chosen->second.issuer;
    const auto bundle = ActivationBundle::fromJson(chosen->second.data, at(thief).clock().now());
    if (!bundle || issuer < 0 || issuer == thief || !at(issuer).isRunning()) return;
    const Type type = bundle->type;
    const auto* seat = at(issuer).manager().roles().role(type)->find(bundle->secondaryId);
    if (!seat || seat->memberKey.empty() || seat->memberKey == at(thief).memberKey()) return;
    chosen->second.isUsed = false;
    at(thief).operate(
        "a stolen token is used",
        [type, token = chosen->first](ReplicationManager& manager) { return manager.activation().enable(type, {.token = token}); },
        [this, thief, issuer, type, id = bundle->secondaryId, setId = bundle->setId](const mount::Response& response) {
            if (response.isError || !at(issuer).isRunning()) return;
            const auto role = at(issuer).manager().roles().role(type);
            const auto* now = role->find(id);
            if (role->setId == setId && now && now->memberKey != at(thief).memberKey()) {
                m_world.fail("cluster " + std::to_string(thief) + " joined by a token whose seat another cluster's key holds");
            }
        });
}

void Simulation::attackWithHoard()
{
    const int victim = pickCluster(), by = pickCluster();
    if (!at(victim).isRunning() || !at(by).isRunning()) return;
    const Type type = m_world.chancePerMille(500) ? Type::Performance : Type::Dr;
    if (m_world.chancePerMille(100)) return useTokenAgain(by);
    if (modeOf(victim, type) == Mode::Disabled || !at(victim).manager().roles().trust(type)) return;
    switch (m_world.pick(3)) {
    case 0: return replayOldLists(victim, type);
    case 1: return completeHandover(victim, type);
    default:
        for (const auto& cluster : m_clusters) {
            if (!cluster->isRunning() || cluster->number() == victim || m_world.failure()) continue;
            takeOverAfterRevocation(victim, cluster->number(), type);
            takeOverBeforeTheList(victim, cluster->number(), type);
        }
    }
}

} // namespace sim
