#include "core/replication/links/primary_link.h"

#include "core/base/bytes.h"
#include "core/base/logging.h"
#include "core/replication/wire/batch.h"
#include "core/replication/set/members.h"
#include "core/replication/wire/peer.pb.h"
#include "core/replication/wire/program_version.h"
#include "core/replication/wire/wire_values.h"

#include <algorithm>

namespace core::replication {

namespace {

constexpr std::chrono::seconds kEntriesWait{3}; // for entries that a secondary tells before it is welcomed

constexpr std::size_t kTreeBytesMax = 1024; // of a tree's name
constexpr std::size_t kNameBytesMax = 256;

} // namespace

PrimaryLink::PrimaryLink(Options options, log::Store& store, const LeafHasher& hasher, const Clock& clock, LocalInfo local)
    : m_options{std::move(options)}
    , m_store{store}
    , m_hasher{hasher}
    , m_clock{clock}
    , m_local{std::move(local)}
    , m_slot{std::string{toString(m_options.type)} + "/" + m_options.secondaryId}
    , m_scope{m_options.type}
    , m_watch{m_options.type}
{
    m_identity.claim = {.exporter = m_options.exporter,
                        .protocol = linkProtocol(m_options.type),
                        .setId = m_local.setId,
                        .type = std::string{toString(m_options.type)},
                        .seat = m_options.secondaryId};
}

void PrimaryLink::setLocal(LocalInfo local)
{
    const bool isNews = local.failoverAddresses != m_local.failoverAddresses || local.clusterAddresses != m_local.clusterAddresses ||
                        local.epoch != m_local.epoch || local.statement != m_local.statement;
    const bool isTrustNew = !(local.trust == m_local.trust);
    m_local = std::move(local);
    if (isTrustNew && (m_state == State::Streaming || m_state == State::Reconciling)) tellTrust();
    if (isNews) m_lastHeartbeat.reset();
    if (!m_local.refusal.empty() && m_state != State::AwaitingHello) fail(wire::Refusal::BUSY, Error{ErrorCode::Unavailable, m_local.refusal});
    answerWaitingHello();
}

void PrimaryLink::fail(wire::Refusal::Code code, Error error)
{
    if (m_state == State::Closed) return;
    wire::Refusal refusal;
    refusal.set_code(code);
    refusal.set_detail(error.detail.substr(0, 1000));
    refusal.set_epoch(m_local.epoch.value());
    refusal.set_statement(m_local.statement);
    if (m_identity.canProve(m_local.keys)) m_identity.prove(m_local.keys, false, refusal.mutable_proof());
    refusal.set_successor_key(m_local.successorKey);
    queue(encodeFrame(FrameType::Refusal, refusal));
    m_failure = std::move(error);
    m_state = State::Closed;
}

bool PrimaryLink::observeEpoch(std::string_view statement, std::uint64_t epoch)
{
    switch (m_watch.observe(statement, Epoch{epoch}, m_local)) {
    case EpochWatch::StatementAge::Known:
    case EpochWatch::StatementAge::Earlier: return true; // our answer shows it our statement
    case EpochWatch::StatementAge::Later:
        fail(wire::Refusal::EPOCH, Error{ErrorCode::FailedPrecondition, "a later primary of this set exists"});
        return false;
    case EpochWatch::StatementAge::Unproven:
        fail(wire::Refusal::EPOCH, Error{ErrorCode::FailedPrecondition, "a later epoch without a genuine statement of it"});
        return false;
    }
    return false;
}

void PrimaryLink::received(const Frame& frame)
{
    if (m_state == State::Closed) return;
    const bool mayComeFirst = frame.type == FrameType::Hello ? !m_waitingHello : m_waitingHello && frame.type == FrameType::Trust;
    if (m_state == State::AwaitingHello && !mayComeFirst) {
        return fail(wire::Refusal::PROTOCOL, Error{ErrorCode::Corrupt, "a link begins with a hello"});
    }
    switch (frame.type) {
    case FrameType::Hello: return onHello(frame);
    case FrameType::PageLeaves: return onPageLeaves(frame);
    case FrameType::PageLeavesEnd: m_areLeavesEnded = true; return;
    case FrameType::Heartbeat: return onHeartbeat(frame);
    case FrameType::Trust:
        if (!m_trustInbox.receive(frame, m_clock.steadyNow())) fail(wire::Refusal::PROTOCOL, Error{ErrorCode::Corrupt, "trust frame"});
        return;
    case FrameType::HandoverAnswer: {
        wire::HandoverAnswer answer;
        if (!parseFrame(frame, answer)) return fail(wire::Refusal::PROTOCOL, Error{ErrorCode::Corrupt, "handover answer frame"});
        if (m_handoverAnswers.size() < 16) m_handoverAnswers.push_back(std::move(answer)); // honest ones are few; a flood is dropped
        return;
    }
    case FrameType::Credit: {
        wire::Credit credit;
        if (!parseFrame(frame, credit) || credit.bytes() > (1u << 30)) {
            return fail(wire::Refusal::PROTOCOL, Error{ErrorCode::Corrupt, "credit frame"});
        }
        m_credit = std::min<std::int64_t>(m_credit + static_cast<std::int64_t>(credit.bytes()), std::int64_t{1} << 30);
        return;
    }
    case FrameType::Refusal: {
        wire::Refusal refusal;
        if (!parseFrame(frame, refusal)) refusal.set_detail("unreadable refusal");
        if (refusal.code() == wire::Refusal::EPOCH) m_watch.observe(refusal.statement(), Epoch{refusal.epoch()}, m_local);
        m_failure = Error{ErrorCode::Unavailable, "the secondary refused: " + refusal.detail().substr(0, 1000)};
        m_state = State::Closed;
        return;
    }
    default: return fail(wire::Refusal::PROTOCOL, Error{ErrorCode::Corrupt, "a frame that only a primary sends"});
    }
}

void PrimaryLink::onHello(const Frame& frame)
{
    wire::Hello hello;
    if (m_state != State::AwaitingHello || !parseFrame(frame, hello)) {
        return fail(wire::Refusal::PROTOCOL, Error{ErrorCode::Corrupt, "hello frame"});
    }
    if (hello.version() != kProtocolVersion) {
        return fail(wire::Refusal::VERSION, Error{ErrorCode::Unsupported, "protocol version " + std::to_string(hello.version())});
    }
    if (hello.secondary_id() != m_options.secondaryId) {
        return fail(wire::Refusal::IDENTITY, Error{ErrorCode::PermissionDenied, "the certificate is another secondary's"});
    }
    if (hello.set_id() != m_local.setId) {
        return fail(wire::Refusal::SET, Error{ErrorCode::FailedPrecondition, "another replication set"});
    }
    if (!acceptProof(hello)) return;
    if (hello.knows_trust() && tellsTrust()) m_trustTeller.begin();
    m_trustTeller.heard(hello.trust());
    tellTrust(); // before the Welcome: the secondary may need these entries to accept it
    // A Welcome names the secondary's trees that are absent here. A hostile secondary must not make that answer larger than a frame may be.
    const bool areNamesGood = std::ranges::all_of(hello.trees(), [](const auto& tree) { return tree.tree().size() <= kTreeBytesMax; });
    if (!areNamesGood) return fail(wire::Refusal::PROTOCOL, Error{ErrorCode::Corrupt, "the name of a tree in the hello is longer than 1024 bytes"});
    if (m_waitsUntil == SteadyTime{} && lacksEntriesOf(hello)) {
        m_waitsUntil = m_clock.steadyNow() + kEntriesWait;
        m_waitingHello = frame;
        return;
    }
    if (!observeEpoch(hello.statement(), hello.epoch())) return;
    if (m_local.isReplaced) { // the statement in the refusal names the successor
        return fail(wire::Refusal::EPOCH, Error{ErrorCode::FailedPrecondition, "this primary has been replaced"});
    }

    if (!m_local.refusal.empty()) return fail(wire::Refusal::BUSY, Error{ErrorCode::Unavailable, m_local.refusal});

    if (closesRing(hello.cluster_id())) return;
    if (m_options.gate && !m_options.gate->isOpen) {
        if (isExcluded()) return;
        return fail(wire::Refusal::BUSY, Error{ErrorCode::Unavailable, "this cluster relays, and is not in step with its own primary now"});
    }

    m_peer.endpoint = fromWire(hello.self());
    m_peer.epoch = Epoch{hello.epoch()};
    m_peer.index = LogIndex{hello.index()};
    m_peer.peerFingerprint = addressFromWire(hello.peer_fingerprint());
    m_peer.keys = m_keysTold = {hello.root_key_id(), hello.term_id()};
    m_peer.tokenKey = hello.token_key();
    m_peer.program = programFromWire(hello.program());
    m_peer.standIns = keysFromWire(hello.stand_ins());
    m_peer.clusterId = hello.cluster_id().substr(0, kNameBytesMax);
    m_peer.clusterName = hello.cluster_name().substr(0, kNameBytesMax);
    m_peer.knowsTrust = hello.knows_trust();
    m_peer.trustedAuthority = addressFromWire(hello.authority());
    m_peer.heardAt = m_clock.now();
    m_lastHeard = m_clock.steadyNow();
    m_credit = static_cast<std::int64_t>(std::min<std::uint64_t>(hello.window_bytes(), 1u << 30));
    m_digestBytes = std::clamp(hello.digest_bytes(), kPageDigestBytes, kPageDigestBytesFull);

    if (m_options.keys && m_keysTold.rootKey.empty() && m_options.keys->isRekeyed()) return refuseOlderProgram();

    m_logId = m_store.logId();
    const LogIndex index{hello.index()};
    const LogIndex applied = m_store.appliedIndex();
    auto state = m_store.forest().state(m_scope.trees()); // before the scope, so the scope knows every mount in it
    if (m_options.scopes) {
        m_scopeVersion = m_options.scopes->scopeVersion();
        m_scopeThrough = applied;
        m_scope = m_options.scopes->scope(m_options.type, m_options.secondaryId);
    }
    const bool doesLogReach = hello.log_id() == m_logId && index <= applied && (index == applied || index.next() >= m_store.oldestIndex()) &&
                              (!m_options.gate || index >= m_options.gate->floor);
    // A place in the log says which data is here only together with the filter under which it was reached.
    if (!doesLogReach || hello.scope() != m_scope.id()) {
        ++m_statistics.streamMisses;
        std::erase_if(state.trees, [this](const auto& tree) { return !m_scope.carriesTree(tree.tree); });
        return startReconciling(hello, state);
    }
    ++m_statistics.streamHits;
    m_sentThrough = index;
    m_slotIndex = index;
    // The slot is set before the Welcome goes out, so the log keeps everything after `index` from now on.
    m_store.setSlot(m_slot, index.next());
    m_state = State::Streaming;
    wire::Welcome welcome;
    welcome.set_epoch(m_local.epoch.value());
    welcome.set_log_id(m_logId);
    welcome.set_streams(true);
    welcome.set_index(index.value());
    welcome.set_scope(m_scopeTold = m_scope.id());
    for (const auto& id : m_local.chain) welcome.add_chain(id);
    toWire(m_local.self, *welcome.mutable_self());
    welcome.set_statement(m_toldStatement = m_local.statement);
    welcome.set_program(m_local.program);
    if (tellsTrust()) toWire(m_local.trust, *welcome.mutable_trust());
    if (m_identity.canProve(m_local.keys)) m_identity.prove(m_local.keys, false, welcome.mutable_proof());
    queue(encodeFrame(FrameType::Welcome, welcome));
    queue(encodeFrame(FrameType::Heartbeat, heartbeat()));
    m_lastHeartbeat = m_clock.steadyNow();
    tellMembers(m_lastHeard); // at once, because this primary may be lost in the next moment
    tellTokenKeys();
}

bool PrimaryLink::lacksEntriesOf(const wire::Hello& hello) const
{
    if (!hello.tells_trust_first() || !tellsTrust() || m_local.isReplaced) return false;
    return std::ranges::any_of(hello.trust(), [this](const auto& told) {
        const Type type = told.type() == 2 ? Type::Dr : Type::Performance;
        const auto& log = m_local.trust.of(type);
        const bool isHeard = type == m_options.type || m_options.type == Type::Dr; // a performance secondary does not speak for the DR set
        return isHeard && log && told.head().size() == trust::kHashBytes && !log->judge().find(told.head());
    });
}

void PrimaryLink::answerWaitingHello()
{
    wire::Hello hello;
    if (!m_waitingHello || m_state != State::AwaitingHello) return;
    const bool isLacking = parseFrame(*m_waitingHello, hello) && lacksEntriesOf(hello);
    if (isLacking && m_local.refusal.empty() && m_clock.steadyNow() < m_waitsUntil) return;
    const Frame frame = std::move(*m_waitingHello);
    m_waitingHello.reset();
    onHello(frame);
}

bool PrimaryLink::acceptProof(const wire::Hello& hello)
{
    m_provenKey = m_identity.provenKey(hello.proof(), true);
    m_tokenKey = keyFromWire(hello.token_key());
    const bool isFirst = m_options.memberKey.empty(); // the first key takes the seat, or the secondary is of an older version
    if (isFirst) return true;
    std::vector<std::string> keys = m_options.standIns;
    keys.push_back(m_options.memberKey);
    const std::string known = m_provenKey.empty() ? std::string{} : LinkIdentity::knownKey(hello.proof(), keys);
    if (known != m_provenKey) m_replacedKey = known;
    if (!known.empty()) return true;
    fail(wire::Refusal::IDENTITY,
         Error{ErrorCode::PermissionDenied, m_provenKey.empty()
                                                ? "this secondary proves its key, and the one that connects does not"
                                                : "another cluster's key holds this seat; if its token was used twice, revoke the secondary"});
    return false;
}

void PrimaryLink::onHeartbeat(const Frame& frame)
{
    wire::Heartbeat beat;
    if (!parseFrame(frame, beat)) return fail(wire::Refusal::PROTOCOL, Error{ErrorCode::Corrupt, "heartbeat frame"});
    readHeartbeat(beat, m_clock.now(), m_peer);
    m_lastHeard = m_clock.steadyNow();
    m_trustTeller.heardAgain(beat.trust(), m_lastHeard);
    if (!observeEpoch(beat.statement(), beat.epoch())) return;
    // A reconciling secondary reports no place in this log. The slot already keeps the log from the index where the reconciliation began.
    // A hostile secondary may report any index. Only one within what was sent to it may move the slot.
    if (m_state == State::Streaming && m_peer.index > m_slotIndex && m_peer.index <= m_sentThrough) {
        m_slotIndex = m_peer.index;
        m_store.setSlot(m_slot, m_slotIndex.next());
    }
}

wire::Heartbeat PrimaryLink::heartbeat()
{
    wire::Heartbeat beat = writeHeartbeat(m_local, m_clock.now());
    beat.set_authority(m_local.authority);
    beat.set_index(m_store.appliedIndex().value());
    beat.set_last_relevant_index((m_options.type == Type::Performance ? m_store.lastSharedIndex() : m_store.lastReplicatedIndex()).value());
    if (m_toldStatement != m_local.statement) {
        beat.set_statement(m_toldStatement = m_local.statement);
        beat.set_successor_key(m_local.successorKey);
    }
    return beat;
}

void PrimaryLink::tick()
{
    answerWaitingHello();
    if (m_state == State::Closed || m_state == State::AwaitingHello || isExcluded()) return;
    const SteadyTime now = m_clock.steadyNow();
    tellMembers(now);
    tellTokenKeys();
    tellTrust();
    if (now - m_lastHeard > kSilenceMax) {
        m_failure = Error{ErrorCode::Timeout, "no heartbeat from the secondary"};
        m_state = State::Closed;
        return;
    }
    if (isStalled(now)) {
        return fail(wire::Refusal::RESYNC, Error{ErrorCode::Timeout, "the secondary has sent no pages for 15 s of the comparison"});
    }
    if (m_lastHeartbeat && now - *m_lastHeartbeat < kHeartbeatInterval) return;
    m_lastHeartbeat = now;
    queue(encodeFrame(FrameType::Heartbeat, heartbeat()));
    prepareMarker();
}

void PrimaryLink::tellMembers(SteadyTime now)
{
    if (!m_local.members || m_local.members == m_membersTold) return;
    const bool isNews = !m_membersTold || !areSame(*m_local.members, *m_membersTold);
    // Only times differ: they can wait. Otherwise each heartbeat of one secondary would send a list to all others.
    if (!isNews && m_membersToldAt && now - *m_membersToldAt < kMembersInterval) return;
    m_membersTold = m_local.members;
    m_membersToldAt = now;
    wire::Members list;
    toWire(*m_membersTold, list);
    queue(encodeFrame(FrameType::Members, list));
}

void PrimaryLink::tellTokenKeys()
{
    if (!m_options.keys || m_peer.tokenKey.empty()) return; // an older program does not know this frame
    const auto version = m_options.keys->tokenKeysVersion();
    if (version == m_tokenKeysVersion) return;
    m_tokenKeysVersion = version;
    if (const auto text = m_options.keys->tokenKeys(); !text.empty()) queue(encodeFrame(FrameType::TokenKeys, text));
}

std::vector<std::string> PrimaryLink::dueTrust()
{
    return m_trustTeller.due(m_local.trust, m_clock.steadyNow(), m_state == State::Streaming || m_state == State::Reconciling);
}

void PrimaryLink::tellTrust()
{
    for (auto& frame : dueTrust()) queue(std::move(frame));
}

void PrimaryLink::prepareMarker()
{
    if (m_state != State::Streaming || m_marker || isHeld()) return;
    const auto state = stateInScope();
    if (!state || state->index < m_sentThrough || state->index < m_keysThrough) return; // the stream, or the keys, are already past this state
    m_marker.emplace();
    m_marker->set_index(state->index.value());
    m_marker->set_root(merkle::Forest::rootOf(*state));
    const LogIndex last = m_options.type == Type::Performance ? m_store.lastSharedIndex() : m_store.lastReplicatedIndex();
    // `last` is read after the state, so it may be newer. Then the next marker reports it.
    if (last <= state->index) m_marker->set_last_relevant_index(last.value());
    m_marker->set_unix_ms(toUnixMs(m_clock.now()));
}

void PrimaryLink::refuseOlderProgram()
{
    fail(wire::Refusal::VERSION,
         Error{ErrorCode::Unsupported, "the set has a new root key, which the program of the secondary \"" + m_options.secondaryId + "\", " +
                                           programText(m_peer.program) + ", does not know how to store; this primary runs " +
                                           programText(m_local.program) + ". Upgrade the secondary"});
}

bool PrimaryLink::tellKeys()
{
    if (!m_options.keys) return true;
    const auto version = m_options.keys->keysVersion();
    if (version == m_keysVersion) return true;
    const auto ids = m_options.keys->keyIds();
    const bool isFirst = m_keysVersion == 0; // later, a new term comes with its own record
    if (ids.rootKey.empty() || ids == m_keysTold || (!isFirst && ids.rootKey == m_keysTold.rootKey)) {
        m_keysVersion = version;
        return true;
    }
    if (m_keysTold.rootKey.empty()) { // an older program: it knows only the keys in the records
        if (m_options.keys->isRekeyed()) refuseOlderProgram();
        m_keysVersion = version;
        return !m_failure;
    }
    auto bundle = m_options.keys->keyBundle();
    if (!bundle) {
        fail(wire::Refusal::BUSY, std::move(bundle).error().withContext("reading the set's keys"));
        return false;
    }
    m_keysVersion = version;
    m_keysTold = ids;
    m_keysThrough = m_store.appliedIndex();
    // The secondary's keyring will be of this index. With it, the roots of an earlier index would look different.
    if (m_marker && m_marker->index() < m_keysThrough.value()) m_marker.reset();
    if (m_prepare && m_prepare->index() < m_keysThrough.value()) m_prepare->clear_root();
    std::string frame = encodeFrame(FrameType::Keys, bundle->view());
    queue(std::move(frame));
    return true;
}

bool PrimaryLink::closesRing(const std::string& secondaryClusterId)
{
    if (secondaryClusterId.empty() || std::ranges::find(m_local.chain, secondaryClusterId) == m_local.chain.end()) return false;
    fail(wire::Refusal::RING, Error{ErrorCode::FailedPrecondition, ringText(m_local.chain, secondaryClusterId)});
    return true;
}

bool PrimaryLink::isExcluded()
{
    if (!m_options.gate || m_options.gate->refusal.empty()) return false;
    fail(wire::Refusal::ROLE, Error{ErrorCode::FailedPrecondition, m_options.gate->refusal});
    return true;
}

bool PrimaryLink::isHeld()
{
    if (!m_options.gate || m_state == State::Closed) return false;
    if (!m_options.gate->isOpen) return true;
    if (m_options.gate->floor <= m_sentThrough) return false;
    // States between the secondary's place and the floor are parts of a reconciliation here. The root primary never had such a state.
    fail(wire::Refusal::RESYNC, Error{ErrorCode::Conflict, "this cluster relays, and has compared its data with its primary again"});
    return true;
}

bool PrimaryLink::refreshScope()
{
    // The version is read before the filter:
    // 1. This link reads the version.
    // 2. Somebody changes the filter.
    // 3. This link reads the filter, which is the new one.
    //
    // The version kept here is too old, so the next frame loads the filter one time too many. The other order would miss the change.
    m_scopeVersion = m_options.scopes->scopeVersion();
    const LogIndex through = m_store.appliedIndex();
    LinkFilter next = m_options.scopes->scope(m_options.type, m_options.secondaryId);
    if (!m_scope.extendsTo(next)) {
        fail(wire::Refusal::RESYNC, Error{ErrorCode::Conflict, "the paths filter of this secondary has changed"});
        return false;
    }
    m_scope = m_scope.extendedTo(next);
    m_scopeThrough = through;
    if (const auto id = m_scope.id(); std::exchange(m_scopeTold, id) != id) {
        std::string payload;
        appendLittleEndian(payload, id);
        queue(encodeFrame(FrameType::Scope, payload));
    }
    return true;
}

std::optional<merkle::Forest::State> PrimaryLink::stateInScope()
{
    // The forest is read before the filter. A mount that is made between the two reads is then in the filter but not in the state, which
    // does no harm.
    auto state = m_store.forest().state(LinkFilter{m_options.type}.trees());
    const bool mayHaveChanged = m_options.scopes && (m_scope.isFiltered() || m_options.scopes->scopeVersion() != m_scopeVersion);
    if (mayHaveChanged && !refreshScope()) return std::nullopt;
    if (m_scope.isFiltered()) {
        std::erase_if(state.trees, [this](const auto& tree) { return !m_scope.carriesTree(tree.tree); });
    }
    return state;
}

void PrimaryLink::sendHandover(const wire::Handover& handover)
{
    if (m_state == State::Closed) return;
    if (handover.step() != wire::Handover::PREPARE) {
        queue(encodeFrame(FrameType::Handover, handover));
        return;
    }
    // The root is filled in when PREPARE gets its place in the stream (placePrepare()).
    m_prepare = handover;
    m_prepare->clear_root();
}

std::optional<wire::HandoverAnswer> PrimaryLink::takeHandoverAnswer()
{
    if (m_handoverAnswers.empty()) return std::nullopt;
    auto answer = std::move(m_handoverAnswers.front());
    m_handoverAnswers.pop_front();
    return answer;
}

void PrimaryLink::placePrepare()
{
    if (!m_prepare || !m_prepare->root().empty()) return;
    const auto state = stateInScope();
    if (!state || state->index < m_sentThrough || state->index < m_keysThrough) return; // failed, or the next call finds the stream further
    m_prepare->set_index(state->index.value());
    m_prepare->set_root(merkle::Forest::rootOf(*state));
}

void PrimaryLink::queue(std::string frame)
{
    m_controlBytes += frame.size();
    m_control.push_back(std::move(frame));
}

std::string PrimaryLink::account(std::string frame)
{
    m_statistics.bytesSent += frame.size();
    return frame;
}

std::string PrimaryLink::pull()
{
    if (!m_control.empty()) {
        std::string frame = std::move(m_control.front());
        m_control.pop_front();
        m_controlBytes -= frame.size();
        return account(std::move(frame));
    }
    // A relay sends nothing while its own data is no prefix of the root primary's log.
    if (m_state != State::AwaitingHello && isHeld()) return m_control.empty() ? std::string{} : pull();
    if ((m_state == State::Reconciling || m_state == State::Streaming) && (!tellKeys() || !m_control.empty())) return pull();
    if (m_state == State::Reconciling) {
        // The trees and leaves under way were chosen with the filter of the hello. If the filter has changed, the link ends here.
        if (m_options.scopes && m_options.scopes->scopeVersion() != m_scopeVersion && !refreshScope()) return pull();
        if (auto frame = pullPages(); !frame.empty()) return account(std::move(frame));
        if (auto frame = pullEntries(); !frame.empty()) return account(std::move(frame));
        if (auto frame = pullWhole(); !frame.empty()) return account(std::move(frame));
        if (m_state == State::Reconciling && m_areDigestsEnded && m_areLeavesEnded && m_wanted.empty() && m_wholeTrees.empty() && m_control.empty()) {
            if (auto frame = finishReconciling(); !frame.empty()) return account(std::move(frame));
        }
    } else if (m_state == State::Streaming) {
        if (auto frame = pullRecords(); !frame.empty()) return account(std::move(frame));
    }
    return m_control.empty() ? std::string{} : pull(); // a failure on the way has queued its refusal
}

std::string PrimaryLink::pullRecords()
{
    // Skips records that carry nothing for this link. At most 16 reads keep each call short.
    for (int reads = 0; reads < 16; ++reads) {
        // The marker has the root of exactly this index, so it must go out before any later record.
        const bool isMarkerDue = m_marker && m_sentThrough.value() >= m_marker->index();
        if (isMarkerDue) {
            std::string frame = encodeFrame(FrameType::Marker, *m_marker);
            m_marker.reset();
            return frame;
        }
        // A changed filter holds at once, also for records that still wait in the log:
        // 1. An operator denies a mount. The answer says that it is denied.
        // 2. This link is behind, and records of the mount from before the answer are still to be sent.
        // 3. A filter that is read only at its own record would let them through.
        if (m_options.scopes && m_options.scopes->scopeVersion() != m_scopeVersion && !refreshScope()) return {};
        placePrepare();
        if (!m_control.empty()) return {}; // control frames go first
        // PREPARE has the root of exactly this index, like a marker.
        if (m_prepare && !m_prepare->root().empty() && m_sentThrough.value() >= m_prepare->index()) {
            std::string frame = encodeFrame(FrameType::Handover, *m_prepare);
            m_prepare.reset();
            return frame;
        }
        if (m_credit <= 0 || m_sentThrough >= m_store.appliedIndex()) return {};

        if (m_store.logId() != m_logId) { // a snapshot was restored: the former log is no prefix of the present one
            fail(wire::Refusal::RESYNC, Error{ErrorCode::Conflict, "the contents were replaced"});
            return {};
        }
        auto records = m_store.read(m_sentThrough.next(), kChunkBytes);
        if (!tellKeys() || !m_control.empty()) return {}; // after the read, so no record in it is newer than the keys that were sent
        if (!records) {
            const bool isGone = records.error().code == ErrorCode::NotFound;
            fail(isGone ? wire::Refusal::RESYNC : wire::Refusal::BUSY, std::move(records).error());
            return {};
        }
        if (records->empty()) return {};
        RecordsWriter writer;
        for (const auto& record : *records) {
            const bool isScopeFresh = !m_options.scopes || m_sentThrough < m_scopeThrough;
            if (writer.add(m_scope, record.view(), isScopeFresh) == RecordsWriter::Added::ScopeFirst) {
                if (!refreshScope()) return {};
                if (!m_control.empty()) break; // the rest goes out under the new scope, after the frame that announces it
                writer.add(m_scope, record.view(), true);
            }
            m_sentThrough = m_sentThrough.next();
            if (m_marker && m_sentThrough.value() == m_marker->index()) break;
            if (m_prepare && m_sentThrough.value() == m_prepare->index()) break;
            if (writer.sizeBytes() >= kChunkBytes) break;
        }
        // A Scope frame waits, so it must go out before records of the new scope.
        if (writer.isEmpty() && !m_control.empty()) return {};
        if (writer.isEmpty()) continue;
        std::string frame = encodeFrame(FrameType::Records, std::move(writer).finish(m_sentThrough));
        m_credit -= static_cast<std::int64_t>(frame.size());
        ++m_statistics.recordFrames;
        return frame;
    }
    return {};
}

} // namespace core::replication
