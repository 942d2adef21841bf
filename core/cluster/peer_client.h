#pragma once

#include "core/cluster/connection.h"
#include "core/cluster/environment.h"

#include <functional>

namespace core::cluster {

/// One question to another member: connect, ask, take the answer, close. On the port's thread only.
class PeerClient : public std::enable_shared_from_this<PeerClient> {
public:
    using Done = std::function<void(Result<replication::wire::PeerAnswer>)>;

    PeerClient(asio::io_context& context, crypto::Identity identity, replication::Member peer)
        : m_context{context}, m_identity{std::move(identity)}, m_peer{std::move(peer)}
    {}

    /// `done` is called once. Errors: those of replication::Transport::ask().
    void ask(std::string frame, Done done);
    void stop(Error why);

private:
    void received(const replication::Frame& frame);
    void finish(Result<replication::wire::PeerAnswer> result);

    asio::io_context& m_context;
    crypto::Identity m_identity;
    replication::Member m_peer;
    std::string m_outgoing;
    Done m_done;
    std::shared_ptr<Connection> m_connection;
};

} // namespace core::cluster
