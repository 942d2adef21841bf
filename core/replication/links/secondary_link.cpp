#include "core/replication/links/secondary_link.h"

#include "core/barrier/keyring.h"
#include "core/base/bytes.h"
#include "core/base/logging.h"
#include "core/replication/wire/batch.h"
#include "core/replication/wire/genuine_entry.h"
#include "core/replication/links/refusal_advice.h"
#include "core/replication/set/members.h"
#include "core/replication/wire/peer.pb.h"
#include "core/replication/wire/program_version.h"
#include "core/replication/wire/wire_values.h"

#include <algorithm>

namespace core::replication {

namespace {

constexpr int kMembersMax = 4096;
constexpr std::size_t kDetailBytesMax = 1000; // of a refusal
constexpr const char* kRelayRevoked =
    "this relay was revoked by its primary and receives nothing more. What is stored here stays. Let this cluster follow "
    "the primary or another relay: sys/replication/performance/secondary/update-primary with a token made there";

std::int64_t steadyMs(const Clock& clock)
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(clock.steadyNow().time_since_epoch()).count();
}

} // namespace

std::string_view toString(SecondaryLink::State state)
{
    switch (state) {
    case SecondaryLink::State::Idle: return "idle";
    case SecondaryLink::State::MerkleDiff: return "merkle-diff";
    case SecondaryLink::State::MerkleSync: return "merkle-sync";
    case SecondaryLink::State::StreamWals: return "stream-wals";
    }
    return "idle";
}

SecondaryLink::SecondaryLink(Options options, const log::Store& store, const LeafHasher& hasher, const Clock& clock, LocalInfo local,
                             Position position)
    : m_options{std::move(options)}
    , m_whole{m_options.type}
    , m_store{store}
    , m_hasher{hasher}
    , m_clock{clock}
    , m_local{std::move(local)}
    , m_position{std::move(position)}
    , m_watch{m_options.type}
    , m_queue{{m_options.type, m_options.applyBytes}, m_position}
{}

void SecondaryLink::inherit(const Past& past)
{
    if (past.logId.empty() || past.logId != m_position.primaryLogId()) return;
    m_peer.endpoint = past.peer.endpoint;
    m_peer.index = past.peer.index;
    m_peer.lastRelevantIndex = past.peer.lastRelevantIndex;
    m_peer.heardAt = past.peer.heardAt;
    m_peer.clockSkew = past.peer.clockSkew;
    m_peer.program = past.peer.program;
    m_canaryMs = past.canaryMs;
    m_equality = past.equality;
}

void SecondaryLink::connected(std::string exporter)
{
    m_identity.claim = {.exporter = std::move(exporter),
                        .protocol = linkProtocol(m_options.type),
                        .setId = m_local.setId,
                        .type = std::string{toString(m_options.type)},
                        .seat = m_options.secondaryId};
    m_primaryKey.clear();
    m_failure.reset();
    m_isRefused = false;
    m_trustTeller = {}; // the primary may have another log than at the last connection
    m_exclusion.clear();
    m_lastFrame = m_clock.steadyNow();
    // The hello names the root and the place in the log. A batch that is still being applied changes both, so the hello waits for it.
    m_stage = Stage::AwaitingApply;
    if (!isBusy()) sayHello();
}

void SecondaryLink::disconnected()
{
    m_stage = Stage::Disconnected;
    m_control.clear();
    m_pagesToSend.clear();
    m_isLeavesEndDue = false;
    m_ownPages = {};
    // Items of the former connection are dropped. The batch under way is already with the store, so it stays in the queue as `flight`.
    m_queue.clear();
    m_keys.reset();
    m_hasKeyringRows = false;
    // Keys that are being stored cannot be called back. Their result must not fail the next connection.
    m_keysState = m_keysState == Keys::Storing || m_keysState == Keys::StoringForFormer ? Keys::StoringForFormer : Keys::None;
    m_handovers.clear();
    m_isReconciling = false;
    m_progress = {};
    if (m_state == State::MerkleDiff || m_state == State::MerkleSync) m_state = State::Idle;
}

