#include "tests/sim/port_parts.h"

#include <algorithm>

namespace sim {

using namespace core::replication;

namespace {

constexpr milliseconds kRetryMin{100};
constexpr milliseconds kRetryMax{5000};

/// Runs completions at once: they come from the store's turn, which is an event of its own.
class InlineExecutor final : public Executor {
public:
    void post(Task task) override { task(); }
};
InlineExecutor theInline;

} // namespace

void Port::startFollower(Type type)
{
    auto& follower = m_followers[at(type)];
    const LinkPlan& plan = m_plans[at(type)];
    SecondaryLink link{SecondaryLink::Options{type, plan.secondaryId}, m_services.store, m_services.hasher, m_services.clock, plan.local,
                       plan.position};
    follower.reset(new Follower{plan, std::move(link)});
    follower->told = plan.local;
    attempt(*follower);
}

void Port::stopFollower(Type type)
{
    auto& follower = m_followers[at(type)];
    if (!follower) return;
    follower->isStopping = true;
    if (follower->connection) follower->connection->close(Error{ErrorCode::Cancelled, "the role has changed"});
    if (follower->isApplying) m_services.runStore();
    follower.reset();
}

std::vector<std::string> Port::candidates(const Follower& follower) const
{
    std::vector<std::string> all;
    const auto add = [&all](const std::string& address) {
        if (!address.empty() && std::ranges::find(all, address) == all.end()) all.push_back(address);
    };
    add(follower.lastGood);
    for (const auto& address : follower.link.peer().clusterAddresses) add(address);
    for (const auto& address : follower.plan.addresses) add(address);
    for (const auto& address : follower.link.peer().failoverAddresses) add(address);
    const auto& members = follower.link.members() ? *follower.link.members() : follower.plan.members;
    if (follower.failureCount > 0) add(lastResort(members, follower.plan.type, follower.plan.local.self.clusterAddress, follower.failureCount));
    return all;
}

void Port::attempt(Follower& follower)
{
    const auto all = candidates(follower);
    if (follower.isStopping || all.empty()) return;
    follower.address = all[follower.nextCandidate++ % all.size()];
    const auto guard = [this, alive = follower.isAlive, self = &follower](auto work) {
        return [this, alive, self, work](auto&&... arguments) {
            if (*alive) work(*self, std::forward<decltype(arguments)>(arguments)...);
        };
    };
    follower.connection = m_services.network.dial(
        m_services.cluster, follower.address,
        {follower.plan.type, follower.plan.identity->certificate, follower.plan.authorityCertificate}, {
            .ready = guard([this](Follower& f) {
                f.link.connected();
                pump(f);
            }),
            .received = guard([this](Follower& f, const Frame& frame) {
                f.link.received(frame);
                pump(f);
            }),
            .pull = [alive = follower.isAlive, self = &follower]() -> std::string { return *alive ? self->link.pull() : std::string{}; },
            .closed = guard([this](Follower& f, const Error& why) { onClosed(f, why); }),
        });
}

void Port::onClosed(Follower& follower, const Error& why)
{
    follower.connection.reset();
    follower.link.disconnected();
    if (follower.isStopping) return;
    const std::string text = toString(follower.link.failure().value_or(why));
    if (text != follower.lastError) m_services.world.note(m_services.cluster, "no link:", 0, text);
    follower.lastError = text;
    follower.hasFailed = true;
    const bool isRefused = follower.link.isRefused();
    auto delay = isRefused ? kRetryMax : std::min(kRetryMax, kRetryMin * (1u << std::min(follower.failureCount, 6u)));
    if (follower.nextCandidate % std::max<std::size_t>(1, candidates(follower).size()) != 0) delay = std::min(delay, kRetryMin);
    else ++follower.failureCount;
    const auto jitter = milliseconds{static_cast<std::int64_t>(m_services.random.number() % 50)};
    follower.retryAt = m_services.clock.steadyNow() + delay + jitter;
}

void Port::pump(Follower& follower)
{
    if (follower.isStopping) return;
    if (auto apply = follower.link.takeApply()) this->apply(follower, std::move(*apply));
    if (follower.link.statistics().rootsEqual != follower.rootsEqual) {
        follower.rootsEqual = follower.link.statistics().rootsEqual;
        m_services.watcher.foundEqual(follower.plan.type, follower.link.position());
    }
    if (auto learned = follower.link.takeLearned()) {
        m_services.watcher.heardLaterStatement(follower.plan.type, learned->isFollowed);
        m_services.events.laterStatement(follower.plan.type, std::move(learned->statement), learned->isFollowed);
    }
    while (auto asked = follower.link.takeHandover()) m_services.events.handoverAsked(follower.plan.type, std::move(*asked));
    if (!follower.connection) return;
    if (follower.link.failure()) return follower.connection->closeWhenFlushed(*follower.link.failure());
    if (follower.link.isWelcomed() && follower.connection->isOpen() && follower.lastGood != follower.address) {
        follower.lastGood = follower.address;
        follower.nextCandidate = 0;
    }
    if (follower.link.isWelcomed() && follower.link.state() == SecondaryLink::State::StreamWals && follower.connection->isOpen()) {
        follower.failureCount = 0;
        follower.nextCandidate = 0;
        follower.lastError.clear();
    }
    if (const auto& members = follower.link.members(); members && members != follower.membersNoted) {
        const bool isNews = !areSame(*members, follower.membersNoted ? *follower.membersNoted : follower.plan.members);
        follower.membersNoted = members;
        if (isNews) m_services.events.membersTold(follower.plan.type, *members);
    }
    const PeerInfo& peer = follower.link.peer();
    LocalInfo& told = follower.told;
    if (!peer.clusterAddresses.empty()
        && (peer.clusterAddresses != told.clusterAddresses || peer.failoverAddresses != told.failoverAddresses)) {
        told.clusterAddresses = peer.clusterAddresses;
        told.failoverAddresses = peer.failoverAddresses;
        m_services.events.primaryAddresses(follower.plan.type, peer.clusterAddresses, peer.failoverAddresses);
    }
    follower.connection->wake();
}

void Port::apply(Follower& follower, SecondaryLink::Apply apply)
{
    log::Transaction transaction = m_services.store.begin();
    std::vector<std::string> keys;
    for (auto& operation : apply.operations) {
        if (LinkScope{follower.plan.type}.carries(operation.key)) keys.push_back(operation.key);
        if (operation.kind == log::OperationKind::Put) transaction.put(std::move(operation));
        else transaction.erase(std::move(operation));
    }
    follower.isApplying = true;
    m_services.store.commit(std::move(transaction), theInline,
                            [this, alive = follower.isAlive, self = &follower, keys = std::move(keys)](const Result<LogIndex>& result) {
        if (*alive) finishApply(*self, keys, result);
    });
}

void Port::finishApply(Follower& follower, const std::vector<std::string>& keys, const Result<LogIndex>& result)
{
    follower.isApplying = false;
    if (result && !keys.empty()) m_services.events.applied(follower.plan.type, keys);
    follower.link.applied(result);
    if (follower.isStopping) return;
    m_services.world.after(Duration{0}, [this, alive = follower.isAlive, self = &follower] {
        if (*alive) pump(*self);
    });
}

void Port::reportFollower(const Follower& follower, LinkReport& out) const
{
    out.isRunning = true;
    const bool isOpen = follower.connection && follower.connection->isOpen();
    out.connectionState = isOpen ? "ready" : follower.connection && !follower.hasFailed ? "connecting" : "transient_failure";
    out.state = follower.link.state();
    out.address = isOpen ? follower.address : follower.lastGood;
    out.primary = follower.link.peer();
    out.position = follower.link.position();
    out.isInSync = follower.link.isInSync();
    out.isCaughtUp = follower.link.isCaughtUp();
    out.progress = follower.link.progress();
    out.statistics = follower.link.statistics();
    out.canaryAge = follower.link.canaryAge();
    out.lastError = follower.lastError;
}

} // namespace sim
