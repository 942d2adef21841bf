#include "core/replication/links/primary_link.h"

#include "core/replication/wire/wire_values.h"

#include <algorithm>

// The primary's end of a link: where each frame goes, what is sent each second, and how the link ends.

namespace core::replication {

using namespace primary;

namespace {

constexpr std::size_t kHandoverAnswersMax = 16; // honest ones are few; a flood is dropped
constexpr std::size_t kDetailBytesMax = 1000;
constexpr std::uint64_t kCreditMax = 1u << 30;

} // namespace

PrimaryLink::PrimaryLink(Options options, log::Store& store, const LeafHasher& hasher, const Clock& clock, LocalInfo local)
    : m_options{std::move(options)}
    , m_store{store}
    , m_hasher{hasher}
    , m_clock{clock}
    , m_local{std::move(local)}
    , m_slot{std::string{toString(m_options.type)} + "/" + m_options.secondaryId}
    , m_seat{{.exporter = m_options.exporter,
              .protocol = linkProtocol(m_options.type),
              .setId = m_local.setId,
              .type = std::string{toString(m_options.type)},
              .seat = m_options.secondaryId},
             m_options.memberKey,
             m_options.standIns}
    , m_watch{m_options.type}
    , m_scope{m_options.type, m_options.secondaryId, m_options.scopes, store}
    , m_keyTeller{m_options.keys}
{}

PrimaryLink::State PrimaryLink::state() const
{
    if (isAwaitingHello()) return State::AwaitingHello;
    const auto* serving = std::get_if<Serving>(&m_stage);
    if (!serving) return State::Closed;
    return std::holds_alternative<Streaming>(serving->work) ? State::Streaming : State::Reconciling;
}

std::optional<Error> PrimaryLink::failure() const
{
    const auto* closed = std::get_if<Closed>(&m_stage);
    return closed ? std::optional{closed->why} : std::nullopt;
}

void PrimaryLink::setLocal(LocalInfo local)
{
    const bool isNews = local.failoverAddresses != m_local.failoverAddresses || local.clusterAddresses != m_local.clusterAddresses ||
                        local.epoch != m_local.epoch || local.statement != m_local.statement;
    const bool isTrustNew = !(local.trust == m_local.trust);
    m_local = std::move(local);
    if (isTrustNew && serving()) tellTrust();
    if (isNews) m_lastHeartbeat.reset();
    if (!m_local.refusal.empty() && !isAwaitingHello()) fail(wire::Refusal::BUSY, Error{ErrorCode::Unavailable, m_local.refusal});
    answerWaitingHello();
}

void PrimaryLink::fail(wire::Refusal::Code code, Error error)
{
    if (isClosed()) return;
    wire::Refusal refusal;
    refusal.set_code(code);
    refusal.set_detail(error.detail.substr(0, kDetailBytesMax));
    refusal.set_epoch(m_local.epoch.value());
    refusal.set_statement(m_local.statement);
    if (m_seat.identity().canProve(m_local.keys)) m_seat.identity().prove(m_local.keys, false, refusal.mutable_proof());
    refusal.set_successor_key(m_local.successorKey);
    queue(encodeFrame(FrameType::Refusal, refusal));
    m_stage = Closed{std::move(error)};
}

void PrimaryLink::received(const Frame& frame)
{
    if (isClosed()) return;
    if (const auto* awaiting = std::get_if<AwaitingHello>(&m_stage)) {
        const bool mayCome = frame.type == FrameType::Hello ? !awaiting->hello : awaiting->hello && frame.type == FrameType::Trust;
        if (!mayCome) return fail(wire::Refusal::PROTOCOL, Error{ErrorCode::Corrupt, "a link begins with a hello"});
    }
    switch (frame.type) {
    case FrameType::Hello: return onHello(frame);
    case FrameType::Trust:
        if (!m_trustInbox.receive(frame, m_clock.steadyNow())) fail(wire::Refusal::PROTOCOL, Error{ErrorCode::Corrupt, "trust frame"});
        return;
    case FrameType::PageLeaves: return onPageLeaves(frame);
    case FrameType::PageLeavesEnd:
        if (auto* comparing = comparison()) comparing->onPageLeavesEnd();
        return;
    case FrameType::Heartbeat: return onHeartbeat(frame);
    case FrameType::HandoverAnswer: return onHandoverAnswer(frame);
    case FrameType::Credit: return onCredit(frame);
    case FrameType::Refusal: return onRefusal(frame);
    default: return fail(wire::Refusal::PROTOCOL, Error{ErrorCode::Corrupt, "a frame that only a primary sends"});
    }
}

void PrimaryLink::onPageLeaves(const Frame& frame)
{
    const Error corrupt{ErrorCode::Corrupt, "page leaves frame"};
    auto* comparing = comparison();
    auto answer = comparing ? comparing->onPageLeaves(frame, m_scope.filter(), m_clock.steadyNow()) : Result<std::string>{corrupt};
    if (!answer) return fail(wire::Refusal::PROTOCOL, std::move(answer).error());
    if (!answer->empty()) queue(std::move(*answer));
}

void PrimaryLink::onHandoverAnswer(const Frame& frame)
{
    wire::HandoverAnswer answer;
    if (!parseFrame(frame, answer)) return fail(wire::Refusal::PROTOCOL, Error{ErrorCode::Corrupt, "handover answer frame"});
    if (m_handoverAnswers.size() < kHandoverAnswersMax) m_handoverAnswers.push_back(std::move(answer));
}

void PrimaryLink::onCredit(const Frame& frame)
{
    wire::Credit credit;
    if (!parseFrame(frame, credit) || credit.bytes() > kCreditMax) {
        return fail(wire::Refusal::PROTOCOL, Error{ErrorCode::Corrupt, "credit frame"});
    }
    auto& known = serving()->credit;
    known = std::min(known + static_cast<std::int64_t>(credit.bytes()), static_cast<std::int64_t>(kCreditMax));
}

void PrimaryLink::onRefusal(const Frame& frame)
{
    wire::Refusal refusal;
    if (!parseFrame(frame, refusal)) refusal.set_detail("unreadable refusal");
    if (refusal.code() == wire::Refusal::EPOCH) m_watch.observe(refusal.statement(), Epoch{refusal.epoch()}, m_local);
    m_stage = Closed{Error{ErrorCode::Unavailable, "the secondary refused: " + refusal.detail().substr(0, kDetailBytesMax)}};
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
    auto& place = *serving();
    if (!streaming() || m_peer.index <= place.slotIndex || m_peer.index > place.sentThrough) return;
    place.slotIndex = m_peer.index;
    m_store.setSlot(m_slot, place.slotIndex.next());
}

wire::Heartbeat PrimaryLink::heartbeat()
{
    wire::Heartbeat beat = writeHeartbeat(m_local, m_clock.now());
    beat.set_authority(m_local.authority);
    beat.set_index(m_store.appliedIndex().value());
    beat.set_last_relevant_index(lastRelevantIndex().value());
    if (m_toldStatement != m_local.statement) {
        beat.set_statement(m_toldStatement = m_local.statement);
        beat.set_successor_key(m_local.successorKey);
    }
    return beat;
}

LogIndex PrimaryLink::lastRelevantIndex() const
{
    return m_options.type == Type::Performance ? m_store.lastSharedIndex() : m_store.lastReplicatedIndex();
}

void PrimaryLink::tick()
{
    answerWaitingHello();
    if (!serving() || isExcluded()) return;
    const SteadyTime now = m_clock.steadyNow();
    tellMembers(now);
    tellTokenKeys();
    tellTrust();
    if (now - m_lastHeard > kSilenceMax) {
        m_stage = Closed{Error{ErrorCode::Timeout, "no heartbeat from the secondary"}};
        return;
    }
    if (const auto* comparing = comparison(); comparing && comparing->isStalled(now)) {
        return fail(wire::Refusal::RESYNC, Error{ErrorCode::Timeout, "the secondary has sent no pages for 15 s of the comparison"});
    }
    if (m_lastHeartbeat && now - *m_lastHeartbeat < kHeartbeatInterval) return;
    m_lastHeartbeat = now;
    queue(encodeFrame(FrameType::Heartbeat, heartbeat()));
    prepareMarker();
}

void PrimaryLink::tellMembers(SteadyTime now)
{
    if (auto frame = m_memberTeller.due(m_local.members, now)) queue(std::move(*frame));
}

void PrimaryLink::tellTokenKeys()
{
    if (m_peer.tokenKey.empty()) return; // an older program does not know this frame
    if (const auto text = m_keyTeller.dueTokenKeys()) queue(encodeFrame(FrameType::TokenKeys, *text));
}

std::vector<std::string> PrimaryLink::dueTrust()
{
    return m_trustTeller.due(m_local.trust, m_clock.steadyNow(), serving() != nullptr);
}

void PrimaryLink::tellTrust()
{
    for (auto& frame : dueTrust()) queue(std::move(frame));
}

bool PrimaryLink::isExcluded()
{
    if (!m_options.gate || m_options.gate->refusal.empty()) return false;
    fail(wire::Refusal::ROLE, Error{ErrorCode::FailedPrecondition, m_options.gate->refusal});
    return true;
}

void PrimaryLink::sendHandover(const wire::Handover& handover)
{
    if (isClosed()) return;
    if (handover.step() != wire::Handover::PREPARE) return queue(encodeFrame(FrameType::Handover, handover));
    // Index and root are filled in when PREPARE gets its place in the stream (placePrepare()).
    m_prepare = handover;
    m_prepare->clear_root();
    if (auto* stream = streaming()) stream->prepare.reset();
}

std::optional<wire::HandoverAnswer> PrimaryLink::takeHandoverAnswer()
{
    if (m_handoverAnswers.empty()) return std::nullopt;
    auto answer = std::move(m_handoverAnswers.front());
    m_handoverAnswers.pop_front();
    return answer;
}

void PrimaryLink::queue(std::string frame)
{
    m_controlBytes += frame.size();
    m_control.push_back(std::move(frame));
}

} // namespace core::replication