void SecondaryLink::fail(Error error, wire::Refusal::Code code)
{
    if (m_failure) return;
    wire::Refusal refusal;
    refusal.set_code(code);
    refusal.set_detail(error.detail.substr(0, 1000));
    refusal.set_epoch(std::max(m_position.epoch, m_local.epoch).value());
    refusal.set_statement(m_local.statement);
    m_control.push_back(encodeFrame(FrameType::Refusal, refusal));
    m_failure = std::move(error);
    m_failureCode = code;
    m_isPrimarysWord = false;
}

std::string SecondaryLink::refusalAdvice() const
{
    return replication::refusalAdvice(m_isPrimarysWord ? RefusedBy::Primary : RefusedBy::Secondary, m_failureCode, m_options.type,
                                      m_options.secondaryId);
}

void SecondaryLink::sayHello()
{
    const auto state = m_store.forest().state(m_whole.trees());
    wire::Hello hello;
    hello.set_version(kProtocolVersion);
    hello.set_set_id(m_local.setId);
    hello.set_epoch(std::max(m_position.epoch, m_local.epoch).value());
    hello.set_secondary_id(m_options.secondaryId);
    // Without a place in the log the primary must reconcile.
    if (!m_mustReconcile) {
        hello.set_log_id(m_position.logId);
        hello.set_index(m_position.index.value());
        hello.set_scope(m_position.scope);
    }
    for (const auto& tree : state.trees) {
        wire::TreeDigest& digest = *hello.add_trees();
        digest.set_tree(tree.tree);
        digest.set_digest(tree.digest.data(), tree.digest.size());
        digest.set_leaf_count(tree.leafCount);
    }
    hello.set_window_bytes(m_options.windowBytes);
    hello.set_digest_bytes(m_digestBytes);
    toWire(m_local.self, *hello.mutable_self());
    hello.set_peer_fingerprint(m_local.peerFingerprint);
    hello.set_cluster_id(m_local.clusterId);
    hello.set_statement(m_local.statement);
    hello.set_program(m_local.program);
    tellKeyIds(*hello.mutable_root_key_id(), *hello.mutable_term_id());
    if (m_options.keys) hello.set_token_key(m_options.keys->tokenKey());
    if (m_identity.canProve(m_local.keys)) m_identity.prove(m_local.keys, true, hello.mutable_proof());
    for (const auto& key : m_local.standIns) hello.add_stand_ins(key);
    hello.set_cluster_name(m_local.clusterName);
    hello.set_knows_trust(true);
    hello.set_tells_trust_first(true);
    hello.set_authority(m_local.trustedAuthority);
    toWire(m_local.trust, *hello.mutable_trust());
    std::string frame = hello.SerializeAsString();
    if (frame.size() > frameBytesMax(FrameType::Hello)) {
        return fail(Error{ErrorCode::TooLarge, "hello of " + std::to_string(frame.size()) + " bytes"});
    }
    m_control.push_back(encodeFrame(FrameType::Hello, frame));
    m_stage = Stage::AwaitingWelcome;
    m_lastHeartbeat = m_clock.steadyNow();
    m_lastReport.reset();
    m_skewCount = 0;
}

bool SecondaryLink::isBelow(const google::protobuf::RepeatedPtrField<std::string>& chain)
{
    if (m_local.clusterId.empty() || std::ranges::find(chain, m_local.clusterId) == chain.end()) return true;
    fail(Error{ErrorCode::FailedPrecondition, ringText({chain.begin(), chain.end()}, m_local.clusterId)}, wire::Refusal::RING);
    m_isRefused = true;
    return false;
}

std::string SecondaryLink::leaderKeyOf(const wire::LinkProof& proof) const
{
    std::string key = m_identity.provenKey(proof, false);
    if (!key.empty() && isProofDue() && LinkIdentity::knownKey(proof, m_leaderKeys).empty()) return {};
    return key;
}

