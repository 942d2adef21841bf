#pragma once

#include "core/cluster/links/follower.h"
#include "core/cluster/links/primary_side.h"
#include "core/cluster/net/question.h"

#include <memory>
#include <optional>

namespace core::cluster {

/// Everything that the cluster port does, without sockets or threads: links to its own secondaries and to its primaries by the plans, and
/// questions between members. Runs on the port's thread; in the simulator, in the world's time.
class LinkRunner {
public:
    explicit LinkRunner(Environment environment);

    /// `done` runs when nothing more of the former plan is applied.
    void setPlan(replication::LinkPlan plan, std::function<void()> done);
    /// Call every 100 ms.
    void tick();
    /// The store has advanced.
    void wake() { m_primarySide->wake(); }
    bool accept(std::shared_ptr<Connection> connection) { return m_primarySide->accept(std::move(connection)); }
    /// Ends everything. `done` runs when nothing more is applied.
    void stop(std::function<void()> done);

    bool sendHandover(replication::Type type, const std::string& secondaryId, const replication::wire::Handover& handover)
    {
        return m_primarySide->sendHandover(type, secondaryId, handover);
    }
    void answerHandover(replication::Type type, const replication::wire::HandoverAnswer& answer);
    void forward(replication::wire::ForwardRequest request, Executor& executor, ForwardClient::Done done);

    /// As in replication::Transport. `done` is called once, at the latest when the question is stopped. There are no time-outs here.
    template<class Message>
    using Done = std::function<void(Result<Message>)>;
    std::shared_ptr<Question> fetchBootstrap(const replication::BootstrapOrder& order, Done<replication::wire::BootstrapPackage> done);
    std::shared_ptr<Question> ask(const replication::Member& peer, const replication::wire::PeerRequest& request,
                                  Done<replication::wire::PeerAnswer> done);

    const replication::LinkPlan& plan(replication::Type type) const { return *sideOf(type).plan; }
    replication::LinkStatus report(replication::Type type) const;
    const replication::Members& members() const { return m_members; }
    /// Null: this cluster follows no primary.
    const replication::SecondaryLink* secondaryLink(replication::Type type) const;

private:
    struct Side { // of one type: the link to a primary
        std::shared_ptr<const replication::LinkPlan> plan;
        std::shared_ptr<Follower> follower;
        replication::LinkCounts formerCounts; // of earlier followers
        /// What the last one had learned, and of which primary.
        struct Former {
            std::string setId, primaryKey;
            replication::SecondaryPast past;
        };
        std::optional<Former> former;
        replication::Members noted; // its own secondaries, last reported
    };
    Side& sideOf(replication::Type type) { return type == replication::Type::Performance ? m_performance : m_dr; }
    const Side& sideOf(replication::Type type) const { return type == replication::Type::Performance ? m_performance : m_dr; }
    void stopFollower(replication::Type type, std::function<void()> done);
    /// What the last follower of the same primary had learned; nothing if it followed another one.
    static std::optional<replication::SecondaryPast> pastOf(const Side& side);
    /// This cluster follows no performance primary for now. Requests that its former primary has may still be answered.
    void leaveForwarding();
    Environment withMembersHeard(Environment environment);
    const replication::LinkPlan& peerPlan() const;
    void refreshPeers();
    /// Passes on what this primary's own secondaries have reported about themselves.
    void noteSecondaries(const replication::Members& own);
    std::shared_ptr<Question> keep(std::shared_ptr<Question> question);

    Environment m_env;
    replication::RelayGate m_gate; // from the performance follower to the primary side
    std::shared_ptr<PrimarySide> m_primarySide;
    Side m_performance, m_dr;
    std::shared_ptr<ForwardClient> m_forwarding; // on a performance secondary, for all its primaries in turn
    std::vector<std::shared_ptr<ForwardClient>> m_leaving;
    std::uint64_t m_forwardCount = 0; // of clients that have left
    std::vector<std::weak_ptr<Question>> m_questions;
    replication::Members m_members;
    bool m_isStopping = false;
};

} // namespace core::cluster
