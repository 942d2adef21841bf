#pragma once

#include "core/http/body_meter.h"
#include "core/http/connection_deadline.h"
#include "core/http/rendezvous.h"
#include "core/http/session.h"

#include <boost/asio/awaitable.hpp>

#include <memory>

namespace core::http {

/// 503 with Retry-After, for a body without room.
Reply busyReply();

/// Takes one message after the other through decoding and the pipeline to a reply. It removes the deadline of the connection, because the pipeline
/// has its own limits. Used in the loop of its connection, which outlives it.
class PipelineCall {
public:
    PipelineCall(std::shared_ptr<SessionShared> shared, IoLoop& loop, ConnectionDeadline& deadline)
        : m_shared{std::move(shared)}
        , m_loop{loop}
        , m_deadline{deadline}
    {}

    /// Returns whether the request was a HEAD.
    boost::asio::awaitable<bool> run(Message message, BodyMeter& body, Reply& reply);
    /// Ends the wait for a request that failed without an answer. Call it every few seconds.
    void checkLost();

private:
    std::shared_ptr<Rendezvous<Decoded>> decodeElsewhere(Message message);

    std::shared_ptr<SessionShared> m_shared;
    IoLoop& m_loop;
    ConnectionDeadline& m_deadline;
    std::shared_ptr<Rendezvous<Decoded>> m_decoding;
    std::shared_ptr<Rendezvous<mount::Response>> m_answer;
};

} // namespace core::http