bool SecondaryLink::acceptProof(const wire::Welcome& welcome)
{
    const auto refuse = [this](const char* why) {
        fail(Error{ErrorCode::PermissionDenied, why}, wire::Refusal::IDENTITY);
        m_isRefused = true;
        return false;
    };
    m_primaryKey = leaderKeyOf(welcome.proof());
    if (!isProofDue()) { // activated by an older version: from now on this key counts
        if (!m_primaryKey.empty()) m_proven = Proven{m_primaryKey, {}};
        return true;
    }
    if (m_primaryKey.empty()) {
        return refuse(
            "this cluster has a certificate of the primary's authority, but does not prove the key of the primary or of a member that may succeed it");
    }
    if (m_primaryKey == m_leaderKeys.front()) return true;
    if (const auto known = LinkIdentity::knownKey(welcome.proof(), m_leaderKeys); known != m_primaryKey) m_proven = Proven{m_primaryKey, known};
    // A member that may succeed the primary. onWelcome() checks its epoch and statement next.
    std::erase(m_leaderKeys, m_primaryKey);
    m_leaderKeys.insert(m_leaderKeys.begin(), m_primaryKey);
    return true;
}

bool SecondaryLink::observeEpoch(std::string_view statement, std::uint64_t epoch, bool isOwn, const std::string& leaderKey)
{
    const auto refuse = [this](const char* why) {
        fail(Error{ErrorCode::FailedPrecondition, why}, wire::Refusal::EPOCH);
        m_isRefused = true;
        return false;
    };
    switch (m_watch.observe(statement, Epoch{epoch}, m_local)) {
    case EpochWatch::StatementAge::Earlier: return refuse("this primary has been replaced by a later one");
    case EpochWatch::StatementAge::Unproven: return refuse("this primary shows no genuine statement of its epoch");
    case EpochWatch::StatementAge::Later:
        if (m_local.trust.of(m_options.type)) { // the statement alone does not count: the trust log must say the same first
            m_learned = Learned{m_watch.laterEncoded(), isOwn, leaderKey};
            fail(Error{ErrorCode::PermissionDenied, "the set's trust log does not show yet that this cluster is the primary"},
                 wire::Refusal::UNKNOWN);
            m_isRefused = isOwn;
            return false;
        }
        m_local.statement = m_watch.laterEncoded();
        m_local.epoch = m_watch.later()->epoch;
        m_learned = Learned{m_local.statement, isOwn, leaderKey};
        break;
    case EpochWatch::StatementAge::Known: break;
    }
    // `m_position.epoch` survives restarts. A primary of an earlier epoch was replaced, even if no statement says so.
    if (m_local.epoch < m_position.epoch) return refuse("this primary has been replaced by a later one");
    m_position.epoch = m_local.epoch;
    return true;
}

void SecondaryLink::received(const Frame& frame)
{
    if (m_failure || m_stage == Stage::Disconnected) return;
    m_lastFrame = m_clock.steadyNow();
    m_statistics.bytesReceived += frame.payload.size() + kFrameHeaderBytes;
    const bool isBeforeWelcome = m_stage != Stage::Welcomed;
    // Entries of a trust log prove themselves, so any cluster may send them, also before the Welcome.
    const bool mayComeFirst = frame.type == FrameType::Welcome || frame.type == FrameType::Refusal || frame.type == FrameType::Trust;
    if (isBeforeWelcome && !mayComeFirst) {
        return fail(Error{ErrorCode::Corrupt, "the primary answers a hello with a welcome"});
    }
    switch (frame.type) {
    case FrameType::Welcome: return onWelcome(frame);
    case FrameType::Refusal: return onRefusal(frame);
    case FrameType::Heartbeat: return onHeartbeat(frame);
    case FrameType::Members: return onMembers(frame);
    case FrameType::Trust:
        if (!m_trustInbox.receive(frame, m_clock.steadyNow())) fail(Error{ErrorCode::Corrupt, "trust frame"});
        else if (isBeforeWelcome) m_trustTeller.heardBefore(frame, m_local.trust);
        return;
    case FrameType::Records: return onRecords(frame);
    case FrameType::Scope: return onScope(frame);
    case FrameType::Keys: return onKeys(frame);
    case FrameType::TokenKeys: m_tokenKeys = frame.payload; return;
    case FrameType::PageDigests: return onPageDigests(frame);
    case FrameType::PageDigestsEnd: m_isLeavesEndDue = true; return;
    case FrameType::Entries: return onEntries(frame);
    case FrameType::AbsentLeaves: return onAbsentLeaves(frame);
    case FrameType::ReconcileEnd: return onReconcileEnd(frame);
    case FrameType::Marker: {
        wire::Marker marker;
        if (m_isReconciling || !parseFrame(frame, marker)) return fail(Error{ErrorCode::Corrupt, "marker frame"});
        m_queue.push(std::move(marker));
        return settleDue();
    }
    case FrameType::Handover: {
        wire::Handover handover;
        if (!parseFrame(frame, handover)) return fail(Error{ErrorCode::Corrupt, "handover frame"});
        if (handover.step() != wire::Handover::PREPARE) {
            if (m_handovers.size() < 16) m_handovers.push_back(std::move(handover)); // an honest primary has one switchover under way
            return;
        }
        if (m_isReconciling) return fail(Error{ErrorCode::Corrupt, "handover frame"});
        m_queue.push(std::move(handover));
        return settleDue();
    }
    default: return fail(Error{ErrorCode::Corrupt, "a frame that only a secondary sends"});
    }
}

