#pragma once

#include "core/replication/primary_link.h"
#include "core/replication/secondary_link.h"
#include "core/replication/transport.h"
#include "tests/sim/lane.h"
#include "tests/sim/network.h"

#include <map>

namespace sim {

/// What a port tells whoever checks.
class PortWatcher {
public:
    virtual ~PortWatcher() = default;
    /// A primary has sent these bytes (whole frames) on a link.
    virtual void sent(replication::Type type, const std::string& secondaryId, const std::string& fingerprint, std::string_view bytes) = 0;
    /// A secondary has found its root equal to its primary's.
    virtual void foundEqual(replication::Type type, const replication::Position& position) = 0;
    virtual void bootstrapFetched(replication::Type type, int from) = 0;
    /// What the port does for the type is about to change.
    virtual void planChanges(const replication::LinkPlan& before, const replication::LinkPlan& next) = 0;
    virtual void heardLaterStatement(replication::Type type, bool isFollowed) = 0;
};

/// The cluster port on the simulated network: what core/cluster does with the links on TLS, done here in the same order.
/// It lives as long as the process.
class Port final : public replication::Transport, public Listener {
public:
    struct Services {
        World& world;
        Network& network;
        int cluster;
        log::Store& store;
        std::function<void()> runStore; // until nothing is queued in it
        const replication::LeafHasher& hasher;
        const Clock& clock;
        Random& random;
        replication::TransportEvents& events;
        const replication::ScopeSource& scopes;
        Lane& lane;
        PortWatcher& watcher;
    };
    explicit Port(Services services);
    ~Port() override;

    // Transport
    void setPlan(replication::LinkPlan plan) override;
    replication::LinkReport report(replication::Type type) const override { return m_reports.at(at(type)); }
    Result<replication::wire::BootstrapPackage> fetchBootstrap(const replication::BootstrapOrder& order) override;

    bool sendHandover(replication::Type type, const std::string& secondaryId, const replication::wire::Handover& handover) override;
    void answerHandover(replication::Type type, const replication::wire::HandoverAnswer& answer) override;

    // Listener
    bool accept(const Greeting& greeting, const std::shared_ptr<Connection>& connection) override;

    /// The plan that is carried out now.
    const replication::LinkPlan& plan(replication::Type type) const { return m_plans.at(at(type)); }
    const replication::SecondaryLink* secondaryLink(replication::Type type) const;
    /// The process dies: nothing is said to anybody any more.
    void die();

private:
    struct Session; // of a secondary, here at the primary
    struct Follower;

    static std::size_t at(replication::Type type) { return type == replication::Type::Performance ? 0 : 1; }
    void tick();
    void wakeSessions();
    void refreshReports();

    // As a primary (port_primary.cpp)
    void onFrame(const std::shared_ptr<Session>& session, replication::Frame frame);
    void onHello(const std::shared_ptr<Session>& session, const replication::Frame& frame);
    void onBootstrap(const std::shared_ptr<Session>& session, const replication::Frame& frame);
    void refuse(const std::shared_ptr<Session>& session, replication::wire::Refusal::Code code, std::string detail);
    void afterInput(const std::shared_ptr<Session>& session);
    void servePlan(const replication::LinkPlan& plan, bool wasSameSet, bool isReplaced);
    void tickSessions();
    void refreshMembers();
    void reportSessions(replication::Type type, replication::LinkReport& out) const;
    std::string pullFor(Session& session);
    replication::LocalInfo localOf(replication::Type type) const;

    // As a secondary (port_secondary.cpp)
    void startFollower(replication::Type type);
    void stopFollower(replication::Type type);
    void attempt(Follower& follower);
    void onClosed(Follower& follower, const Error& why);
    void pump(Follower& follower);
    void apply(Follower& follower, replication::SecondaryLink::Apply apply);
    void finishApply(Follower& follower, const std::vector<std::string>& keys, const Result<LogIndex>& result);
    std::vector<std::string> candidates(const Follower& follower) const;
    void reportFollower(const Follower& follower, replication::LinkReport& out) const;

    Services m_services;
    std::array<replication::LinkPlan, 2> m_plans;
    std::array<replication::LinkReport, 2> m_reports;
    std::array<std::map<std::string, replication::PeerInfo>, 2> m_remembered; // of secondaries, by id
    std::array<std::unique_ptr<Follower>, 2> m_followers;
    std::vector<std::shared_ptr<Session>> m_sessions;
    std::shared_ptr<const replication::Members> m_members;
    std::unique_ptr<log::Store::Subscription> m_subscription;
    bool m_isWakePosted = false;
    std::shared_ptr<bool> m_isAlive = std::make_shared<bool>(true);
};

} // namespace sim
