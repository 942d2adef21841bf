#pragma once

#include "core/cluster/links/link_runner.h"
#include "tests/sim/lane.h"
#include "tests/sim/port_network.h"

#include <array>

namespace sim {

/// Reports of a port to the checks.
class PortWatcher {
public:
    virtual ~PortWatcher() = default;
    /// A primary has sent these bytes (whole frames) on a link.
    virtual void sent(replication::Type type, const std::string& secondaryId, const std::string& fingerprint, std::string_view bytes) = 0;
    /// A secondary has found its root equal to its primary's.
    virtual void foundEqual(replication::Type type, const replication::Position& position) = 0;
    virtual void bootstrapFetched(replication::Type type, int from) = 0;
    /// The plan of the type is about to change.
    virtual void planChanges(const replication::LinkPlan& before, const replication::LinkPlan& next) = 0;
};

/// The cluster port (core/cluster/links/cluster_port.h) of the simulated world: the same links, with simulated time and network. Calls that
/// would wait for the port's thread wait on the cluster's lane. Lives as long as the process.
class Port final : public replication::Transport {
public:
    struct Services {
        World& world;
        sim::Network& network;
        int cluster;
        log::Store& store;
        const replication::LeafHasher& hasher;
        const Clock& clock;
        Random& random;
        replication::TransportEvents& events;
        const replication::ScopeSource& scopes;
        Lane& lane;
        PortWatcher& watcher;
        cluster::PeerHandler handlePeer; // none: other members get no answer
        std::function<std::shared_ptr<const trust::MemberKeys>()> keys{};
    };
    explicit Port(Services services);
    ~Port() override { die(); }

    // Transport
    void setPlan(replication::LinkPlan plan) override;
    replication::LinkStatus report(replication::Type type) const override { return m_reports.at(at(type)); }
    Result<replication::wire::BootstrapPackage> fetchBootstrap(const replication::BootstrapOrder& order) override;
    bool sendHandover(replication::Type type, const std::string& secondaryId, const replication::wire::Handover& handover) override;
    void answerHandover(replication::Type type, const replication::wire::HandoverAnswer& answer) override;
    replication::Members members() const override { return m_links.members(); }
    Result<replication::wire::PeerAnswer> ask(const replication::Member& peer, const replication::wire::PeerRequest& request,
                                              milliseconds atMost) override;

    /// The plan in use.
    const replication::LinkPlan& plan(replication::Type type) const { return m_links.plan(type); }
    /// The process dies: nothing happens any more.
    void die();

private:
    /// The port's thread: each posted task is an event of its own.
    class Turns final : public Executor {
    public:
        explicit Turns(Port& port) : m_port{port} {}
        void post(Task task) override;

    private:
        Port& m_port;
    };
    static std::size_t at(replication::Type type) { return type == replication::Type::Performance ? 0 : 1; }
    void tick();
    void publish();
    void look();
    void tap(const std::string& protocol, const std::string& fingerprint, std::string_view bytes);

    Services m_services;
    std::shared_ptr<bool> m_isAlive = std::make_shared<bool>(true);
    Turns m_turns{*this};
    PortNetwork m_network;
    cluster::ClusterPort::Options m_options;
    cluster::ClusterPort::Services m_linkServices;
    cluster::LinkRunner m_links;
    std::array<replication::LinkStatus, 2> m_reports;
    std::array<std::uint64_t, 2> m_rootsEqual{};
    std::unique_ptr<log::Subscription> m_subscription;
    bool m_isWakePosted = false;
};

} // namespace sim
