#pragma once

#include "core/cluster/links/link_runner.h"
#include "tests/core/replication/test_store.h"

namespace testing_cluster {

using namespace core;
using namespace core::replication;

/// One end of a connection in memory. Bytes arrive when the test runs the turns.
class MemoryConnection final : public cluster::Connection, public std::enable_shared_from_this<MemoryConnection> {
public:
    MemoryConnection(Executor& turns, std::string fingerprint, std::string protocol)
        : m_turns{turns}
        , m_fingerprint{std::move(fingerprint)}
        , m_protocol{std::move(protocol)}
    {}
    static void connect(const std::shared_ptr<MemoryConnection>& one, const std::shared_ptr<MemoryConnection>& other)
    {
        one->m_peer = other;
        other->m_peer = one;
        for (const auto& end : {one, other}) {
            end->m_isOpen = true;
            if (end->m_callbacks.ready) end->m_callbacks.ready();
            end->wake();
        }
    }
    void setCallbacks(Callbacks callbacks) override { m_callbacks = std::move(callbacks); }
    void wake() override
    {
        m_turns.post([self = shared_from_this()] { self->flush(); });
    }
    void closeWhenFlushed(Error why) override
    {
        m_closing = std::move(why);
        wake();
    }
    void close(Error why) override
    {
        if (std::exchange(m_isClosed, true)) return;
        m_turns.post([self = shared_from_this(), why] {
            if (const auto closed = std::exchange(self->m_callbacks, {}).closed) closed(why);
            if (const auto peer = self->m_peer.lock()) peer->close(Error{ErrorCode::Unavailable, "closed by the peer"});
        });
    }
    bool isOpen() const override { return m_isOpen && !m_isClosed; }
    std::string peerFingerprint() override { return m_fingerprint; }
    std::string protocol() override { return m_protocol; }

private:
    void flush()
    {
        while (isOpen()) {
            const std::string bytes = m_callbacks.pull();
            if (bytes.empty()) break;
            if (const auto peer = m_peer.lock()) peer->take(bytes);
        }
        if (m_closing) close(*m_closing);
    }
    void take(const std::string& bytes)
    {
        m_decoder.feed(bytes);
        while (isOpen()) {
            auto frame = m_decoder.next();
            if (!frame || !*frame) return;
            m_callbacks.received(std::move(**frame));
        }
    }

    Executor& m_turns;
    const std::string m_fingerprint;
    const std::string m_protocol;
    Callbacks m_callbacks;
    std::weak_ptr<MemoryConnection> m_peer;
    FrameDecoder m_decoder;
    bool m_isOpen = false;
    bool m_isClosed = false;
    std::optional<Error> m_closing;
};

/// The links of one cluster with a store in memory, on the turns and the clock of a test. Certificates are plain names here, and a
/// cluster's address is its certificate. Answers of the store arrive when `completions` are run.
class LinkHost final : public cluster::Network, public TransportEvents, public ScopeSource {
public:
    using Hosts = std::map<std::string, LinkHost*>;
    LinkHost(std::string name, Hosts& hosts, ManualExecutor& turns, const Clock& clock)
        : store{"log-" + name}
        , m_name{std::move(name)}
        , m_hosts{hosts}
        , m_turns{turns}
        , m_services{store, m_hasher, clock, m_random, *this, *this, {}}
    {
        m_hosts[m_name] = this;
    }

    testing::TestStore store;
    ManualExecutor completions;
    std::vector<std::string> dialled;
    std::set<std::string> silent; // addresses that never answer, like a machine that is off
    std::set<std::string> served; // protocols
    std::set<std::string> pinned; // certificates of admitted members
    Members told;

    LinkPlan planToServe(const std::string& secondary, Type type = Type::Performance)
    {
        LinkPlan plan = planOf(Mode::Primary, type);
        plan.serverIdentity = crypto::Identity{m_name, {}};
        plan.secondaries.emplace(secondary, secondary);
        return plan;
    }
    LinkPlan planToFollow(std::vector<std::string> addresses, Type type = Type::Performance)
    {
        LinkPlan plan = planOf(Mode::Secondary, type);
        plan.identity = crypto::Identity{m_name, {}};
        plan.secondaryId = m_name;
        plan.addresses = std::move(addresses);
        return plan;
    }
    LinkPlan planOf(Mode mode, Type type = Type::Performance) const
    {
        LinkPlan plan;
        plan.type = type;
        plan.mode = mode;
        plan.local.setId = "set";
        plan.local.epoch = Epoch{1};
        plan.local.self.clusterAddress = plan.local.clusterId = m_name;
        return plan;
    }
    bool isCaughtUp() const { return links.report(Type::Performance).isCaughtUp; }

    // cluster::Network
    Result<std::shared_ptr<cluster::Connection>> dial(const cluster::DialOptions& options, cluster::Connection::Callbacks callbacks) override
    {
        dialled.push_back(options.address);
        auto near = std::make_shared<MemoryConnection>(m_turns, options.address, options.protocol);
        near->setCallbacks(std::move(callbacks));
        if (silent.contains(options.address)) return std::shared_ptr<cluster::Connection>{near};
        const auto found = m_hosts.find(options.address);
        if (found == m_hosts.end() || !found->second->served.contains(options.protocol)) {
            near->close(Error{ErrorCode::Unavailable, "nobody there"});
        } else {
            auto far = std::make_shared<MemoryConnection>(m_turns, options.identity.certificate, options.protocol);
            found->second->links.accept(far);
            m_turns.post([near, far] { MemoryConnection::connect(near, far); });
        }
        return std::shared_ptr<cluster::Connection>{near};
    }
    Result<> serve(const std::string& protocol, const crypto::Identity&, const std::string&, std::set<std::string>) override
    {
        served.insert(protocol);
        return {};
    }
    Result<> servePinned(const std::string& protocol, const crypto::Identity& identity, std::set<std::string> fingerprints) override
    {
        pinned = std::move(fingerprints);
        return serve(protocol, identity, {}, {});
    }
    void refuse(const std::string& protocol) override { served.erase(protocol); }

    // TransportEvents, ScopeSource
    void bootstrapPackage(BootstrapAsk, std::function<void(Result<wire::BootstrapPackage>)> done) override { done(wire::BootstrapPackage{}); }
    void laterStatement(Type, std::string, StatementSource) override {}
    void primaryAddresses(Type, std::vector<std::string>, std::vector<std::string>) override {}
    void membersTold(Type, const Members& members) override { told = members; }
    LinkFilter scope(Type type, const std::string&) const override { return LinkFilter{type}; }
    std::uint64_t scopeVersion() const override { return 1; }

private:
    const std::string m_name;
    Hosts& m_hosts;
    ManualExecutor& m_turns;
    testing::TestHasher m_hasher;
    SeededRandom m_random{1};
    cluster::ClusterPort::Options m_options;
    cluster::ClusterPort::Services m_services;

public:
    cluster::LinkRunner links{{*this, completions, m_options, m_services, [] {}, {}}};
};

} // namespace testing_cluster