void SecondaryLink::onWelcome(const Frame& frame)
{
    wire::Welcome welcome;
    if (m_stage != Stage::AwaitingWelcome || !parseFrame(frame, welcome)) {
        return fail(Error{ErrorCode::Corrupt, "welcome frame"});
    }
    const std::string leader = isProofDue() ? m_leaderKeys.front() : std::string{}; // acceptProof() may put another key in front
    if (!acceptProof(welcome)) return;
    // The proof comes first. A stranger with a certificate of the authority must not make this cluster learn statements or apply data.
    if (!observeEpoch(welcome.statement(), welcome.epoch(), true, m_primaryKey)) return;
    // A member with the right could show the statement of the leader before, and lead without a takeover that others can contest.
    if (m_local.trust.of(m_options.type) && isProofDue() && LinkIdentity::knownKey(welcome.proof(), {leader}).empty()) {
        return fail(Error{ErrorCode::PermissionDenied, "the set's trust log does not show that this cluster is the primary"}, wire::Refusal::UNKNOWN);
    }
    if (!isBelow(welcome.chain())) return;
    m_peer.chain = chainFromWire(welcome.chain());
    m_stage = Stage::Welcomed;
    if (welcome.trust_size() > 0) m_trustTeller.begin();
    m_trustTeller.heard(welcome.trust());
    m_peer.endpoint = fromWire(welcome.self());
    m_peer.program = programFromWire(welcome.program());
    m_peer.heardAt = m_clock.now();
    m_primaryLogId = welcome.log_id();
    m_scope = welcome.scope();
    if (welcome.streams()) {
        // A stream from another place would skip records or apply old ones again.
        if (welcome.log_id() != m_position.logId || welcome.index() != m_position.index.value() || m_mustReconcile || m_scope != m_position.scope) {
            return fail(Error{ErrorCode::Corrupt, "the stream begins at another place than the hello asked for"});
        }
        m_state = State::StreamWals;
        m_receivedThrough = LogIndex{welcome.index()};
        return;
    }
    ++m_statistics.reconcileCount;
    m_state = State::MerkleDiff;
    m_isReconciling = true;
    m_reconcileIndex = LogIndex{welcome.index()};
    m_receivedThrough = m_reconcileIndex;
    m_progress = {0, welcome.whole_leaf_count()};
    if (welcome.whole_leaf_count() > 0) m_state = State::MerkleSync;
    for (const auto& tree : welcome.absent_trees()) eraseTree(tree);
}

void SecondaryLink::onRefusal(const Frame& frame)
{
    wire::Refusal refusal;
    if (!parseFrame(frame, refusal)) return fail(Error{ErrorCode::Corrupt, "refusal frame"});
    // Only the primary, or a member that may have succeeded it, may say that another cluster leads.
    const bool isReplaced = refusal.code() == wire::Refusal::EPOCH && !refusal.statement().empty() &&
                            (!isProofDue() || !leaderKeyOf(refusal.proof()).empty()) &&
                            m_watch.observe(refusal.statement(), Epoch{refusal.epoch()}, m_local) == EpochWatch::StatementAge::Later;
    if (isReplaced) m_learned = Learned{m_watch.laterEncoded(), false, keyFromWire(refusal.successor_key())};
    m_isRefused = refusal.code() == wire::Refusal::SET || refusal.code() == wire::Refusal::IDENTITY || refusal.code() == wire::Refusal::ROLE ||
                  refusal.code() == wire::Refusal::VERSION || refusal.code() == wire::Refusal::EPOCH || refusal.code() == wire::Refusal::RING;
    const std::string detail = refusal.detail().substr(0, kDetailBytesMax);
    if (refusal.code() == wire::Refusal::IDENTITY) m_exclusion = kRelayRevoked;
    if (refusal.code() == wire::Refusal::ROLE) m_exclusion = detail; // of a relay that heard it from above
    m_failure = Error{ErrorCode::Unavailable, "the primary refused: " + detail};
    m_failureCode = refusal.code();
    m_isPrimarysWord = true;
}

