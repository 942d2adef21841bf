#include "core/cluster/links/forward_client.h"

#include "core/cluster/links/forward_codec.h"

#include <algorithm>
#include <limits>

namespace core::cluster {

using namespace replication;

namespace {

constexpr std::size_t kPendingMax = 4096;
constexpr std::chrono::seconds kLossMax{2};  // how long requests wait for another link after one is lost
constexpr std::chrono::seconds kMoveMax{10}; // the same, if another primary is known
// How long every request may wait. Another cluster may have just become the primary, and this one finds it within 500 ms.
constexpr std::chrono::milliseconds kHoldMin{750};
constexpr std::chrono::seconds kFormerMax{5}; // a former primary answers within this time, or not at all
const Error kUnreachable{ErrorCode::Unavailable, "primary cluster is not reachable"};
const Error kLeft{ErrorCode::Conflict, "this cluster follows no primary any more"};

} // namespace

void ForwardClient::follow(const LinkPlan& plan)
{
    m_identity = plan.identity->clone();
    m_authority = plan.authorityCertificate;
    m_local = plan.local;
    m_secondaryId = plan.secondaryId;
    m_expectedUntil = std::max(m_expectedUntil, now() + kLossMax);
}

void ForwardClient::setAddress(const std::string& address, const std::string& primaryKey)
{
    if (m_address == address && m_primaryKey == primaryKey) return;
    m_address = address;
    m_primaryKey = primaryKey;
    retire();
    flushWaiting(); // another log, or a gap: indexes of the former one can no longer be waited for
    m_applied = {};
    if (m_address.empty()) m_expectedUntil = std::max(m_expectedUntil, now() + kLossMax);
    moveParked();
}

void ForwardClient::expectMove()
{
    m_expectedUntil = std::max(m_expectedUntil, now() + kMoveMax);
}

void ForwardClient::finish(Pending& pending, Result<Forwarder::Answer> result)
{
    pending.executor->post([done = std::move(pending.done), result = std::move(result)]() mutable { done(std::move(result)); });
}

void ForwardClient::refuse(Executor& executor, Done done)
{
    Pending pending{&executor, std::move(done), {}, {}, {}, {}};
    finish(pending, kUnreachable);
}

void ForwardClient::fail(std::uint64_t number, const Error& why)
{
    const auto found = m_pending.find(number);
    if (found == m_pending.end()) return;
    finish(found->second, why);
    m_pending.erase(found);
}

void ForwardClient::forward(wire::ForwardRequest request, Executor& executor, Done done)
{
    Pending pending{&executor, std::move(done), now() + m_env.options.forwardTimeout, {}, {}, {}};
    if (m_hasLeft) return finish(pending, kLeft);
    if (m_pending.size() >= kPendingMax) return finish(pending, Error{ErrorCode::Unavailable, "too many requests wait for the primary"});
    request.set_sequence(std::numeric_limits<std::uint64_t>::max()); // the longest possible number, for the size check
    if (request.ByteSizeLong() > frameBytesMax(FrameType::ForwardRequest)) {
        return finish(pending, Error{ErrorCode::TooLarge, "the request is too large to forward"});
    }
    pending.request = std::move(request);
    m_pending.emplace(++m_count, std::move(pending));
    if (m_address.empty()) park(m_count);
    else send(m_count);
}

void ForwardClient::send(std::uint64_t number)
{
    if (!m_line) connect();
    if (!m_line) return fail(number, kUnreachable);
    m_line->unsent.push_back(number);
    m_line->connection->wake();
}

void ForwardClient::moveParked()
{
    const auto parked = std::exchange(m_parked, {});
    const bool isExpected = !m_address.empty() || now() < m_expectedUntil;
    for (const auto number : parked) {
        const auto found = m_pending.find(number);
        if (found == m_pending.end()) continue;
        if (m_hasLeft) fail(number, kLeft);
        else if (now() >= found->second.parkedUntil || (!isExpected && now() >= found->second.heldUntil)) fail(number, kUnreachable);
        else if (!m_address.empty()) send(number);
        else m_parked.push_back(number);
    }
}

void ForwardClient::park(std::uint64_t number)
{
    const auto found = m_pending.find(number);
    if (found == m_pending.end()) return;
    if (m_hasLeft) return fail(number, kLeft);
    if (found->second.parkedUntil == SteadyTime{}) {
        found->second.parkedUntil = now() + kMoveMax;
        found->second.heldUntil = now() + kHoldMin;
    }
    m_parked.push_back(number);
}

void ForwardClient::retire()
{
    if (!m_line) return;
    const auto line = std::exchange(m_line, nullptr);
    const auto unsent = std::exchange(line->unsent, {});
    // Unsent requests can go to the next primary. Sent ones may have been done, so they stay with this connection until it answers or ends.
    for (const auto number : unsent) park(number);
    if (line->sent.empty()) return line->connection->close(kUnreachable);
    line->until = now() + kFormerMax;
    m_former.push_back(line);
}

void ForwardClient::connect()
{
    const auto weak = weak_from_this();
    const auto line = std::make_shared<Line>();
    line->address = m_address;
    const std::weak_ptr<Line> weakLine = line; // the connection belongs to the line; a strong pointer would be a cycle
    const trust::LinkClaim claim{.protocol = kForwardProtocol, .setId = m_local.setId, .type = "performance", .seat = m_secondaryId};
    line->isProven = m_primaryKey.empty() || !m_local.keys;
    auto connection = m_env.network.dial({m_address, *m_identity, m_authority, kForwardProtocol},
                                         {
                                             .ready =
                                                 [weakLine, claim] {
                                                     if (const auto to = weakLine.lock(); to && to->connection) {
                                                         to->identity.claim = claim;
                                                         to->identity.claim.exporter = to->connection->exporter();
                                                     }
                                                 },
                                             .received =
                                                 [weak, weakLine](const Frame& frame) {
                                                     const auto self = weak.lock();
                                                     const auto from = weakLine.lock();
                                                     if (self && from) self->onFrame(from, frame);
                                                 },
                                             .pull = [weak, weakLine]() -> std::string {
                                                 const auto self = weak.lock();
                                                 const auto to = weakLine.lock();
                                                 return self && to ? self->pull(*to) : std::string{};
                                             },
                                             .closed =
                                                 [weak, weakLine](const Error&) {
                                                     const auto self = weak.lock();
                                                     const auto was = weakLine.lock();
                                                     if (self && was) self->onClosed(was);
                                                 },
                                         });
    if (!connection) return;
    line->connection = std::move(*connection);
    m_line = line;
}

std::string ForwardClient::pull(Line& line)
{
    if (!line.isProven) { // a client's request must not go to a cluster that has not proved to be the primary
        if (std::exchange(line.isProofSent, true)) return {};
        wire::LinkProof proof;
        line.identity.prove(m_local.keys, true, &proof);
        return encodeFrame(FrameType::LinkProof, proof);
    }
    while (!line.unsent.empty()) {
        const auto number = line.unsent.front();
        line.unsent.pop_front();
        const auto found = m_pending.find(number);
        if (found == m_pending.end()) continue; // timed out before it was sent
        line.sent.emplace(++line.sequence, number);
        found->second.request.set_sequence(line.sequence);
        return encodeFrame(FrameType::ForwardRequest, found->second.request);
    }
    return {};
}

void ForwardClient::onProof(const LinePointer& line, const Frame& frame)
{
    wire::LinkProof proof;
    const bool isPrimarys = !line->isProven && parseFrame(frame, proof) && !line->identity.provenKey(proof, false).empty() &&
                            !LinkIdentity::knownKey(proof, {m_primaryKey}).empty();
    if (!isPrimarys) return line->connection->close(Error{ErrorCode::PermissionDenied, "this is not the primary"});
    line->isProven = true;
    line->connection->wake();
}

void ForwardClient::onClosed(const LinePointer& line)
{
    if (m_line == line) m_line.reset();
    std::erase(m_former, line);
    const auto unsent = std::exchange(line->unsent, {});
    for (const auto number : unsent) park(number);
    // The primary has perhaps done these requests. If they were sent again, they could be done twice. So the callers get an error.
    for (const auto& [sequence, number] : line->sent) fail(number, kUnreachable);
    line->sent.clear();
}

void ForwardClient::onFrame(const LinePointer& line, const Frame& frame)
{
    if (frame.type == FrameType::LinkProof) return onProof(line, frame);
    wire::ForwardAnswer message;
    if (!line->isProven || frame.type != FrameType::ForwardAnswer || !parseFrame(frame, message)) {
        return line->connection->close(Error{ErrorCode::Unavailable, "the primary does not take forwarded requests"});
    }
    const auto sent = line->sent.extract(message.sequence());
    const auto found = sent ? m_pending.find(sent.mapped()) : m_pending.end();
    // The former primary says that it has done nothing, so the request may safely go to its successor.
    if (found != m_pending.end() && message.is_error() && message.status() == kElsewhereStatus) {
        expectMove();
        park(found->first);
        if (m_address != line->address) moveParked(); // otherwise the next tick asks it again
    } else if (found != m_pending.end()) {
        Pending pending = std::move(found->second);
        m_pending.erase(found);
        auto response = fromWire(message);
        const LogIndex index{message.index()};
        const bool isFormer = m_line != line;
        if (!response) {
            finish(pending, std::move(response).error());
        } else if (isFormer || index <= m_applied) {
            finish(pending, Forwarder::Answer{std::move(*response), !isFormer || index == LogIndex{}, index});
            // The client must be able to read its own write here, so the answer waits until the write has arrived.
        } else {
            pending.deadline = now() + m_env.options.forwardWait;
            m_waiting.push_back({index, {std::move(*response), true, index}, std::move(pending)});
        }
    }
    if (m_line != line && line->sent.empty()) line->connection->close(kUnreachable);
}

void ForwardClient::applied(LogIndex index)
{
    m_applied = index;
    for (auto at = m_waiting.begin(); at != m_waiting.end();) {
        if (at->index > index) {
            ++at;
            continue;
        }
        finish(at->pending, std::move(at->answer));
        at = m_waiting.erase(at);
    }
}

void ForwardClient::tick()
{
    const SteadyTime time = now();
    for (auto at = m_waiting.begin(); at != m_waiting.end();) {
        if (at->pending.deadline > time) {
            ++at;
            continue;
        }
        at->answer.isApplied = false;
        finish(at->pending, std::move(at->answer));
        at = m_waiting.erase(at);
    }
    for (auto at = m_pending.begin(); at != m_pending.end();) {
        if (at->second.deadline > time) {
            ++at;
            continue;
        }
        finish(at->second, Error{ErrorCode::Timeout, "the primary did not answer in time"});
        at = m_pending.erase(at);
    }
    const auto former = m_former; // a copy, because closing removes a line from the list
    for (const auto& line : former) {
        if (line->until <= time) line->connection->close(kUnreachable);
    }
    moveParked();
}

void ForwardClient::flushWaiting()
{
    for (auto& waiting : m_waiting) {
        waiting.answer.isApplied = false;
        finish(waiting.pending, std::move(waiting.answer));
    }
    m_waiting.clear();
}

void ForwardClient::leave()
{
    m_hasLeft = true;
    m_address.clear();
    retire();
    flushWaiting();
    moveParked();
}

void ForwardClient::stop(const Error& why)
{
    m_hasLeft = true;
    flushWaiting();
    m_parked.clear();
    for (auto& [number, pending] : m_pending) finish(pending, why);
    m_pending.clear();
    auto lines = std::exchange(m_former, {});
    if (m_line) lines.push_back(std::exchange(m_line, nullptr));
    for (const auto& line : lines) {
        line->unsent.clear();
        line->sent.clear();
        line->connection->close(why);
    }
}

} // namespace core::cluster
