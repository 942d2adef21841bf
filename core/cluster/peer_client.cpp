#include "core/cluster/peer_client.h"

#include "core/cluster/dialer.h"

#include <utility>

namespace core::cluster {

using namespace replication;

void PeerClient::ask(std::string frame, Done done)
{
    m_outgoing = std::move(frame);
    m_done = std::move(done);
    const std::string noAuthority;
    // The connection's callbacks hold this object until the connection has ended.
    auto dialled = dial(m_context, {m_peer.endpoint.clusterAddress, m_identity, noAuthority, kPeerProtocol, m_peer.fingerprint}, {
        .ready = {},
        .received = [self = shared_from_this()](const Frame& frame) { self->received(frame); },
        .pull = [self = shared_from_this()] { return std::exchange(self->m_outgoing, std::string{}); },
        .closed = [self = shared_from_this()](const Error& why) {
            self->finish(why);
            self->m_connection.reset();
        },
    });
    if (dialled) m_connection = std::move(*dialled);
    else finish(std::move(dialled).error());
}

void PeerClient::received(const Frame& frame)
{
    wire::PeerAnswer answer;
    wire::Refusal refusal;
    if (frame.type == FrameType::PeerAnswer && parseFrame(frame, answer)) {
        if (answer.error().empty()) finish(std::move(answer));
        else finish(Error{ErrorCode::FailedPrecondition, answer.error()});
    } else if (frame.type == FrameType::Refusal && parseFrame(frame, refusal)) {
        finish(Error{ErrorCode::PermissionDenied, "the peer refused: " + refusal.detail()});
    } else {
        finish(Error{ErrorCode::Corrupt, "the peer answered something else"});
    }
    stop(Error{ErrorCode::Cancelled, "done"});
}

void PeerClient::finish(Result<wire::PeerAnswer> result)
{
    if (const auto done = std::exchange(m_done, {})) done(std::move(result));
}

void PeerClient::stop(Error why)
{
    if (m_connection) m_connection->close(std::move(why));
}

} // namespace core::cluster