void SecondaryLink::onHeartbeat(const Frame& frame)
{
    wire::Heartbeat beat;
    if (!parseFrame(frame, beat)) return fail(Error{ErrorCode::Corrupt, "heartbeat frame"});
    const auto told = EpochStatement::parse(beat.statement());
    const auto own = EpochStatement::parse(m_local.statement);
    const bool isSame = beat.statement() == m_local.statement || (told && own && told->isSameAs(*own));
    if (!beat.statement().empty() && !isSame) {
        if (!observeEpoch(beat.statement(), beat.epoch(), false, keyFromWire(beat.successor_key()))) return;
        return fail(Error{ErrorCode::FailedPrecondition, "the primary has been replaced by a later one"}, wire::Refusal::EPOCH);
    }
    if (!isBelow(beat.chain())) return;
    readHeartbeat(beat, m_clock.now(), m_peer);
    m_peer.authority = addressFromWire(beat.authority());
    m_skews[m_skewCount++ % m_skews.size()] = m_peer.clockSkew;
    m_primaryIndex = m_peer.lastRelevantIndex;
}

void SecondaryLink::onMembers(const Frame& frame)
{
    wire::Members list;
    if (!parseFrame(frame, list) || list.members_size() > kMembersMax) return fail(Error{ErrorCode::Corrupt, "members frame"});
    m_members = std::make_shared<const Members>(fromWire(list));
}

bool SecondaryLink::isGenuine(const log::OperationView& operation) const
{
    return replication::isGenuine(operation, m_whole, m_hasher);
}

void SecondaryLink::keepGenuine(log::EncodedOperations& operations)
{
    std::size_t rejected = 0;
    operations.forEach([&](const log::OperationView& operation) {
        rejected += isGenuine(operation) ? 0 : 1;
        m_hasKeyringRows = m_hasKeyringRows || operation.key == barrier::kKeyringKey;
    });
    if (rejected == 0) return;
    log::EncodedOperations genuine;
    operations.forEach([&](const log::OperationView& operation) {
        if (isGenuine(operation)) genuine.append(operation);
    });
    operations = std::move(genuine);
    m_statistics.entriesRejected += rejected;
    // The stream continues. The next marker's root differs, and the reconciliation fetches the entries that were left out.
    m_mustReconcile = true;
    logging::error("replication", "entries do not match the forest key and were left out; a reconciliation will fetch them again",
                   {{"type", std::string{toString(m_options.type)}}, {"count", std::to_string(rejected)}});
}

void SecondaryLink::onRecords(const Frame& frame)
{
    auto records = readRecords(frame.payload);
    const bool isGood = records && !m_isReconciling && m_state == State::StreamWals;
    if (!isGood) return fail(Error{ErrorCode::Corrupt, "records frame"});
    // If they were applied again, old values would replace newer ones.
    if (records->through <= m_receivedThrough) return fail(Error{ErrorCode::Corrupt, "records that have come before"});
    m_receivedThrough = records->through;
    keepGenuine(records->operations);
    m_queue.push(Data{std::move(records->operations), records->through, records->lastRelevant, frame.payload.size() + kFrameHeaderBytes});
}

/// New mounts extend what a filtered link carries. A place in the log is valid only with the scope up to there, so the scope waits in the
/// queue for its turn.
void SecondaryLink::onScope(const Frame& frame)
{
    if (frame.payload.size() != sizeof(std::uint64_t)) return fail(Error{ErrorCode::Corrupt, "scope frame"});
    const auto id = readLittleEndian<std::uint64_t>(frame.payload);
    if (m_isReconciling) m_scope = id; // the position gets it at the end of the reconciliation
    else m_queue.push(ApplyQueue::Scope{id});
    settleDue();
}

