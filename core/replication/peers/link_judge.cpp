#include "core/replication/peers/link_judge.h"

#include "core/base/origin.h"
#include "core/replication/wire/peer.pb.h"
#include "core/replication/peers/member_values.h"
#include "core/replication/set/statement.h"

#include <algorithm>

namespace core::replication {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kAskMax{2000};
constexpr std::chrono::seconds kBehindWindow{60};

milliseconds ageOf(WallTime then, WallTime now)
{
    return std::max(milliseconds{0}, std::chrono::duration_cast<milliseconds>(now - then));
}

} // namespace

LinkJudge::LinkJudge(const MemberServices& services, const MemberQuestions& questions, const MemberReports& reports)
    : m_services{services}
    , m_questions{questions}
    , m_reports{reports}
{
    m_primaryWritten.try_emplace(Type::Performance);
    m_primaryWritten.try_emplace(Type::Dr);
}

double LinkJudge::primaryEntriesPerSecond(Type type) const
{
    MutexLock lock{m_mutex};
    return m_primaryWritten.at(type).perSecond();
}

void LinkJudge::tick()
{
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

std::vector<LinkView> LinkJudge::ownLinks(Type type) const
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
    const std::string blocked = m_questions.auditFailure();
    const auto conflicts = m_questions.mountConflicts();
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
        if (type == Type::Performance) m_reports.addTold(known.id, facts);
        MutexLock lock{m_mutex};
        fill(link);
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

void LinkJudge::ask(std::vector<LinkView>& links) const
{
    if (!m_questions.transport()) return;
    // Each other end is asked once, for all links to it.
    const Members all = m_questions.transport()->members();
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
    const auto asked = m_questions.askAll(wanted, request, kAskMax);
    for (LinkView& link : links) {
        const auto member = memberOf(link);
        const auto answer = member == all.end()
                                ? asked.end()
                                : std::ranges::find_if(asked, [&](const AskedMember& one) { return one.member.fingerprint == member->fingerprint; });
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

} // namespace core::replication
