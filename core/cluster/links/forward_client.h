#pragma once

#include "core/cluster/net/connection.h"
#include "core/cluster/links/environment.h"
#include "core/replication/proofs/link_identity.h"

#include <deque>
#include <list>
#include <map>
#include <memory>

namespace core::cluster {

/// A performance secondary's connection to its primary for forwarded requests. It outlives the links.
///
/// It connects when the first request arrives. An answer waits until this cluster has applied the index of its write. A request that was
/// certainly not done (never sent, or the former primary says so) waits some seconds for the next primary and is sent there. A request that
/// was sent and not answered is never sent again. On the port's thread only.
class ForwardClient : public std::enable_shared_from_this<ForwardClient> {
public:
    using Done = std::function<void(Result<replication::Forwarder::Answer>)>;

    explicit ForwardClient(Environment environment) : m_env{std::move(environment)} {}

    /// This cluster's identity for its primary, from now on.
    void follow(const replication::LinkPlan& plan);
    /// The primary's address; empty: not known. Then requests wait a moment for another one, and fail. `primaryKey`: the member key that it
    /// proved on the link. It must prove the same key here before anything is sent. Empty: an older version, which has none.
    void setAddress(const std::string& address, const std::string& primaryKey);
    /// The set has another primary: requests wait until its address is known.
    void expectMove();
    /// Errors: Unavailable; Timeout; Conflict (this cluster follows no primary any more, and nothing was done).
    void forward(replication::wire::ForwardRequest request, Executor& executor, Done done);
    /// This cluster has applied everything up to here.
    void applied(LogIndex index);
    void tick();
    /// This cluster follows no primary any more. Sent requests may still be answered, while tick() is called.
    void leave();
    /// Ends everything now.
    void stop(const Error& why);
    /// Calls `done` with the error that the primary is not reachable.
    static void refuse(Executor& executor, Done done);
    bool isIdle() const { return m_pending.empty() && m_waiting.empty(); }
    std::uint64_t forwardCount() const { return m_count; }

private:
    struct Pending {
        Executor* executor = nullptr;
        Done done;
        SteadyTime deadline;
        replication::wire::ForwardRequest request;
        SteadyTime parkedUntil{}; // set when it is parked for the first time; so is the next
        SteadyTime heldUntil{};   // until then it waits even if no other primary is expected
    };
    struct Waiting {
        LogIndex index;
        replication::Forwarder::Answer answer;
        Pending pending;
    };
    /// One connection, and the sequence numbers of its requests.
    struct Line {
        std::string address;
        std::shared_ptr<Connection> connection;
        std::deque<std::uint64_t> unsent;
        std::uint64_t sequence = 0;                  // grows with each frame, so the other end does none twice
        std::map<std::uint64_t, std::uint64_t> sent; // number by sequence
        replication::LinkIdentity identity;
        bool isProofSent = false;
        bool isProven = false; // requests may be sent
        SteadyTime until;      // of a former one: when it is closed
    };
    using LinePointer = std::shared_ptr<Line>;

    void connect();
    void send(std::uint64_t number);
    void park(std::uint64_t number);
    void retire();
    std::string pull(Line& line);
    void onProof(const LinePointer& line, const replication::Frame& frame);
    void onFrame(const LinePointer& line, const replication::Frame& frame);
    void onClosed(const LinePointer& line);
    /// Sends the parked requests if there is an address. Ends those that have waited too long.
    void moveParked();
    void flushWaiting();
    void fail(std::uint64_t number, const Error& why);
    static void finish(Pending& pending, Result<replication::Forwarder::Answer> result);
    SteadyTime now() const { return m_env.services.clock.steadyNow(); }

    Environment m_env;
    std::optional<crypto::Identity> m_identity;
    std::string m_authority;
    std::string m_address;
    std::string m_primaryKey;
    replication::LocalInfo m_local;
    std::string m_secondaryId;
    LinePointer m_line; // null: not connected
    std::vector<LinePointer> m_former;
    std::uint64_t m_count = 0;                  // the number of the last request
    std::map<std::uint64_t, Pending> m_pending; // not answered yet: unsent, sent or parked
    std::deque<std::uint64_t> m_parked;         // wait for the next primary
    SteadyTime m_expectedUntil;                 // without an address: how long requests wait for one
    bool m_hasLeft = false;
    std::list<Waiting> m_waiting;
    LogIndex m_applied;
};

} // namespace core::cluster