std::optional<SecondaryLink::Apply> SecondaryLink::takeApply()
{
    // After a failure nothing more is applied:
    // 1. A batch could not be stored.
    // 2. The next batch, with a later place in the log, has arrived already.
    // 3. If it were applied, the position would be past data that is missing here.
    if (m_queue.flight() || m_failure || m_keysState != Keys::None) return std::nullopt;
    settleDue();
    if (m_keysState != Keys::None) return std::nullopt;
    auto apply = m_queue.take(m_position, m_clock.now());
    if (apply && m_hasKeyringRows) keepTakeable(*apply);
    return apply;
}

void SecondaryLink::applied(const Result<LogIndex>& result)
{
    const auto flight = m_queue.land(result.has_value());
    if (!result) {
        if (flight.isOfThisConnection) fail(result.error().withContext("applying replicated data"), wire::Refusal::BUSY);
    } else {
        // The epoch may have grown while the batch was under way.
        const Epoch epoch = std::max(m_position.epoch, flight.position.epoch);
        m_position = flight.position;
        m_position.epoch = epoch;
        m_statistics.entriesApplied += flight.dataCount;
        if (m_isReconciling && flight.isOfThisConnection) m_progress.done += flight.dataCount;
        // Credit is returned only for bytes of this connection; the primary counts per connection.
        if (flight.isOfThisConnection && flight.bytes > 0) {
            wire::Credit credit;
            credit.set_bytes(flight.bytes);
            m_control.push_back(encodeFrame(FrameType::Credit, credit));
        }
    }
    if (m_stage == Stage::AwaitingApply && !isBusy()) sayHello();
    settleDue();
}

void SecondaryLink::settleDue()
{
    while (m_keysState == Keys::None) {
        auto due = m_queue.takeDue();
        if (!due) return;
        if (const auto* marker = std::get_if<wire::Marker>(&*due)) checkRoot(*marker);
        else if (const auto* prepare = std::get_if<wire::Handover>(&*due)) answerPrepare(*prepare);
        else if (const auto* scope = std::get_if<ApplyQueue::Scope>(&*due)) m_position.scope = m_scope = scope->id;
        else if (auto* keys = std::get_if<ApplyQueue::Keys>(&*due)) {
            m_keys = std::move(keys->bundle);
            m_keysState = Keys::Due;
        }
    }
}

void SecondaryLink::answerPrepare(const wire::Handover& prepare)
{
    if (m_failure) return;
    // As with a marker: everything before PREPARE has been applied.
    if (prepare.index() > m_position.index.value()) m_position.index = LogIndex{prepare.index()};
    wire::HandoverAnswer answer;
    answer.set_id(prepare.id());
    const bool isEqual = m_store.forest().root(m_whole.trees()) == prepare.root();
    const Follower former{m_peer.program, m_local.program}; // the relation of the two after the switchover
    answer.set_is_ready(isEqual && isInSync() && !m_local.isRelay && !former.isOlder());
    if (former.isOlder())
        answer.set_detail("it runs " + programText(m_local.program) + " and the primary " + programText(m_peer.program) +
                          ", which could not follow it; upgrade the primary first");
    else if (m_local.isRelay)
        answer.set_detail("it relays to secondaries of its own, which know it by a certificate that a new primary would not have; "
                          "end the relay, or demote here and promote there, which keeps them");
    else if (!isEqual) answer.set_detail("the roots differ at index " + std::to_string(prepare.index()));
    else if (!isInSync()) answer.set_detail("a reconciliation has not been proven complete yet");
    m_control.push_back(encodeFrame(FrameType::HandoverAnswer, answer));
}

std::optional<wire::Handover> SecondaryLink::takeHandover()
{
    if (m_handovers.empty()) return std::nullopt;
    auto handover = std::move(m_handovers.front());
    m_handovers.pop_front();
    return handover;
}

void SecondaryLink::answerHandover(const wire::HandoverAnswer& answer)
{
    if (m_stage == Stage::Welcomed && !m_failure) m_control.push_back(encodeFrame(FrameType::HandoverAnswer, answer));
}

