#pragma once

#include "core/cluster/environment.h"

#include <deque>
#include <list>
#include <map>
#include <memory>

namespace core::cluster {

/// A performance secondary's connection for forwarded requests: opened when the first one comes, kept while the link lives.
/// Answers wait until the index they were written at has been applied here. On the port's thread only.
class ForwardClient : public std::enable_shared_from_this<ForwardClient> {
public:
    using Done = std::function<void(Result<replication::Forwarder::Answer>)>;

    ForwardClient(Environment environment, const replication::LinkPlan& plan)
        : m_env{std::move(environment)}, m_identity{plan.identity->clone()}, m_authority{plan.authorityCertificate}
    {}

    /// Where the primary is now; empty: nowhere, requests fail at once.
    void setAddress(const std::string& address);
    void forward(replication::wire::ForwardRequest request, Executor& executor, Done done);
    /// Everything up to here is applied.
    void applied(LogIndex index);
    void tick();
    void stop(const Error& why);
    /// Tells the caller that the primary is not reachable.
    static void refuse(Executor& executor, Done done);
    std::uint64_t forwardCount() const { return m_sequence; }

private:
    struct Pending {
        Executor* executor = nullptr;
        Done done;
        SteadyTime deadline;
    };
    struct Waiting {
        LogIndex index;
        replication::Forwarder::Answer answer;
        Pending pending;
    };
    void connect();
    void onFrame(const replication::Frame& frame);
    static void finish(Pending& pending, Result<replication::Forwarder::Answer> result);

    Environment m_env;
    crypto::Identity m_identity;
    std::string m_authority;
    std::string m_address;
    std::shared_ptr<Connection> m_connection;
    std::uint64_t m_sequence = 0;
    std::deque<std::string> m_outgoing;
    std::map<std::uint64_t, Pending> m_pending;
    std::list<Waiting> m_waiting;
    LogIndex m_applied;
};

} // namespace core::cluster
