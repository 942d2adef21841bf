#include "core/replication/links/secondary_link.h"

#include "core/replication/set/members.h"
#include "core/replication/wire/peer.pb.h"
#include "core/replication/wire/wire_values.h"

// Connections of the secondary's end: how they begin and end, and where each frame goes.

namespace core::replication {

using namespace secondary;

namespace {

constexpr int kMembersMax = 4096;
constexpr std::size_t kHandoversMax = 16; // an honest primary has one switchover under way

} // namespace

std::string_view toString(SecondaryState state)
{
    switch (state) {
    case SecondaryState::Idle: return "idle";
    case SecondaryState::MerkleDiff: return "merkle-diff";
    case SecondaryState::MerkleSync: return "merkle-sync";
    case SecondaryState::StreamWals: return "stream-wals";
    }
    return "idle";
}

SecondaryLink::SecondaryLink(Options options, const log::Store& store, const LeafHasher& hasher, const Clock& clock, LocalInfo local,
                             Position position)
    : m_options{std::move(options)}
    , m_whole{m_options.type}
    , m_store{store}
    , m_clock{clock}
    , m_local{std::move(local)}
    , m_position{std::move(position)}
    , m_watch{m_options.type}
    , m_equality{clock}
    , m_filter{m_whole, hasher, m_options.keys}
    , m_queue{{m_options.type, m_options.applyBytes}, m_position}
{}

void SecondaryLink::inherit(const SecondaryPast& past)
{
    if (past.logId.empty() || past.logId != m_position.primaryLogId()) return;
    m_peer.endpoint = past.peer.endpoint;
    m_peer.index = past.peer.index;
    m_peer.lastRelevantIndex = past.peer.lastRelevantIndex;
    m_peer.heardAt = past.peer.heardAt;
    m_peer.clockSkew = past.peer.clockSkew;
    m_peer.program = past.peer.program;
    m_equality.inherit(past);
}

void SecondaryLink::connected(std::string exporter)
{
    m_leader.begin({.exporter = std::move(exporter),
                    .protocol = linkProtocol(m_options.type),
                    .setId = m_local.setId,
                    .type = std::string{toString(m_options.type)},
                    .seat = m_options.secondaryId});
    m_trustTeller = {}; // the primary may have another log than at the last connection
    m_lastFrame = m_clock.steadyNow();
    m_stage.emplace<AwaitingApply>();
    sayHelloIfDue();
}

void SecondaryLink::disconnected()
{
    if (std::holds_alternative<Disconnected>(m_stage)) return;
    std::optional<Failure> why;
    if (auto* failed = std::get_if<Failed>(&m_stage)) why = std::move(failed->why);
    m_stage = Disconnected{std::move(why)};
    m_control.clear();
    // Items of the former connection are dropped. The batch under way is already with the store, so it stays in the queue as `flight`.
    m_queue.clear();
    m_keyIntake.disconnect();
    m_filter.begin();
    m_handovers.clear();
}

void SecondaryLink::fail(Error error, wire::Refusal::Code code, bool isFinal)
{
    if (isFailed() || std::holds_alternative<Disconnected>(m_stage)) return;
    wire::Refusal refusal;
    refusal.set_code(code);
    refusal.set_detail(error.detail.substr(0, 1000));
    refusal.set_epoch(std::max(m_position.epoch, m_local.epoch).value());
    refusal.set_statement(m_local.statement);
    m_control.push_back(encodeFrame(FrameType::Refusal, refusal));
    m_stage = Failed{Failure{.error = std::move(error), .code = code, .isFinal = isFinal}};
}

void SecondaryLink::failUnless(const Result<>& result)
{
    if (!result) fail(result.error());
}

const Failure* SecondaryLink::lastFailure() const
{
    if (const auto* failed = std::get_if<Failed>(&m_stage)) return &failed->why;
    const auto* disconnected = std::get_if<Disconnected>(&m_stage);
    return disconnected && disconnected->why ? &*disconnected->why : nullptr;
}

std::optional<Error> SecondaryLink::failure() const
{
    const auto* failure = lastFailure();
    return failure ? std::optional{failure->error} : std::nullopt;
}

bool SecondaryLink::isRefused() const
{
    const auto* failure = lastFailure();
    return failure && failure->isFinal;
}

std::string SecondaryLink::exclusion() const
{
    const auto* failure = lastFailure();
    return failure ? failure->exclusion : std::string{};
}

std::string SecondaryLink::refusalAdvice() const
{
    const Failure none;
    const auto& failure = lastFailure() ? *lastFailure() : none;
    return replication::refusalAdvice(failure.by, failure.code, m_options.type, m_options.secondaryId);
}

SecondaryLink::State SecondaryLink::state() const
{
    if (const auto* reconciling = std::get_if<Reconciling>(&m_stage)) return reconciling->isDifferent() ? State::MerkleSync : State::MerkleDiff;
    return m_hasStreamed ? State::StreamWals : State::Idle;
}

SecondaryProgress SecondaryLink::progress() const
{
    const auto* reconciling = std::get_if<Reconciling>(&m_stage);
    return reconciling ? reconciling->progress() : SecondaryProgress{};
}

void SecondaryLink::received(const Frame& frame)
{
    if (isFailed() || std::holds_alternative<Disconnected>(m_stage)) return;
    m_lastFrame = m_clock.steadyNow();
    m_statistics.bytesReceived += frame.payload.size() + kFrameHeaderBytes;
    // Entries of a trust log prove themselves, so any cluster may send them, also before the Welcome.
    const bool mayComeFirst = frame.type == FrameType::Welcome || frame.type == FrameType::Refusal || frame.type == FrameType::Trust;
    if (!isWelcomed() && !mayComeFirst) return fail(Error{ErrorCode::Corrupt, "the primary answers a hello with a welcome"});
    auto* reconciling = std::get_if<Reconciling>(&m_stage);
    switch (frame.type) {
    case FrameType::Welcome: return onWelcome(frame);
    case FrameType::Refusal: return onRefusal(frame);
    case FrameType::Heartbeat: return onHeartbeat(frame);
    case FrameType::Members: return onMembers(frame);
    case FrameType::Trust: return onTrust(frame);
    case FrameType::Records: return onRecords(frame);
    case FrameType::Scope: return onScope(frame);
    case FrameType::Keys: return onKeys(frame);
    case FrameType::TokenKeys: m_tokenKeys = frame.payload; return;
    case FrameType::Marker: return onMarker(frame);
    case FrameType::Handover: return onHandover(frame);
    case FrameType::Entries: return onEntries(frame);
    case FrameType::ReconcileEnd: return onReconcileEnd(frame);
    case FrameType::PageDigests:
        return reconciling ? failUnless(reconciling->onPageDigests(frame)) : fail(Error{ErrorCode::Corrupt, "page digests frame"});
    case FrameType::AbsentLeaves:
        return reconciling ? failUnless(reconciling->onAbsentLeaves(frame)) : fail(Error{ErrorCode::Corrupt, "absent leaves frame"});
    case FrameType::PageDigestsEnd:
        if (reconciling) reconciling->onPageDigestsEnd();
        return;
    default: return fail(Error{ErrorCode::Corrupt, "a frame that only a secondary sends"});
    }
}

void SecondaryLink::onMembers(const Frame& frame)
{
    wire::Members list;
    if (!parseFrame(frame, list) || list.members_size() > kMembersMax) return fail(Error{ErrorCode::Corrupt, "members frame"});
    m_members = std::make_shared<const Members>(fromWire(list));
}

void SecondaryLink::onTrust(const Frame& frame)
{
    if (!m_trustInbox.receive(frame, m_clock.steadyNow())) return fail(Error{ErrorCode::Corrupt, "trust frame"});
    if (!isWelcomed()) m_trustTeller.heardBefore(frame, m_local.trust);
}

void SecondaryLink::onHandover(const Frame& frame)
{
    wire::Handover handover;
    const bool isParsed = parseFrame(frame, handover).has_value();
    const bool isPrepare = handover.step() == wire::Handover::PREPARE;
    if (!isParsed || (isPrepare && isReconciling())) return fail(Error{ErrorCode::Corrupt, "handover frame"});
    if (!isPrepare) {
        if (m_handovers.size() < kHandoversMax) m_handovers.push_back(std::move(handover));
        return;
    }
    m_queue.push(std::move(handover)); // it has its place behind the records before it
    settleDue();
}

std::string SecondaryLink::pull()
{
    if (!m_control.empty()) {
        std::string frame = std::move(m_control.front());
        m_control.pop_front();
        return frame;
    }
    auto* reconciling = std::get_if<Reconciling>(&m_stage);
    return reconciling ? reconciling->pull() : std::string{};
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
    if (isWelcomed()) m_control.push_back(encodeFrame(FrameType::HandoverAnswer, answer));
}

void SecondaryLink::tick()
{
    if (isFailed() || std::holds_alternative<Disconnected>(m_stage)) return;
    const SteadyTime now = m_clock.steadyNow();
    if (now - m_lastFrame > kSilenceMax) {
        return fail(Error{ErrorCode::Timeout, "no heartbeat from the primary"}, wire::Refusal::UNKNOWN);
    }
    if (!std::holds_alternative<AwaitingApply>(m_stage)) {
        for (auto& frame : m_trustTeller.dueOnce(m_local.trust)) m_control.push_back(std::move(frame));
    }
    const secondary::LastReport news{m_position.lastRelevantIndex, isReconciling()};
    const auto interval = m_lastReport == news ? kHeartbeatInterval : kProgressInterval;
    if (!isWelcomed() || now - m_lastHeartbeat < interval) return;
    m_lastHeartbeat = now;
    m_lastReport = news;
    wire::Heartbeat beat = writeHeartbeat(m_local, m_clock.now());
    beat.set_epoch(std::max(m_position.epoch, m_local.epoch).value());
    beat.set_index(isReconciling() ? 0 : m_position.index.value());
    beat.set_last_relevant_index(m_position.lastRelevantIndex.value());
    beat.set_root(m_store.forest().root(m_whole.trees()));
    tellKeyIds(*beat.mutable_root_key_id(), *beat.mutable_term_id());
    if (m_options.keys) beat.set_token_key(m_options.keys->tokenKey());
    toWire(m_local.trust, *beat.mutable_trust());
    if (const auto age = m_equality.canaryAge())
        beat.set_canary_age_ms(std::max<std::uint64_t>(1, static_cast<std::uint64_t>(age->count()))); // 0: none
    m_control.push_back(encodeFrame(FrameType::Heartbeat, beat));
}

} // namespace core::replication