/// The smallest of the last differences. If a heartbeat and a marker were delayed together, the heartbeat's own difference would hide the
/// marker's delay.
std::chrono::milliseconds SecondaryLink::clockSkew() const
{
    const auto count = std::min(m_skewCount, m_skews.size());
    return count == 0 ? std::chrono::milliseconds{0} : *std::min_element(m_skews.begin(), m_skews.begin() + static_cast<std::ptrdiff_t>(count));
}

void SecondaryLink::checkRoot(const wire::Marker& marker)
{
    if (m_failure) return;
    // Everything before the marker has been applied. So this is the place in the log, even if the last records carried nothing for this link.
    if (marker.index() > m_position.index.value()) m_position.index = LogIndex{marker.index()};
    const bool isEqual = m_store.forest().root(m_whole.trees()) == marker.root();
    if (isEqual) {
        ++m_statistics.rootsEqual;
        // Converted to steady time: if the wall clock is set back later, the data must not look newer than it is.
        const auto primarysNow = toUnixMs(m_clock.now()) - clockSkew().count();
        m_canaryMs = steadyMs(m_clock) - std::max<std::int64_t>(0, primarysNow - marker.unix_ms());
        // Data that a filter holds back counts as received, because nothing of it is missing here.
        const LogIndex lastRelevant{marker.last_relevant_index()};
        m_position.lastRelevantIndex = std::max(m_position.lastRelevantIndex, std::min(lastRelevant, m_position.index));
        m_equality = {LogIndex{marker.index()}, marker.root()};
        m_digestBytes = kPageDigestBytes;
        return;
    }
    ++m_statistics.rootsDifferent;
    m_mustReconcile = true;
    m_digestBytes = kPageDigestBytesFull; // a brief form may have hidden the difference; the full form cannot
    logging::warn("replication", "roots differ, reconciling",
                  {{"type", std::string{toString(m_options.type)}}, {"index", std::to_string(marker.index())}});
    fail(Error{ErrorCode::Conflict, "roots differ at index " + std::to_string(marker.index())}, wire::Refusal::RESYNC);
}

std::optional<std::chrono::milliseconds> SecondaryLink::canaryAge() const
{
    if (!m_canaryMs) return std::nullopt;
    return std::chrono::milliseconds{std::max<std::int64_t>(0, steadyMs(m_clock) - *m_canaryMs)};
}

void SecondaryLink::tick()
{
    if (m_stage == Stage::Disconnected || m_failure) return;
    const SteadyTime now = m_clock.steadyNow();
    if (now - m_lastFrame > kSilenceMax) {
        return fail(Error{ErrorCode::Timeout, "no heartbeat from the primary"}, wire::Refusal::UNKNOWN);
    }
    if (m_stage == Stage::Welcomed || m_stage == Stage::AwaitingWelcome) {
        for (auto& frame : m_trustTeller.dueOnce(m_local.trust)) m_control.push_back(std::move(frame));
    }
    const LastReport news{m_position.lastRelevantIndex, m_isReconciling};
    const auto interval = m_lastReport == news ? kHeartbeatInterval : kProgressInterval;
    if (m_stage != Stage::Welcomed || now - m_lastHeartbeat < interval) return;
    m_lastHeartbeat = now;
    m_lastReport = news;
    wire::Heartbeat beat = writeHeartbeat(m_local, m_clock.now());
    beat.set_epoch(std::max(m_position.epoch, m_local.epoch).value());
    beat.set_index(m_isReconciling ? 0 : m_position.index.value());
    beat.set_last_relevant_index(m_position.lastRelevantIndex.value());
    beat.set_root(m_store.forest().root(m_whole.trees()));
    tellKeyIds(*beat.mutable_root_key_id(), *beat.mutable_term_id());
    if (m_options.keys) beat.set_token_key(m_options.keys->tokenKey());
    toWire(m_local.trust, *beat.mutable_trust());
    if (const auto age = canaryAge()) beat.set_canary_age_ms(std::max<std::uint64_t>(1, static_cast<std::uint64_t>(age->count()))); // 0: none
    m_control.push_back(encodeFrame(FrameType::Heartbeat, beat));
}

} // namespace core::replication
