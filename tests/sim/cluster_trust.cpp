#include "tests/sim/process.h"
#include "tests/sim/simulation.h"

#include <algorithm>

namespace sim {

using namespace core::replication;

std::string Cluster::trustHead(Type type) const
{
    const auto log = m_process->manager->roles().trust(type);
    return log ? log->head().hash : std::string{};
}

std::string Cluster::trustProblem(Type type) const
{
    const ReplicationManager& manager = *m_process->manager;
    const auto role = manager.roles().role(type);
    const auto log = manager.roles().trust(type);
    if (!manager.roles().isPlayed(type) || memberKey().empty()) return {};
    if (role->mode == Mode::Disabled) return log ? "keeps the trust log of a set that it has left" : std::string{};
    if (role->mode != Mode::Primary) return {};
    if (!log) return "is a primary without a trust log";
    const auto& head = log->head();
    if (head.setId != role->setId) return "keeps the trust log of another set";
    const bool leads = head.authority == memberKey();
    if (leads == role->isReplaced())
        return leads ? "is fenced though its trust log says that it leads" : "leads though its trust log says that another does";
    if (leads && head.epoch != role->epoch.value())
        return "leads at epoch " + core::toString(role->epoch) + ", its trust log at " + std::to_string(head.epoch);
    return {};
}

trust::Entry Cluster::forgedEntry(const trust::TrustLog& log, std::uint64_t choice) const
{
    using trust::EntryKind;
    const auto keys = m_process->keys.keys();
    const auto& key = keys->member().key;
    const auto chain = log.judge().chain();
    const trust::Entry& prev = choice % 3 == 0 ? *chain[choice % chain.size()] : log.head(); // an earlier list, or the newest one
    const EntryKind kinds[] = {EntryKind::Takeover, EntryKind::Takeover, EntryKind::Roster,
                               EntryKind::Handover, EntryKind::Refusal,  EntryKind::Found};
    trust::Entry entry = log.after(prev, kinds[choice % 6], m_clock.now());
    if (entry.kind != EntryKind::Roster) entry.epoch = prev.epoch + 1 + choice / 6 % 20;
    if (entry.kind == EntryKind::Found) entry.prev.clear(), entry.generation = 1;
    if (entry.kind == EntryKind::Refusal) entry.voided.insert(prev.hash);
    if (choice % 2 == 0) entry.revoked.insert(trust::keyHash(prev.authority));
    if (choice % 5 != 0) entry.authority = key.publicKey(); // otherwise it signs in the leader's name
    std::erase_if(entry.seats, [&](const trust::Seat& seat) { return seat.memberKey == key.publicKey(); });
    for (auto& seat : entry.seats) std::erase_if(seat.standIns, [&](const auto& one) { return one.memberKey == key.publicKey(); });
    entry.seats.push_back({.id = "forger", .kind = trust::SeatKind::Primary, .memberKey = key.publicKey(), .maySucceed = true});
    entry.leader.clusterId = "ffff";
    entry.promotionId = "forged";
    if (choice % 7 == 0) static_cast<void>(entry.sign({&key, &key}).has_value());
    else static_cast<void>(entry.sign({&key}).has_value());
    return entry;
}

void Simulation::attackLog(int victim, int by, Type type)
{
    const auto log = at(victim).manager().roles().trust(type);
    const std::string key = at(by).memberKey();
    // A cluster that leads, may succeed, or holds a list of its own is no forger.
    const bool isForger =
        log && !key.empty() && log->head().authority != key && !log->judge().maySucceed(key) &&
        std::ranges::none_of(log->judge().chain(), [&](const auto& entry) { return entry->authority == key || entry->givesRightTo(key); });
    if (!isForger) return;
    const auto entry = at(by).forgedEntry(*log, m_world.pick(5040));
    m_world.note(by, "forges an entry for", static_cast<std::uint64_t>(victim), trust::toString(entry.kind));
    at(victim).manager().events().trustTold(
        {.link = type, .message = {.type = type, .entries = {entry.encoded}, .log = {}}, .provenKey = {}, .from = "forger"});
    at(victim).operate(
        std::string{toString(type)} + " looks at its trust log",
        [type, hash = entry.hash](ReplicationManager& manager) {
            const auto now = manager.roles().trust(type);
            return now && now->judge().find(hash) ? mount::Response::badRequest("taken") : mount::Response{};
        },
        [this, victim](const mount::Response& response) {
            if (response.isError) m_world.fail("cluster " + std::to_string(victim) + " takes an entry that a cluster without the right has made");
        });
}

/// After healing: a cluster that follows a primary directly keeps the same list.
void Simulation::checkLogs()
{
    std::string why;
    const auto areEqual = [&] {
        for (const auto& cluster : m_clusters) {
            for (const Type type : {Type::Performance, Type::Dr}) {
                const int primary = primaryOf(cluster->number(), type);
                const bool isDirect = primary >= 0 && at(primary).plan(type).mode == Mode::Primary && !at(primary).memberKey().empty() &&
                                      !cluster->memberKey().empty() && cluster->report(type).connection == ConnectionState::Ready;
                if (!isDirect || (cluster->trustHead(type) == at(primary).trustHead(type) && !cluster->trustHead(type).empty())) continue;
                why = "c" + std::to_string(cluster->number()) + " keeps another " + std::string{toString(type)} + " list than its primary c" +
                      std::to_string(primary);
                return false;
            }
        }
        return true;
    };
    if (!waitFor(areEqual, seconds{20})) m_world.fail("trust logs differ: " + why);
}

} // namespace sim
