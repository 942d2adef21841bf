#include "core/replication/peers/member_answers.h"

#include "core/base/logging.h"
#include "core/replication/promotion/log_tail.h"
#include "core/replication/set/statement.h"
#include "core/replication/wire/peer.pb.h"
#include "core/replication/wire/wire_values.h"

#include <algorithm>

namespace core::replication {

namespace {

constexpr std::size_t kEntriesMax = 10'000; // names in one answer
constexpr int kConflictsMax = 100;          // in one answer
constexpr std::size_t kRecordBytesAsked = 8u << 20;

std::int64_t ageMs(WallTime then, WallTime now)
{
    return then == WallTime{} ? -1 : std::max<std::int64_t>(0, toUnixMs(now) - toUnixMs(then));
}

} // namespace

void MemberAnswers::answer(const Member& peer, wire::PeerRequest request, std::function<void(wire::PeerAnswer)> done)
{
    m_background.post([this, peer, request = std::move(request), done = std::move(done)] {
        logging::debug("replication", "answering another member", {{"id", peer.id}});
        done(answerNow(peer, request));
    });
}

wire::PeerAnswer MemberAnswers::answerNow(const Member& peer, const wire::PeerRequest& request)
{
    wire::PeerAnswer answer;
    switch (request.question_case()) {
    case wire::PeerRequest::kDescribe: describe(*answer.mutable_description()); break;
    case wire::PeerRequest::kLogTail:
        if (auto told = reportLogTail(peer, request.log_tail(), *answer.mutable_log_tail()); !told) {
            answer.Clear();
            answer.set_error(core::toString(told.error()));
        }
        break;
    case wire::PeerRequest::kPromotion: acknowledge(peer, request.promotion(), answer); break;
    case wire::PeerRequest::kTrust: tellTrust(peer, request.trust(), answer); break;
    case wire::PeerRequest::kFormerPrimary: noteFormerPrimary(peer, request.former_primary()); break;
    case wire::PeerRequest::kAuthority: tellAuthority(peer, request.authority(), answer); break;
    case wire::PeerRequest::kBelow: m_reports.noteBelow(peer, request.below()); break;
    case wire::PeerRequest::kLocalMounts: m_reports.noteLocalMounts(peer, request.local_mounts()); break;
    case wire::PeerRequest::QUESTION_NOT_SET: answer.set_error("a question that this version does not know"); break;
    }
    return answer;
}

bool MemberAnswers::isOfSet(const Member& peer, Type type) const
{
    return type == Type::Performance ||
           std::ranges::any_of(m_questions.transport() ? m_questions.transport()->members() : Members{},
                               [&](const Member& member) { return member.fingerprint == peer.fingerprint && member.type == Type::Dr; });
}

void MemberAnswers::tellTrust(const Member& peer, const wire::PeerRequest::TrustQuestion& question, wire::PeerAnswer& answer) const
{
    const Type type = typeFromWire(question.type());
    if (!isOfSet(peer, type)) return answer.set_error("the list of the DR set is for its members");
    for (auto& entry : m_services.manager.trust().missingAt(type, question.head())) answer.add_trust(std::move(entry));
}

/// Only the primary answers: a relay's authority is another one, and a copy's may be that of before.
void MemberAnswers::tellAuthority(const Member& peer, const wire::PeerRequest::Authority& question, wire::PeerAnswer& answer) const
{
    const Type type = typeFromWire(question.type());
    const auto role = m_services.manager.roles().role(type);
    const bool leads = role->mode == Mode::Primary && m_services.manager.roles().isPlayed(type) && role->authority && !role->isReplaced();
    if (!leads) return answer.set_error("this cluster is not the primary");
    if (!isOfSet(peer, type)) return answer.set_error("the transport CA of the DR set is for its members");
    answer.set_authority(role->authority->certificate);
}

void MemberAnswers::acknowledge(const Member& peer, const wire::PeerRequest::Promotion& shown, wire::PeerAnswer& answer)
{
    const Type type = typeFromWire(shown.type());
    ReplicationManager& manager = m_services.manager;
    const auto role = manager.roles().role(type);
    if (role->mode == Mode::Disabled || !manager.roles().isPlayed(type)) {
        answer.set_error("this cluster has no role in " + std::string{toString(type)} + " replication");
        return;
    }
    // A DR copy of the primary may show promotions of both sets. A performance secondary must not speak for the DR set.
    if (!isOfSet(peer, type)) {
        answer.set_error("only a member of the DR set may show a promotion of that set");
        return;
    }
    // This answer does not wait for the judgement. The member shows its promotion again until this cluster knows it.
    const bool keepsToAddresses = role->mode == Mode::Secondary && !m_services.discoversServers;
    const bool isNews =
        !keepsToAddresses && (manager.epochs().isNewsHere(type, shown.statement()) || manager.trust().lacks(type, shown.trust_head()));
    const bool isToBeJudged = isNews && (manager.otherPrimaries().noteLater(type, peer, shown.statement()) || !shown.is_follower());
    const std::string from = "member \"" + peer.id + "\" " + peer.endpoint.clusterAddress;
    if (shown.trust_size() > 0 && manager.trust().lacks(type, shown.trust_head())) {
        manager.trust().told({.link = type, .message = {.type = type, .entries = {shown.trust().begin(), shown.trust().end()}}, .from = from});
    }
    if (isToBeJudged) {
        logging::info("replication", "a member shows a later epoch", {{"type", std::string{toString(type)}}, {"from", from}});
        manager.epochs().noteLater(type, shown.statement(),
                                   {.isPrimarys = false, .isFollowed = false, .from = from, .trustHead = shown.trust_head()});
    }
    auto& said = *answer.mutable_acknowledgement();
    said.set_is_acknowledged(!isNews);
    said.set_mode(static_cast<std::uint32_t>(role->mode));
    said.set_is_replaced(role->isReplaced());
    said.set_has_trust_head(!shown.trust_head().empty() && manager.roles().trust(type) && !manager.trust().lacks(type, shown.trust_head()));
}

void MemberAnswers::noteFormerPrimary(const Member& peer, const wire::PeerRequest::FormerPrimaryReport& told)
{
    const Type type = typeFromWire(told.type());
    if (!isOfSet(peer, type)) return;
    m_services.manager.otherPrimaries().noteFormer(type, peer,
                                                   {told.statement(),
                                                    {addressFromWire(told.api_address()), addressFromWire(told.cluster_address())},
                                                    keyFromWire(told.member_key()),
                                                    told.is_primary()});
}

void MemberAnswers::describe(wire::PeerDescription& out) const
{
    out.set_cluster_name(m_services.clusterName());
    out.set_version(m_services.manager.program());
    out.set_unix_ms(toUnixMs(m_services.clock.now()));
    const auto state = m_services.store.forest().state(LinkFilter{Type::Performance}.trees());
    out.set_shared_root(merkle::Forest::rootOf(state));
    out.set_applied_index(m_services.store.appliedIndex().value());
    out.set_relevant_index(m_services.store.lastReplicatedIndex().value());
    out.set_log_id(m_services.store.logId());
    if (m_services.clusterId) out.set_cluster_id(m_services.clusterId());
    for (auto& conflict : m_questions.mountConflicts()) {
        if (out.mount_conflicts_size() < kConflictsMax) out.add_mount_conflicts(conflict.substr(0, 600));
    }
    out.set_knows_trust(true);
    out.set_audit_failure(m_questions.auditFailure().substr(0, 500));
    if (m_services.preparation) {
        const auto prepared = m_services.preparation();
        out.set_operation_token_count(prepared.operationTokenCount);
        out.set_is_token_generation_closed(prepared.isTokenGenerationClosed);
        out.set_last_drill_time(prepared.drillTime);
        out.set_last_drill_state(prepared.drillState);
    }
    for (const Type type : {Type::Performance, Type::Dr}) {
        if (m_services.manager.roles().isPlayed(type) && m_services.manager.roles().mode(type) != Mode::Disabled)
            describeRole(type, *out.add_roles());
    }
}

void MemberAnswers::describeRole(Type type, wire::PeerRole& out) const
{
    const WallTime now = m_services.clock.now();
    const auto role = m_services.manager.roles().role(type);
    const LinkStatus report = m_services.manager.roles().report(type);
    out.set_type(toWire(type));
    out.set_mode(static_cast<std::uint32_t>(role->mode));
    out.set_set_id(role->setId);
    out.set_epoch(role->epoch.value());
    if (role->isReplaced()) out.set_fenced_by_epoch(latestEpoch(*role).value());
    out.set_latest_statement(role->latestStatement());
    if (role->isReplaced() || (role->mode == Mode::Secondary && !role->isRelay())) out.set_successor_key(role->primaryKey);
    if (role->mode == Mode::Primary) {
        out.set_statement(role->statement);
        for (const LinkView& link : m_links.ownLinks(type)) {
            if (link.isToPrimary) continue; // an activation that failed
            wire::PeerLink& row = *out.add_links();
            row.set_id(link.id);
            row.set_is_connected(link.facts.isConnected);
            row.set_heard_age_ms(link.facts.heardAge ? link.facts.heardAge->count() : -1);
            row.set_relevant_index(link.place.value());
            row.set_behind(link.facts.behind);
            row.set_horizon_ms(link.facts.horizon ? link.facts.horizon->count() : -1);
        }
        return;
    }
    const Position position = m_questions.livePosition(type);
    out.set_secondary_id(role->secondaryId);
    out.set_log_id(position.primaryLogId());
    out.set_index(position.index.value());
    out.set_relevant_index(position.lastRelevantIndex.value());
    out.set_is_consistent(position.isConsistent());
    out.set_connection_state(std::string{toString(report.connection)});
    out.set_state(std::string{toString(report.state)});
    const auto age = ageMs(report.primary.heardAt, now);
    out.set_sees_primary(report.isRunning && report.connection == ConnectionState::Ready && age >= 0 && age < kSilenceMax.count());
    out.set_primary_heard_age_ms(age);
    out.set_primary_index(report.primary.index.value());
    out.set_primary_relevant_index(report.primary.lastRelevantIndex.value());
    out.set_last_error(report.lastError.substr(0, 500));
    out.set_reconcile_count(report.statistics.reconcileCount);
    for (const LinkView& link : m_links.ownLinks(type)) {
        out.set_rejected_count(link.facts.entriesRejected);
        out.set_roots_different_count(link.facts.rootsDifferent);
    }
    out.set_equal_index(report.equality.index.value());
    out.set_equal_root(report.equality.root);
    out.set_lag_ms(report.canaryAge ? report.canaryAge->count() : -1);
    out.set_is_in_sync(report.isInSync);
}

Result<> MemberAnswers::reportLogTail(const Member& peer, const wire::PeerRequest::LogTail& question, wire::LogTailAnswer& out) const
{
    LogTailQuery query;
    query.logId = question.log_id();
    query.index = LogIndex{question.index()};
    query.isWithLocal = question.is_with_local();
    query.entryMax = std::min<std::size_t>(question.entry_max(), kEntriesMax);
    query.recordBytes = std::min<std::size_t>(question.record_bytes(), kRecordBytesAsked);
    // A performance secondary must not learn from others what a filter holds back from it. Only DR secondaries may hold everything.
    const bool isAskerWhole = peer.type == Type::Dr && !peer.isPrimary;
    if (!isAskerWhole && (query.isWithLocal || query.recordBytes > 0)) {
        return Error{ErrorCode::PermissionDenied, "only a DR secondary may copy entries"};
    }
    if (query.logId.empty()) return Error{ErrorCode::InvalidArgument, "the question names an index but no log"};

    const auto& manager = m_services.manager;
    std::optional<Type> followed;
    for (const Type type : {Type::Performance, Type::Dr}) {
        if (manager.roles().role(type)->mode == Mode::Secondary && manager.roles().isPlayed(type)) followed = type;
    }
    if (!followed) {
        out.set_reason("is no secondary");
        return {};
    }
    const Position position = m_questions.livePosition(*followed);
    // The asking cluster knows an earlier primary. What this one holds since then belongs to another history.
    if (*followed == Type::Performance && question.performance_epoch() < position.epoch.value()) {
        out.set_reason("has followed a later primary (epoch " + core::toString(position.epoch) + ")");
        return {};
    }
    if (position.isSalvaged()) {
        out.set_reason("has itself taken over entries");
        return {};
    }
    const bool isFiltered = position.scope != 0;
    out.set_is_filtered(isFiltered);
    // A count is harmless, names are not: a filtered asker gets none.
    if (!isAskerWhole && (isFiltered || m_services.manager.scopes().isFiltered(peer.id))) query.entryMax = 0;
    auto beyond = readLogTail(m_services.store, *followed, position, query);
    if (!beyond) return std::move(beyond).error();
    out.set_reaches(beyond->reaches);
    out.set_reason(beyond->isCountAtLeast ? "more than was counted" : beyond->reason);
    out.set_through(beyond->through.value());
    out.set_count(beyond->count);
    out.set_oldest_unix_ms(toUnixMs(beyond->oldest));
    out.set_newest_unix_ms(toUnixMs(beyond->newest));
    out.set_is_last(beyond->isLast);
    const auto name = beyond->entries.empty() ? std::function<std::string(std::string_view)>{} : m_services.names();
    for (const auto& entry : beyond->entries) {
        wire::LogTailEntry& row = *out.add_entries();
        row.set_key(entry.key);
        row.set_path(name(entry.key));
        row.set_is_erased(entry.isErased);
        row.set_index(entry.index.value());
        row.set_unix_ms(toUnixMs(entry.at));
        row.set_key_hash(entry.keyHash.data(), entry.keyHash.size());
        row.set_leaf_digest(entry.leafDigest.data(), entry.leafDigest.size());
    }
    if (query.recordBytes == 0) return {};
    out.set_records(std::move(beyond->records));
    const auto state = m_services.store.forest().state(LinkFilter{Type::Performance}.trees());
    out.set_shared_root(merkle::Forest::rootOf(state));
    for (const auto& tree : state.trees) {
        wire::TreeRoot& root = *out.add_shared_trees();
        root.set_tree(tree.tree);
        root.set_digest(tree.digest.data(), tree.digest.size());
        root.set_leaf_count(tree.leafCount);
    }
    return {};
}

} // namespace core::replication
