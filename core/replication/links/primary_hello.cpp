#include "core/replication/links/primary_link.h"

#include "core/replication/wire/peer.pb.h"
#include "core/replication/wire/program_version.h"
#include "core/replication/wire/wire_values.h"

#include <algorithm>

// How the primary's end decides whether it serves the secondary that says hello, and where the stream begins.

namespace core::replication {

using namespace primary;

namespace {

constexpr std::chrono::seconds kEntriesWait{3}; // for entries that a secondary tells before it is welcomed
constexpr std::size_t kTreeBytesMax = 1024;     // of a tree's name
constexpr std::size_t kNameBytesMax = 256;
constexpr std::uint64_t kWindowBytesMax = 1u << 30;

} // namespace

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

void PrimaryLink::onHello(const Frame& frame)
{
    wire::Hello hello;
    auto* awaiting = std::get_if<AwaitingHello>(&m_stage);
    if (!awaiting || !parseFrame(frame, hello)) return fail(wire::Refusal::PROTOCOL, Error{ErrorCode::Corrupt, "hello frame"});
    if (!isFromSeat(hello)) return;
    if (hello.knows_trust() && tellsTrust()) m_trustTeller.begin();
    m_trustTeller.heard(hello.trust());
    tellTrust(); // before the Welcome: the secondary may need these entries to accept it
    // A Welcome names the secondary's trees that are absent here. A hostile secondary must not make that answer larger than a frame may be.
    const bool areNamesGood = std::ranges::all_of(hello.trees(), [](const auto& tree) { return tree.tree().size() <= kTreeBytesMax; });
    if (!areNamesGood) return fail(wire::Refusal::PROTOCOL, Error{ErrorCode::Corrupt, "the name of a tree in the hello is longer than 1024 bytes"});
    if (!awaiting->until && lacksEntriesOf(hello)) {
        *awaiting = {.hello = frame, .until = m_clock.steadyNow() + kEntriesWait};
        return;
    }
    if (!maySecondaryFollow(hello)) return;
    notePeer(hello);
    if (m_keyTeller.isProgramTooOld()) return refuseOlderProgram();
    serve(hello);
}

bool PrimaryLink::isFromSeat(const wire::Hello& hello)
{
    const auto refuse = [this](wire::Refusal::Code code, ErrorCode error, std::string why) {
        fail(code, Error{error, std::move(why)});
        return false;
    };
    if (hello.version() != kProtocolVersion) {
        return refuse(wire::Refusal::VERSION, ErrorCode::Unsupported, "protocol version " + std::to_string(hello.version()));
    }
    if (hello.secondary_id() != m_options.secondaryId) {
        return refuse(wire::Refusal::IDENTITY, ErrorCode::PermissionDenied, "the certificate is another secondary's");
    }
    if (hello.set_id() != m_local.setId) return refuse(wire::Refusal::SET, ErrorCode::FailedPrecondition, "another replication set");
    auto why = m_seat.refusalOf(hello.proof());
    m_firstTokenKey = keyFromWire(hello.token_key());
    return why.empty() || refuse(wire::Refusal::IDENTITY, ErrorCode::PermissionDenied, std::move(why));
}

bool PrimaryLink::maySecondaryFollow(const wire::Hello& hello)
{
    const auto refuse = [this](wire::Refusal::Code code, ErrorCode error, std::string why) {
        fail(code, Error{error, std::move(why)});
        return false;
    };
    if (!observeEpoch(hello.statement(), hello.epoch())) return false;
    // The statement in the refusal names the successor.
    if (m_local.isReplaced) return refuse(wire::Refusal::EPOCH, ErrorCode::FailedPrecondition, "this primary has been replaced");
    if (!m_local.refusal.empty()) return refuse(wire::Refusal::BUSY, ErrorCode::Unavailable, m_local.refusal);
    const auto& id = hello.cluster_id();
    if (!id.empty() && std::ranges::find(m_local.chain, id) != m_local.chain.end()) {
        return refuse(wire::Refusal::RING, ErrorCode::FailedPrecondition, ringText(m_local.chain, id));
    }
    if (isExcluded()) return false;
    if (!m_options.gate || m_options.gate->isOpen) return true;
    return refuse(wire::Refusal::BUSY, ErrorCode::Unavailable, "this cluster relays, and is not in step with its own primary now");
}

void PrimaryLink::notePeer(const wire::Hello& hello)
{
    m_peer.endpoint = fromWire(hello.self());
    m_peer.epoch = Epoch{hello.epoch()};
    m_peer.index = LogIndex{hello.index()};
    m_peer.peerFingerprint = addressFromWire(hello.peer_fingerprint());
    m_peer.keys = {hello.root_key_id(), hello.term_id()};
    m_keyTeller.heard(m_peer.keys);
    m_peer.tokenKey = hello.token_key();
    m_peer.program = programFromWire(hello.program());
    m_peer.standIns = keysFromWire(hello.stand_ins());
    m_peer.clusterId = hello.cluster_id().substr(0, kNameBytesMax);
    m_peer.clusterName = hello.cluster_name().substr(0, kNameBytesMax);
    m_peer.knowsTrust = hello.knows_trust();
    m_peer.trustedAuthority = addressFromWire(hello.authority());
    m_peer.heardAt = m_clock.now();
    m_lastHeard = m_clock.steadyNow();
}

void PrimaryLink::serve(const wire::Hello& hello)
{
    const std::string logId = m_store.logId();
    const LogIndex index{hello.index()};
    const LogIndex applied = m_store.appliedIndex();
    auto state = m_store.forest().state(m_scope.filter().trees()); // before the scope, so the scope knows every mount in it
    m_scope.load(applied);
    const bool doesLogReach = hello.log_id() == logId && index <= applied && (index == applied || index.next() >= m_store.oldestIndex()) &&
                              (!m_options.gate || index >= m_options.gate->floor);
    // A place in the log says which data is here only together with the filter under which it was reached.
    const bool streams = doesLogReach && hello.scope() == m_scope.filter().id();
    ++(streams ? m_statistics.streamHits : m_statistics.streamMisses);
    const LogIndex from = streams ? index : state.index;
    // The slot is set before the Welcome goes out, so the log keeps everything after `from` until the secondary has it. Entries of a reconciliation may
    // be newer than `from`, and the stream repeats their records.
    m_store.setSlot(m_slot, from.next());
    auto& place = m_stage.emplace<Serving>();
    place.logId = logId;
    place.sentThrough = place.slotIndex = from;
    place.credit = static_cast<std::int64_t>(std::min(hello.window_bytes(), kWindowBytesMax));
    wire::Welcome welcome = welcomeAt(from, logId);
    welcome.set_streams(streams);
    if (!streams) {
        std::erase_if(state.trees, [this](const auto& tree) { return !m_scope.filter().carriesTree(tree.tree); });
        const auto digestBytes = std::clamp(hello.digest_bytes(), kPageDigestBytes, kPageDigestBytesFull);
        place.work.emplace<PrimaryComparison>(m_store, m_hasher, state, hello, PrimaryComparison::Options{digestBytes, m_local.epoch, m_lastHeard})
            .describe(welcome);
    }
    queue(encodeFrame(FrameType::Welcome, welcome));
    tellMembers(m_lastHeard); // at once, because this primary may be lost in the next moment
    tellTokenKeys();
    queue(encodeFrame(FrameType::Heartbeat, heartbeat()));
    m_lastHeartbeat = m_clock.steadyNow();
}

wire::Welcome PrimaryLink::welcomeAt(LogIndex index, const std::string& logId)
{
    wire::Welcome welcome;
    welcome.set_epoch(m_local.epoch.value());
    welcome.set_log_id(logId);
    welcome.set_index(index.value());
    welcome.set_scope(m_scope.tell());
    for (const auto& id : m_local.chain) welcome.add_chain(id);
    toWire(m_local.self, *welcome.mutable_self());
    welcome.set_statement(m_toldStatement = m_local.statement);
    welcome.set_program(m_local.program);
    if (tellsTrust()) toWire(m_local.trust, *welcome.mutable_trust());
    const auto& identity = m_seat.identity();
    if (identity.canProve(m_local.keys)) identity.prove(m_local.keys, false, welcome.mutable_proof());
    return welcome;
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
    auto* awaiting = std::get_if<AwaitingHello>(&m_stage);
    if (!awaiting || !awaiting->hello) return;
    wire::Hello hello;
    const bool isLacking = parseFrame(*awaiting->hello, hello) && lacksEntriesOf(hello);
    if (isLacking && m_local.refusal.empty() && m_clock.steadyNow() < awaiting->until) return;
    const Frame frame = std::move(*awaiting->hello);
    awaiting->hello.reset();
    onHello(frame);
}

void PrimaryLink::refuseOlderProgram()
{
    fail(wire::Refusal::VERSION,
         Error{ErrorCode::Unsupported, "the set has a new root key, which the program of the secondary \"" + m_options.secondaryId + "\", " +
                                           programText(m_peer.program) + ", does not know how to store; this primary runs " +
                                           programText(m_local.program) + ". Upgrade the secondary"});
}

} // namespace core::replication
