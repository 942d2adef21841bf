#include "core/replication/links/secondary_link.h"

#include "core/replication/set/members.h"
#include "core/replication/wire/peer.pb.h"
#include "core/replication/wire/program_version.h"
#include "core/replication/wire/wire_values.h"

#include <algorithm>

// How the secondary's end decides that it may follow the other end: hello, Welcome, refusal, heartbeats.

namespace core::replication {

using namespace secondary;

namespace {

constexpr std::size_t kDetailBytesMax = 1000; // of a refusal
constexpr const char* kRelayRevoked =
    "this relay was revoked by its primary and receives nothing more. What is stored here stays. Let this cluster follow "
    "the primary or another relay: sys/replication/performance/secondary/update-primary with a token made there";

/// Refusals that a new connection does not change.
bool isFinal(wire::Refusal::Code code)
{
    switch (code) {
    case wire::Refusal::SET:
    case wire::Refusal::IDENTITY:
    case wire::Refusal::ROLE:
    case wire::Refusal::VERSION:
    case wire::Refusal::EPOCH:
    case wire::Refusal::RING: return true;
    default: return false;
    }
}

} // namespace

void SecondaryLink::sayHelloIfDue()
{
    const bool isBusy = m_queue.flight() || m_keyIntake.isStoring();
    if (std::holds_alternative<AwaitingApply>(m_stage) && !isBusy) sayHello();
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
    if (m_leader.identity().canProve(m_local.keys)) m_leader.identity().prove(m_local.keys, true, hello.mutable_proof());
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
    m_stage.emplace<AwaitingWelcome>();
    m_lastHeartbeat = m_clock.steadyNow();
    m_lastReport.reset();
    m_equality.begin();
}

void SecondaryLink::tellKeyIds(std::string& rootKey, std::string& term) const
{
    if (!m_options.keys) return;
    auto ids = m_options.keys->keyIds();
    rootKey = std::move(ids.rootKey);
    term = std::move(ids.term);
}

bool SecondaryLink::isBelow(const google::protobuf::RepeatedPtrField<std::string>& chain)
{
    if (m_local.clusterId.empty() || std::ranges::find(chain, m_local.clusterId) == chain.end()) return true;
    fail(Error{ErrorCode::FailedPrecondition, ringText({chain.begin(), chain.end()}, m_local.clusterId)}, wire::Refusal::RING, true);
    return false;
}

bool SecondaryLink::observeEpoch(std::string_view statement, std::uint64_t epoch, bool isOwn, const std::string& leaderKey)
{
    const auto refuse = [this](const char* why) {
        fail(Error{ErrorCode::FailedPrecondition, why}, wire::Refusal::EPOCH, true);
        return false;
    };
    switch (m_watch.observe(statement, Epoch{epoch}, m_local)) {
    case EpochWatch::StatementAge::Earlier: return refuse("this primary has been replaced by a later one");
    case EpochWatch::StatementAge::Unproven: return refuse("this primary shows no genuine statement of its epoch");
    case EpochWatch::StatementAge::Later:
        if (m_local.trust.of(m_options.type)) { // the statement alone does not count: the trust log must say the same first
            m_learned = LearnedStatement{m_watch.laterEncoded(), isOwn, leaderKey};
            fail(Error{ErrorCode::PermissionDenied, "the set's trust log does not show yet that this cluster is the primary"}, wire::Refusal::UNKNOWN,
                 isOwn);
            return false;
        }
        m_local.statement = m_watch.laterEncoded();
        m_local.epoch = m_watch.later()->epoch;
        m_learned = LearnedStatement{m_local.statement, isOwn, leaderKey};
        break;
    case EpochWatch::StatementAge::Known: break;
    }
    // `m_position.epoch` survives restarts. A primary of an earlier epoch was replaced, even if no statement says so.
    if (m_local.epoch < m_position.epoch) return refuse("this primary has been replaced by a later one");
    m_position.epoch = m_local.epoch;
    return true;
}

void SecondaryLink::onWelcome(const Frame& frame)
{
    wire::Welcome welcome;
    if (!std::holds_alternative<AwaitingWelcome>(m_stage) || !parseFrame(frame, welcome)) {
        return fail(Error{ErrorCode::Corrupt, "welcome frame"});
    }
    const std::string leader = m_leader.leader(); // accept() may put another key in front
    // The proof comes first. A stranger with a certificate of the authority must not make this cluster learn statements or apply data.
    if (!m_leader.accept(welcome.proof())) {
        return fail(Error{ErrorCode::PermissionDenied, "this cluster has a certificate of the primary's authority, but does not prove the key of the "
                                                       "primary or of a member that may succeed it"},
                    wire::Refusal::IDENTITY, true);
    }
    if (!observeEpoch(welcome.statement(), welcome.epoch(), true, m_leader.provenKey())) return;
    // A member with the right could show the statement of the leader before, and lead without a takeover that others can contest.
    if (m_local.trust.of(m_options.type) && m_leader.isDue() && LinkIdentity::knownKey(welcome.proof(), {leader}).empty()) {
        return fail(Error{ErrorCode::PermissionDenied, "the set's trust log does not show that this cluster is the primary"}, wire::Refusal::UNKNOWN);
    }
    if (!isBelow(welcome.chain())) return;
    begin(welcome);
}

void SecondaryLink::begin(const wire::Welcome& welcome)
{
    if (welcome.trust_size() > 0) m_trustTeller.begin();
    m_trustTeller.heard(welcome.trust());
    m_peer.chain = chainFromWire(welcome.chain());
    m_peer.endpoint = fromWire(welcome.self());
    m_peer.program = programFromWire(welcome.program());
    m_peer.heardAt = m_clock.now();
    if (!welcome.streams()) {
        ++m_statistics.reconcileCount;
        m_hasStreamed = false;
        auto& reconciling = m_stage.emplace<Reconciling>(m_store, m_whole, m_queue, m_digestBytes, welcome);
        return failUnless(reconciling.eraseTrees(welcome.absent_trees()));
    }
    // A stream from another place would skip records or apply old ones again.
    const bool isOurPlace = welcome.log_id() == m_position.logId && welcome.index() == m_position.index.value() &&
                            welcome.scope() == m_position.scope && !m_mustReconcile;
    if (!isOurPlace) return fail(Error{ErrorCode::Corrupt, "the stream begins at another place than the hello asked for"});
    m_hasStreamed = true;
    m_stage = Streaming{LogIndex{welcome.index()}};
}

void SecondaryLink::onRefusal(const Frame& frame)
{
    wire::Refusal refusal;
    if (!parseFrame(frame, refusal)) return fail(Error{ErrorCode::Corrupt, "refusal frame"});
    // Only the primary, or a member that may have succeeded it, may say that another cluster leads.
    const bool isReplaced = refusal.code() == wire::Refusal::EPOCH && !refusal.statement().empty() &&
                            (!m_leader.isDue() || !m_leader.keyOf(refusal.proof()).empty()) &&
                            m_watch.observe(refusal.statement(), Epoch{refusal.epoch()}, m_local) == EpochWatch::StatementAge::Later;
    if (isReplaced) m_learned = LearnedStatement{m_watch.laterEncoded(), false, keyFromWire(refusal.successor_key())};
    const std::string detail = refusal.detail().substr(0, kDetailBytesMax);
    Failure failure{.error = Error{ErrorCode::Unavailable, "the primary refused: " + detail},
                    .code = refusal.code(),
                    .by = RefusedBy::Primary,
                    .isFinal = isFinal(refusal.code())};
    if (refusal.code() == wire::Refusal::IDENTITY) failure.exclusion = kRelayRevoked;
    if (refusal.code() == wire::Refusal::ROLE) failure.exclusion = detail; // of a relay that heard it from above
    m_stage = Failed{std::move(failure)};
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
    m_equality.heard(m_peer.clockSkew);
    m_primaryIndex = m_peer.lastRelevantIndex;
}

} // namespace core::replication
