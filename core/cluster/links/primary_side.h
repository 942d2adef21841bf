#pragma once

#include "core/cluster/links/environment.h"
#include "core/replication/links/primary_link.h"

#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace core::cluster {

/// Serves the connections of secondaries and members: admission, links, bootstrap, forwarded requests, questions. On the port's thread
/// only.
class PrimarySide : public std::enable_shared_from_this<PrimarySide> {
public:
    /// The performance follower sets the gate if this cluster relays. The gate outlives this object.
    PrimarySide(Environment environment, const replication::RelayGate& gate);

    /// A new connection. False: there is no room for it.
    bool accept(std::shared_ptr<Connection> connection);
    void setPlan(std::shared_ptr<const replication::LinkPlan> plan);
    void tick();
    /// False: the secondary has no link.
    bool sendHandover(replication::Type type, const std::string& id, const replication::wire::Handover& handover);
    /// The store has advanced.
    void wake();
    void report(replication::Type type, replication::LinkStatus& out) const;
    void stop();

    /// The members that may connect, by fingerprint. All others are cut at once. No identity: no member may.
    void setPeers(const std::optional<crypto::Identity>& identity, std::map<std::string, replication::Member> peers);
    /// This cluster's secondaries of both types, and what they have reported about themselves.
    replication::Members ownSecondaries() const;

private:
    struct Session;
    struct TypeState {
        std::shared_ptr<const replication::LinkPlan> plan = std::make_shared<replication::LinkPlan>();
        std::map<std::string, replication::PeerInfo> remembered; // by id; of secondaries that are or were connected
        replication::LinkCounts counts;
        /// This cluster is no primary any more, and tells callers which cluster is.
        bool isRedirect() const { return !plan->isServing() && plan->serverIdentity; }
    };

    /// Whether another connection may come in. Closes a stranger's connection to make room.
    bool hasRoom();
    /// Ends the oldest connection of a secondary that has too many, but never its link.
    void endOlder(const std::shared_ptr<Session>& session);
    /// Ends forwarding connections with requests that were begun and not completed: for too long, or too much data of one secondary.
    void endUnfinished();
    void onReady(const std::shared_ptr<Session>& session);
    void onFrame(const std::shared_ptr<Session>& session, replication::Frame frame);
    void onHello(const std::shared_ptr<Session>& session, const replication::Frame& frame);
    void onBootstrap(const std::shared_ptr<Session>& session, const replication::Frame& frame);
    void onPeerReady(const std::shared_ptr<Session>& session);
    void onPeerRequest(const std::shared_ptr<Session>& session, const replication::Frame& frame);
    void refreshMembers();
    void onForwardProof(const std::shared_ptr<Session>& session, const replication::Frame& frame);
    replication::LinkPlan::Seat seatOf(const Session& session) const;
    replication::LinkIdentity identityOf(const Session& session) const;
    void noteProof(const std::shared_ptr<Session>& session);
    void onForward(const std::shared_ptr<Session>& session, const replication::Frame& frame);
    void refuse(const std::shared_ptr<Session>& session, replication::wire::Refusal::Code code, std::string detail);
    /// Logs a handshake that failed because of a certificate, of this end or the other. One line in ten seconds.
    void noteCertificate(const Error& why);
    void noteRefusal(const std::shared_ptr<Session>& session, const std::string& detail);
    void afterInput(const std::shared_ptr<Session>& session);
    /// Once for each link, when its hello has been answered.
    void noteConnected(const std::shared_ptr<Session>& session);
    bool isConnected(replication::Type type, const std::string& id) const;
    replication::LocalInfo localOf(replication::Type type) const;
    TypeState& stateOf(replication::Type type) { return type == replication::Type::Performance ? m_performance : m_dr; }
    const TypeState& stateOf(replication::Type type) const { return type == replication::Type::Performance ? m_performance : m_dr; }

    Environment m_env;
    const replication::RelayGate& m_gate;
    std::optional<SteadyTime> m_certificateNotedAt;
    std::map<std::string, std::string> m_refusalsNoted; // by id; a refused secondary asks again every few seconds
    TypeState m_performance;
    TypeState m_dr;
    std::map<std::string, replication::Member> m_peers;    // by fingerprint
    std::string m_peerCertificate;                         // shown to members
    std::shared_ptr<const replication::Members> m_members; // sent to secondaries
    SteadyTime m_membersKeptUntil;                         // until then the list stays as it is
    std::vector<std::shared_ptr<Session>> m_sessions;      // in order of arrival
};

} // namespace core::cluster
