#include "core/replication/peers/member_service.h"

#include "core/base/encoding.h"
#include "core/base/origin.h"
#include "core/replication/wire/peer.pb.h"
#include "core/replication/peers/link_view.h"
#include "core/replication/peers/member_values.h"
#include "core/replication/set/statement.h"

#include <boost/json/array.hpp>

#include <algorithm>

namespace core::replication {

namespace {

namespace json = boost::json;
using mount::Response;
using std::chrono::milliseconds;

constexpr milliseconds kAskMax{2000};
constexpr std::chrono::seconds kBehindWindow{60};

milliseconds ageOf(WallTime then, WallTime now)
{
    return std::max(milliseconds{0}, std::chrono::duration_cast<milliseconds>(now - then));
}

} // namespace

void MemberService::tick()
{
    tellPrimary();
    reportBelow();
    const SteadyTime now = m_services.clock.steadyNow();
    const auto written = m_services.store.appliedIndex().value();
    std::map<Type, LinkStatus> reports;
    std::vector<LinkView> links;
    for (const Type type : {Type::Performance, Type::Dr}) {
        reports.emplace(type, m_services.manager.roles().report(type));
        for (auto& link : ownLinks(type)) links.push_back(std::move(link));
    }
    MutexLock lock{m_mutex};
    m_written.add(now, written);
    std::erase_if(m_samples, [&](const auto& entry) {
        return std::ranges::none_of(links, [&](const LinkView& link) { return entry.first == std::pair{link.type, link.id}; });
    });
    for (const LinkView& link : links) {
        Samples& samples = m_samples[{link.type, link.id}];
        // A place counts as unchanged only while there is something to receive.
        if (link.facts.behind == 0) samples.place.clear();
        samples.place.add(now, link.place.value());
        samples.behind.emplace_back(now, link.facts.behind);
        while (now - samples.behind.front().first > kBehindWindow) samples.behind.pop_front();
        if (!link.isToPrimary) continue;
        const auto& report = reports.at(link.type);
        samples.rootsDifferent.add(now, report.statistics.rootsDifferent);
        samples.rejected.add(now, report.statistics.entriesRejected);
    }
    for (const auto& [type, report] : reports) {
        if (report.isRunning && report.connection == ConnectionState::Ready) m_primaryWritten.at(type).add(now, report.primary.index.value());
    }
}

std::vector<MemberService::LinkView> MemberService::ownLinks(Type type) const
{
    std::vector<LinkView> out;
    const auto& manager = m_services.manager;
    const auto role = manager.roles().role(type);
    if (auto failure = manager.roles().activationFailure(type)) {
        LinkView link{type, std::move(failure->secondaryId), true, {}, {}, {}, {}, {}, {}, {}};
        link.facts.activationError = std::move(failure->why);
        out.push_back(std::move(link));
    }
    if (!manager.roles().isPlayed(type) || role->mode == Mode::Disabled) return out;
    const WallTime now = m_services.clock.now();
    const LinkStatus report = manager.roles().report(type);
    const std::string blocked = auditFailure();
    const auto conflicts = mountConflicts();
    const auto contests = manager.trust().contests(type);
    const auto others = manager.otherPrimaries().list(type);
    const auto addContest = [&](LinkView& link) {
        if (role->isOlder()) link.facts.olderStorage = olderStorageText(type, *role->olderStorage);
        if (!others.empty()) {
            link.facts.otherPrimary = others.front().cause + " " + others.front().safe;
            link.facts.otherPrimaryNext = others.front().nextStep;
        }
        if (contests.empty()) return;
        link.facts.contest = "An entry of the set's trust log is contested. " + contests.front().cause + " " + contests.front().safe;
        link.facts.contestNext = contests.front().nextStep;
    };
    const auto fill = [&](LinkView& link) CORE_REQUIRES(m_mutex) {
        link.facts.blockedHere = blocked;
        if (link.isToPrimary && !conflicts.empty()) link.facts.mountConflict = conflicts.front();
        const auto found = m_samples.find({type, link.id});
        if (found == m_samples.end()) return;
        const Samples& samples = found->second;
        link.facts.unchangedFor = std::chrono::duration_cast<milliseconds>(samples.place.unchangedFor());
        link.facts.rootsDifferent = samples.rootsDifferent.growth();
        link.facts.entriesRejected = samples.rejected.growth();
        for (const auto& [at, behind] : samples.behind) link.facts.behindBefore = std::max(link.facts.behindBefore, behind);
    };

    if (role->mode == Mode::Secondary) {
        if (!role->identity) return out; // it has no primary
        LinkView link{type,
                      role->secondaryId,
                      true,
                      report.primary.endpoint,
                      report.position.lastRelevantIndex,
                      std::string{toString(report.state)},
                      std::string{toString(report.connection)},
                      {},
                      {},
                      {}};
        if (link.otherEnd.clusterAddress.empty()) link.otherEnd.clusterAddress = report.address;
        if (const auto primary = EpochStatement::parse(role->statement)) link.otherName = printable(primary->clusterName, 200);
        LinkFacts& facts = link.facts;
        addContest(link);
        facts.isConnected = report.isRunning && report.connection == ConnectionState::Ready;
        facts.wasEverConnected = report.primary.heardAt != WallTime{} || !report.position.logId.empty();
        facts.isReconciling = report.state == SecondaryLink::State::MerkleDiff || report.state == SecondaryLink::State::MerkleSync;
        facts.isInSync = report.isInSync;
        if (report.primary.heardAt != WallTime{}) facts.heardAge = ageOf(report.primary.heardAt, now);
        facts.behind = report.primary.lastRelevantIndex > link.place ? report.primary.lastRelevantIndex.value() - link.place.value() : 0;
        facts.lag = report.canaryAge;
        link.isBehindKnown = facts.isConnected;
        facts.isToPrimary = true;
        facts.lastError = report.lastError;
        facts.lastErrorAdvice = report.lastErrorAdvice;
        MutexLock lock{m_mutex};
        fill(link);
        out.push_back(std::move(link));
        return out;
    }

    const LogIndex last = type == Type::Performance ? m_services.store.lastSharedIndex() : m_services.store.lastReplicatedIndex();
    const auto statistics = m_services.store.statistics();
    std::optional<std::uint64_t> replacedBy;
    if (role->isReplaced()) {
        const auto successor = EpochStatement::parse(role->successor);
        replacedBy = successor ? successor->epoch.value() : 0;
    }
    for (const auto& known : role->secondaries) {
        LinkView link{type, known.id, false, {}, {}, {}, {}, {}, {}, {}};
        LinkFacts& facts = link.facts;
        addContest(link);
        facts.replacedByEpoch = replacedBy;
        facts.isInSync = true;
        const auto found = std::ranges::find(report.secondaries, known.id, &LinkStatus::Secondary::id);
        if (found == report.secondaries.end()) {
            const auto heard = manager.heard().find(type, known.id);
            facts.isAwaited = !known.isActivated && !heard;
            facts.wasEverConnected = heard.has_value();
            if (heard) {
                link.otherEnd = heard->endpoint;
                if (heard->heardAt != WallTime{}) facts.heardAge = ageOf(heard->heardAt, now);
            }
            facts.blockedHere = blocked;
            link.isBehindKnown = false;
            out.push_back(std::move(link));
            continue;
        }
        const PeerInfo& peer = found->peer;
        link.otherEnd = peer.endpoint;
        link.otherName = printable(peer.clusterName, 200);
        link.place = peer.lastRelevantIndex;
        facts.isConnected = found->isConnected;
        facts.wasEverConnected = true;
        facts.isReconciling = found->isConnected && peer.index.value() == 0;
        facts.heardAge = ageOf(peer.heardAt, now);
        facts.behind = last > peer.lastRelevantIndex ? last.value() - peer.lastRelevantIndex.value() : 0;
        if (const auto age = peer.proofAge(now); age.count() > 0) facts.lag = age;
        MutexLock lock{m_mutex};
        fill(link);
        if (type == Type::Performance) addTold(known.id, facts);
        if (peer.index.value() > 0) {
            facts.horizon = horizonOf({.applied = m_services.store.appliedIndex(),
                                       .secondary = peer.index,
                                       .oldest = m_services.store.oldestIndex(),
                                       .logBytes = statistics.logBytes,
                                       .retentionBytes = m_services.retentionBytes,
                                       .retentionAge = m_services.retentionAge,
                                       .entriesPerSecond = m_written.perSecond(),
                                       .isConnected = facts.isConnected,
                                       .silentFor = *facts.heardAge});
        }
        out.push_back(std::move(link));
    }
    return out;
}

void MemberService::ask(std::vector<LinkView>& links)
{
    if (!m_transport) return;
    // Each other end is asked once, for all links to it.
    const Members all = m_transport->members();
    Members wanted;
    const auto memberOf = [&](const LinkView& link) {
        return std::ranges::find_if(all, [&](const Member& member) {
            return member.type == link.type && (link.isToPrimary ? member.isPrimary : !member.isPrimary && member.id == link.id);
        });
    };
    for (const LinkView& link : links) {
        const auto member = memberOf(link);
        if (member == all.end() || member->fingerprint.empty()) continue;
        if (std::ranges::find(wanted, member->fingerprint, &Member::fingerprint) == wanted.end()) wanted.push_back(*member);
    }
    wire::PeerRequest request;
    request.mutable_describe();
    const auto asked = askAll(wanted, request, kAskMax);
    for (LinkView& link : links) {
        const auto member = memberOf(link);
        const auto answer = member == all.end()
                                ? asked.end()
                                : std::ranges::find_if(asked, [&](const Asked& one) { return one.member.fingerprint == member->fingerprint; });
        if (answer == asked.end()) {
            link.askError = "the other end is not known yet";
            continue;
        }
        if (!answer->answer) {
            link.askError = core::toString(answer->answer.error());
            continue;
        }
        link.said = *answer->answer;
        if (const auto name = printable(link.said->description().cluster_name(), 200); !name.empty()) link.otherName = name;
        if (!link.isToPrimary) {
            const auto& conflicts = link.said->description().mount_conflicts();
            link.facts.mountConflict = conflicts.empty() ? std::string{} : printable(conflicts[0], 600);
        }
        link.facts.blockedThere = printable(link.said->description().audit_failure(), 500);
        link.facts.isOtherEndKnown = true;
        const auto* role = roleIn(link.said->description(), link.type);
        if (!role) {
            link.facts.otherEnd = "The other end plays no " + std::string{toString(link.type)} + " role any more.";
            continue;
        }
        if (!link.isToPrimary) {
            link.state = role->state();
            link.connectionState = role->connection_state();
            link.facts.isReconciling = role->state() == "merkle-diff" || role->state() == "merkle-sync";
            link.facts.isInSync = role->is_in_sync();
            link.facts.entriesRejected = role->rejected_count();
            link.facts.rootsDifferent = role->roots_different_count();
            if (role->lag_ms() >= 0) link.facts.lag = milliseconds{role->lag_ms()};
            if (!link.facts.isConnected && !role->last_error().empty()) link.facts.lastError = role->last_error();
            if (link.facts.isConnected != (role->connection_state() == "ready")) {
                link.facts.otherEnd = link.facts.isConnected ? "Connected as seen from this end, but the secondary reports \"" +
                                                                   printable(role->connection_state(), 100) + "\"."
                                                             : std::string{"The secondary reports a connection, but not to this cluster."};
            }
            continue;
        }
        if (role->mode() != static_cast<std::uint32_t>(Mode::Primary)) {
            link.facts.otherEnd = "The other end is no primary any more.";
            continue;
        }
        if (role->fenced_by_epoch() > 0) link.facts.replacedByEpoch = role->fenced_by_epoch();
        for (const auto& seen : role->links()) {
            if (seen.id() != link.id) continue;
            if (seen.horizon_ms() >= 0) link.facts.horizon = milliseconds{seen.horizon_ms()};
            link.facts.behind = std::max(link.facts.behind, seen.behind());
            link.isBehindKnown = true;
            if (link.facts.isConnected && !seen.is_connected())
                link.facts.otherEnd = "Connected as seen from this end, but the primary sees no connection.";
        }
    }
}

json::object MemberService::linkObject(const LinkView& link) const
{
    const LinkVerdict verdict = verdictOf(link.facts);
    json::object object{{"type", std::string{toString(link.type)}},
                        {"role", link.isToPrimary ? "secondary" : "primary"},
                        {"secondary_id", link.id},
                        {"other_end", json::object{{"cluster_name", link.otherName},
                                                   {"api_address", link.otherEnd.apiAddress},
                                                   {"cluster_address", link.otherEnd.clusterAddress},
                                                   {"answers", link.said.has_value()}}},
                        {"verdict", verdict.state},
                        {"cause", verdict.cause},
                        {"next_step", verdict.nextStep},
                        {"horizon_seconds", secondsOf(link.facts.horizon)},
                        {"is_connected", link.facts.isConnected},
                        {"last_heartbeat_age_seconds", secondsOf(link.facts.heardAge)},
                        {"behind", link.facts.behind},
                        {"is_behind_known", link.isBehindKnown},
                        {"lag_seconds", secondsOf(link.facts.lag)},
                        {"state", link.state},
                        {"last_remote_wal", link.place.value()}};
    if (!link.askError.empty()) object["other_end_error"] = link.askError;
    return object;
}

Response MemberService::links()
{
    std::vector<LinkView> all = ownLinks(Type::Performance);
    for (auto& link : ownLinks(Type::Dr)) all.push_back(std::move(link));
    ask(all);
    json::array links;
    for (const LinkView& link : all) links.push_back(linkObject(link));
    json::array contests, twoPrimaries; // also shown by a cluster that has no link
    for (const Type type : {Type::Performance, Type::Dr}) {
        for (const auto& contest : m_services.manager.trust().contests(type)) {
            contests.push_back(json::object{{"type", std::string{toString(type)}},
                                            {"hash", toHex(contest.entry->hash)},
                                            {"kind", trust::toString(contest.entry->kind)},
                                            {"epoch", contest.entry->epoch},
                                            {"cause", contest.cause},
                                            {"safe", contest.safe},
                                            {"if_chosen", contest.ifChosen},
                                            {"next_step", contest.nextStep}});
        }
        for (auto& other : otherPrimaries(type)) twoPrimaries.push_back(std::move(other));
    }
    double rate = 0;
    {
        MutexLock lock{m_mutex};
        rate = m_written.perSecond();
    }
    return Response::ofData({{"links", std::move(links)},
                             {"contests", std::move(contests)},
                             {"two_primaries", std::move(twoPrimaries)},
                             {"log", json::object{{"oldest_wal", m_services.store.oldestIndex().value()},
                                                  {"last_wal", m_services.store.appliedIndex().value()},
                                                  {"bytes", m_services.store.statistics().logBytes},
                                                  {"retention_bytes", m_services.retentionBytes},
                                                  {"retention_seconds", m_services.retentionAge.count()},
                                                  {"entries_per_second", rate}}}});
}

json::array MemberService::otherPrimaries(Type type) const
{
    json::array out;
    for (const auto& other : m_services.manager.otherPrimaries().list(type)) {
        out.push_back(json::object{{"type", std::string{toString(type)}},
                                   {"cluster_name", other.clusterName},
                                   {"api_address", other.apiAddress},
                                   {"cluster_address", other.clusterAddress},
                                   {"epoch", other.epoch.value()},
                                   {"told_by", json::array(other.toldBy.begin(), other.toldBy.end())},
                                   {"cause", other.cause},
                                   {"safe", other.safe},
                                   {"next_step", other.nextStep}});
    }
    return out;
}

void MemberService::addVerdicts(Type type, json::object& status) const
{
    if (auto others = otherPrimaries(type); !others.empty()) status["two_primaries"] = std::move(others);
    if (auto failure = auditFailure(); !failure.empty() && status.size() > 1) status["audit_failure"] = std::move(failure);
    if (const auto conflicts = mountConflicts(); !conflicts.empty() && status.size() > 1) {
        auto& list = status["mount_conflicts"].emplace_array();
        for (const auto& conflict : conflicts) list.emplace_back(conflict);
    }
    if (type == Type::Performance) addBelow(status);
    for (const LinkView& link : ownLinks(type)) {
        const LinkVerdict verdict = verdictOf(link.facts);
        json::object* target = &status;
        if (!link.isToPrimary) {
            target = nullptr;
            auto* items = status.if_contains("secondaries");
            if (!items || !items->is_array()) continue;
            for (auto& item : items->as_array()) {
                if (item.as_object().at("node_id").as_string() == link.id) target = &item.as_object();
            }
            if (!target) continue;
        }
        (*target)["verdict"] = verdict.state;
        std::string cause = verdict.cause;
        if (const auto* required = status.if_contains("rekey_required"); required && required->is_string()) {
            cause.append(cause.empty() ? "" : "; ").append(required->get_string());
        }
        const auto isNamedIn = [&](const char* field) {
            const auto* waiting = status.if_contains(field);
            return !link.isToPrimary && waiting && waiting->is_array() &&
                   std::ranges::any_of(waiting->get_array(), [&](const auto& one) { return one.is_string() && one.get_string() == link.id; });
        };
        if (isNamedIn("without_new_keys")) cause.append(cause.empty() ? "" : "; ").append(link.id + " has not made new keys yet");
        if (isNamedIn("without_new_transport_ca"))
            cause.append(cause.empty() ? "" : "; ").append(link.id + " does not know the new transport CA yet");
        (*target)["verdict_cause"] = cause;
        if (link.facts.horizon) (*target)["horizon_seconds"] = secondsOf(link.facts.horizon);
    }
}

std::vector<Metric> MemberService::metrics() const
{
    static constexpr const char* kNames[] = {"healthy",  "catching_up", "lagging",  "stalled",   "broken",        "diverged",     "fenced",
                                             "awaiting", "blocked",     "conflict", "contested", "two_primaries", "older_storage"};
    double counts[std::size(kNames)] = {};
    std::optional<milliseconds> horizon;
    bool isAny = false;
    for (const Type type : {Type::Performance, Type::Dr}) {
        for (const LinkView& link : ownLinks(type)) {
            isAny = true;
            counts[verdictOf(link.facts).level] += 1;
            if (link.facts.horizon) horizon = horizon ? std::min(*horizon, *link.facts.horizon) : *link.facts.horizon;
        }
    }
    std::vector<Metric> out;
    if (!isAny) return out;
    for (std::size_t at = 0; at < std::size(kNames); ++at) out.push_back({std::string{"holdfast.replication.links."} + kNames[at], counts[at]});
    if (horizon) out.push_back({"holdfast.replication.horizon.seconds.min", static_cast<double>(horizon->count()) / 1000.0});
    return out;
}

} // namespace core::replication
