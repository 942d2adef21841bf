#include "core/cluster/forward_client.h"

#include "core/cluster/forward_codec.h"

namespace core::cluster {

using namespace replication;

namespace {

constexpr std::size_t kPendingMax = 4096;
const Error kUnreachable{ErrorCode::Unavailable, "primary cluster is not reachable"};

} // namespace

void ForwardClient::setAddress(const std::string& address)
{
    if (m_address == address) return;
    m_address = address;
    if (m_connection) m_connection->close(kUnreachable);
}

void ForwardClient::finish(Pending& pending, Result<Forwarder::Answer> result)
{
    pending.executor->post([done = std::move(pending.done), result = std::move(result)]() mutable { done(std::move(result)); });
}

void ForwardClient::refuse(Executor& executor, Done done)
{
    Pending pending{&executor, std::move(done), {}};
    finish(pending, kUnreachable);
}

void ForwardClient::forward(wire::ForwardRequest request, Executor& executor, Done done)
{
    Pending pending{&executor, std::move(done), m_env.services.clock.steadyNow() + m_env.options.forwardTimeout};
    if (m_address.empty()) return finish(pending, kUnreachable);
    if (m_pending.size() >= kPendingMax) return finish(pending, Error{ErrorCode::Unavailable, "too many requests wait for the primary"});
    request.set_sequence(++m_sequence);
    std::string payload = request.SerializeAsString();
    if (payload.size() > frameBytesMax(FrameType::ForwardRequest)) {
        return finish(pending, Error{ErrorCode::TooLarge, "the request is too large to forward"});
    }
    m_pending.emplace(m_sequence, std::move(pending));
    m_outgoing.push_back(encodeFrame(FrameType::ForwardRequest, payload));
    if (!m_connection) connect();
    if (m_connection) m_connection->wake();
}

void ForwardClient::connect()
{
    const auto weak = weak_from_this();
    auto connection = m_env.network.dial({m_address, m_identity, m_authority, kForwardProtocol}, {
        .ready = {},
        .received = [weak](Frame frame) { if (const auto self = weak.lock()) self->onFrame(frame); },
        .pull = [weak]() -> std::string {
            const auto self = weak.lock();
            if (!self || self->m_outgoing.empty()) return {};
            std::string frame = std::move(self->m_outgoing.front());
            self->m_outgoing.pop_front();
            return frame;
        },
        .closed = [weak](const Error&) { if (const auto self = weak.lock()) {
            // Whether the primary has seen what was under way is not known: the callers are told that it was not reached.
            self->m_connection.reset();
            self->stop(kUnreachable);
        } },
    });
    if (!connection) return stop(kUnreachable);
    m_connection = std::move(*connection);
}

void ForwardClient::onFrame(const Frame& frame)
{
    wire::ForwardAnswer message;
    if (frame.type != FrameType::ForwardAnswer || !parseFrame(frame, message)) {
        return m_connection->close(Error{ErrorCode::Unavailable, "the primary does not take forwarded requests"});
    }
    const auto found = m_pending.find(message.sequence());
    if (found == m_pending.end()) return; // timed out meanwhile
    Pending pending = std::move(found->second);
    m_pending.erase(found);
    auto response = fromWire(message);
    if (!response) return finish(pending, std::move(response).error());
    const LogIndex index{message.index()};
    if (index <= m_applied) return finish(pending, Forwarder::Answer{std::move(*response), true, index});
    pending.deadline = m_env.services.clock.steadyNow() + m_env.options.forwardWait;
    m_waiting.push_back({index, {std::move(*response), true, index}, std::move(pending)});
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
    const SteadyTime now = m_env.services.clock.steadyNow();
    for (auto at = m_waiting.begin(); at != m_waiting.end();) {
        if (at->pending.deadline > now) {
            ++at;
            continue;
        }
        at->answer.isApplied = false;
        finish(at->pending, std::move(at->answer));
        at = m_waiting.erase(at);
    }
    for (auto at = m_pending.begin(); at != m_pending.end();) {
        if (at->second.deadline > now) {
            ++at;
            continue;
        }
        finish(at->second, Error{ErrorCode::Timeout, "the primary did not answer in time"});
        at = m_pending.erase(at);
    }
}

void ForwardClient::stop(const Error& why)
{
    for (auto& [sequence, pending] : m_pending) finish(pending, why);
    m_pending.clear();
    for (auto& waiting : m_waiting) {
        waiting.answer.isApplied = false;
        finish(waiting.pending, std::move(waiting.answer));
    }
    m_waiting.clear();
    m_outgoing.clear();
    if (m_connection) m_connection->close(why);
}

} // namespace core::cluster
