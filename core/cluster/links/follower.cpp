#include "core/cluster/links/follower.h"

#include "core/base/logging.h"
#include "core/crypto/tls_refusal.h"

#include <algorithm>
#include <utility>

namespace core::cluster {

using namespace replication;

namespace {

constexpr std::chrono::milliseconds kRetryMin{100};
// The pause between two rounds through the known addresses. It does not grow with the time that the primary is away, because another
// cluster may take its place at any moment, and clients wait. With jitter and the tick, a promoted cluster is found within 500 ms.
constexpr std::chrono::milliseconds kRetryMax{250};
// How long an address that does not answer holds up the next one (a machine is off, or a firewall drops packets). RFC 8305 has 250 ms.
constexpr std::chrono::milliseconds kStagger{200};
constexpr std::size_t kAttemptsMax = 8;                // at once
constexpr std::chrono::milliseconds kRefusedMax{5000}; // asking again quickly does not change a refusal

} // namespace

Follower::Follower(Environment environment, std::shared_ptr<const LinkPlan> plan, RelayGate* gate, std::shared_ptr<ForwardClient> forwarding,
                   const std::optional<SecondaryPast>& past)
    : m_env{std::move(environment)}
    , m_plan{std::move(plan)}
    , m_gate{gate}
    , m_link{SecondaryLink::Options{.type = m_plan->type, .secondaryId = m_plan->secondaryId, .keys = m_env.services.events.keySource()},
             m_env.services.store,
             m_env.services.hasher,
             m_env.services.clock,
             m_plan->local,
             Position::stored(m_env.services.store.reader(), m_plan->type)}
    , m_members{std::make_shared<const Members>(m_plan->members)}
    , m_clusterAddresses{m_plan->local.clusterAddresses}
    , m_failoverAddresses{m_plan->local.failoverAddresses}
    , m_forwarding{std::move(forwarding)}
    , m_primaryKey{m_plan->primaryKey}
{
    if (past) m_link.inherit(*past);
    if (m_gate) *m_gate = {};
    if (m_forwarding) m_forwarding->follow(*m_plan);
}

std::vector<std::string> Follower::candidates() const
{
    std::vector<std::string> all;
    const auto add = [&all](const std::string& address) {
        if (!address.empty() && std::ranges::find(all, address) == all.end()) all.push_back(address);
    };
    add(m_lastGood);
    const bool discovers = m_env.options.discoversServers;
    for (const auto& address : discovers ? m_link.peer().clusterAddresses : std::vector<std::string>{}) add(address);
    for (const auto& address : m_plan->addresses) add(address);
    for (const auto& address : discovers ? m_link.peer().failoverAddresses : std::vector<std::string>{}) add(address);
    if (discovers && m_failureCount > 0) add(lastResort(members(), m_plan->type, m_plan->local.self.clusterAddress, m_failureCount));
    return all;
}

/// Not only tried because the primary is nowhere else: what another cluster refuses says nothing of the primary.
bool Follower::isExpected(const std::string& address) const
{
    const auto has = [&](const std::vector<std::string>& all) { return std::ranges::find(all, address) != all.end(); };
    return address == m_lastGood || has(m_plan->addresses) || has(m_link.peer().clusterAddresses) || has(m_link.peer().failoverAddresses);
}

std::vector<std::string> Follower::leaderKeys() const
{
    if (!m_plan->leaderKeys.empty()) return m_plan->leaderKeys; // from the set's trust log
    std::vector<std::string> keys;
    if (m_primaryKey.empty()) return keys;
    keys.push_back(m_primaryKey);
    for (const Member& member : members()) {
        const bool isOfSet = member.type == m_plan->type || m_plan->type == Type::Performance; // a DR copy inherits the performance role
        if (isOfSet && member.maySucceed() && !member.memberKey.empty() && std::ranges::find(keys, member.memberKey) == keys.end())
            keys.push_back(member.memberKey);
    }
    return keys;
}

void Follower::dialNext()
{
    const auto all = candidates();
    if (m_isStopping || m_connection || all.empty()) return;
    const auto isUnderWay = [this](const std::string& address) {
        return std::ranges::any_of(m_attempts, [&](const Attempt& each) { return each.address == address; });
    };
    std::size_t passed = 0;
    while (passed < all.size() && isUnderWay(all[m_nextCandidate % all.size()])) {
        ++m_nextCandidate;
        ++passed;
    }
    if (passed == all.size() || m_attempts.size() >= kAttemptsMax) return;
    const std::string address = all[m_nextCandidate++ % all.size()];
    const std::uint64_t number = ++m_attemptCount;
    // Until this time the address has a head start. Then the next one is dialled too, and the first that is ready wins.
    m_retryAt = m_env.services.clock.steadyNow() + kStagger;
    const auto weak = weak_from_this();
    auto connection = m_env.network.dial({address, *m_plan->identity, m_plan->authorityCertificate, protocolOf(m_plan->type)},
                                         {
                                             .ready =
                                                 [weak, number] {
                                                     if (const auto self = weak.lock()) self->onReady(number);
                                                 },
                                             .received =
                                                 [weak, number](const Frame& frame) {
                                                     const auto self = weak.lock();
                                                     if (self && self->m_number == number) self->onFrame(frame);
                                                 },
                                             .pull =
                                                 [weak, number] {
                                                     const auto self = weak.lock();
                                                     return self && self->m_number == number ? self->pull() : std::string{};
                                                 },
                                             .closed =
                                                 [weak, number](const Error& why) {
                                                     if (const auto self = weak.lock()) self->onClosed(number, why);
                                                 },
                                         });
    if (connection) m_attempts.push_back({number, address, std::move(*connection)});
    else onAttemptFailed(address, connection.error());
}

void Follower::onReady(std::uint64_t number)
{
    const auto ready = std::ranges::find(m_attempts, number, &Attempt::number);
    if (ready == m_attempts.end() || m_isStopping) return; // another address was first
    m_connection = std::move(ready->connection);
    m_number = number;
    m_address = std::move(ready->address);
    m_attempts.erase(ready);
    dropAttempts(Error{ErrorCode::Cancelled, "another address has answered"});
    ++m_counts.authenticated;
    m_link.leader().setKeys(leaderKeys());
    m_link.connected(m_connection->exporter());
    pump();
}

void Follower::dropAttempts(const Error& why)
{
    for (const auto& attempt : std::exchange(m_attempts, {})) attempt.connection->close(why);
}

void Follower::onFrame(const Frame& frame)
{
    m_counts.heartbeats += frame.type == FrameType::Heartbeat;
    m_counts.records += frame.type == FrameType::Records;
    m_counts.entries += frame.type == FrameType::Entries;
    m_link.received(frame);
    pump();
}

std::string Follower::pull()
{
    auto frame = m_link.pull();
    if (frame.size() >= kFrameHeaderBytes) {
        const auto type = static_cast<FrameType>(frame[kFrameHeaderBytes - 1]);
        m_counts.hellos += type == FrameType::Hello;
        m_counts.pageLeaves += type == FrameType::PageLeaves;
    }
    return frame;
}

void Follower::onClosed(std::uint64_t number, const Error& why)
{
    if (m_connection && number == m_number) return onLinkClosed(why);
    const auto failed = std::ranges::find(m_attempts, number, &Attempt::number);
    if (failed == m_attempts.end()) return; // it was dropped
    const std::string address = std::move(failed->address);
    m_attempts.erase(failed);
    onAttemptFailed(address, why);
}

void Follower::onAttemptFailed(const std::string& address, const Error& why)
{
    if (m_isStopping) return;
    noteError(address, toString(why), End::NotReached);
    m_isAuthorityRefused = m_isAuthorityRefused || why.detail.find(crypto::kOtherAuthority) != std::string::npos;
    retryLater(false);
}

void Follower::onLinkClosed(const Error& why)
{
    m_connection.reset();
    m_number = 0;
    m_link.disconnected();
    if (m_isStopping) return;
    if (m_forwarding) m_forwarding->setAddress({}, {});
    noteError(m_address, toString(m_link.failure().value_or(why)), m_link.isRefused() && isExpected(m_address) ? End::Refused : End::Ended);
    retryLater(m_link.isRefused());
}

void Follower::noteError(const std::string& address, std::string text, End end)
{
    const std::string reason = text.substr(0, text.find("this end's clock says")); // the same at every attempt
    if (reason.size() < text.size()) text += otherClockText();
    Failure& failure = m_failures[address];
    if (failure.told != reason) { // each address logs a reason once, though it is tried several times a second
        failure.told = reason;
        logging::warn("cluster", "no link to the primary",
                      {{"type", std::string{replication::toString(m_plan->type)}}, {"address", address}, {"why", text}});
    }
    failure.text = address + ": " + text;
    failure.advice = end == End::Refused ? m_link.refusalAdvice() : std::string{};
    failure.end = end;
    failure.number = ++m_failureNumber;
    m_hasFailed = true;
}

void Follower::retryLater(bool isRefused)
{
    const SteadyTime now = m_env.services.clock.steadyNow();
    const bool isEndOfRound = m_nextCandidate % std::max<std::size_t>(1, candidates().size()) == 0;
    if (!isEndOfRound && !isRefused) { // the next address, at once
        m_retryAt = now;
        return m_env.executor.post([weak = weak_from_this()] {
            const auto self = weak.lock();
            if (self && self->m_env.services.clock.steadyNow() >= self->m_retryAt) self->dialNext();
        });
    }
    if (isEndOfRound) ++m_failureCount;
    auto delay = isRefused ? kRefusedMax : std::min(kRetryMax, kRetryMin * (1u << std::min(m_failureCount, 6u)));
    if (!isEndOfRound) delay = std::min(delay, kRetryMin); // another address may have another answer
    const auto jitter = std::chrono::milliseconds{static_cast<std::int64_t>(m_env.services.random.number() % 50)};
    m_retryAt = now + delay + jitter;
}

std::string Follower::otherClockText() const
{
    const PeerInfo& peer = m_link.peer();
    if (peer.heardAt == WallTime{}) return "; the clock of the other end is not known. \"holdfast replication preflight\" compares both clocks";
    return "; the clock of the other end says " + toRfc3339(m_env.services.clock.now() - peer.clockSkew) + ", by its last heartbeat";
}

void Follower::pump()
{
    if (m_isStopping) return;
    while (auto message = m_link.takeTrust()) {
        m_env.services.events.trustTold({.link = m_plan->type,
                                         .message = std::move(*message),
                                         .provenKey = m_link.isWelcomed() ? m_link.leader().provenKey() : std::string{},
                                         .from = "the primary at " + m_address});
    }
    if (auto learned = m_link.takeLearned()) {
        if (m_forwarding && !learned->isFollowed) m_forwarding->expectMove();
        m_env.services.events.laterStatement(
            m_plan->type, std::move(learned->statement),
            {.isPrimarys = true, .isFollowed = learned->isFollowed, .leaderKey = learned->leaderKey, .from = "the primary at " + m_address});
    }
    if (auto key = m_link.leader().takeProven()) m_env.services.events.primaryProven(m_plan->type, std::move(key->key), std::move(key->replaced));
    while (auto asked = m_link.takeHandover()) m_env.services.events.handoverAsked(m_plan->type, std::move(*asked));
    if (auto apply = m_link.takeApply()) this->apply(std::move(*apply));
    if (auto keys = m_link.takeKeys()) adoptKeys(std::move(*keys));
    if (auto told = m_link.takeTokenKeys()) m_env.services.events.tokenKeysSent(std::move(*told), [] {});
    keepGate();
    if (!m_connection) return;
    if (m_link.failure()) return m_connection->closeWhenFlushed(*m_link.failure());
    if (m_link.isWelcomed() && !m_link.leader().provenKey().empty()) m_primaryKey = m_link.leader().provenKey();
    if (m_link.isWelcomed() && m_connection->isOpen() && m_lastGood != m_address) {
        m_lastGood = m_address;
        m_nextCandidate = 0;
        logging::info("cluster", "linked to the primary", {{"type", std::string{replication::toString(m_plan->type)}}, {"address", m_address}});
    }
    if (m_link.isWelcomed() && m_link.state() == SecondaryLink::State::StreamWals && m_connection->isOpen()) {
        m_failureCount = 0;
        m_nextCandidate = 0;
        m_isAuthorityRefused = false;
        m_failures.clear();
        if (m_forwarding) m_forwarding->setAddress(m_address, m_link.leader().provenKey());
        if (!std::exchange(m_isStreamNoted, true)) m_env.publish();
    }
    if (m_forwarding) m_forwarding->applied(m_link.position().index);
    noteAddresses();
    noteMembers();
    m_connection->wake();
}

void Follower::keepGate()
{
    if (!m_gate) return;
    // The gate opens only for a prefix of the root primary's log. States before this index may have been mixtures, so the floor moves up to
    // it.
    m_gate->chain = m_link.peer().chain;
    m_gate->epoch = m_link.local().epoch;
    m_gate->statement = m_link.local().statement;
    if (m_link.isWelcomed()) m_gate->refusal.clear();
    if (!m_link.exclusion().empty()) m_gate->refusal = m_link.exclusion();
    const bool isOpen = m_link.isPrefix() && !m_gate->chain.empty() && m_gate->refusal.empty();
    if (isOpen && !m_gate->isOpen) m_gate->floor = m_env.services.store.appliedIndex();
    m_gate->isOpen = isOpen;
}

void Follower::noteAddresses()
{
    const PeerInfo& peer = m_link.peer();
    if (peer.clusterAddresses.empty() || !m_env.options.discoversServers) return;
    if (peer.clusterAddresses == m_clusterAddresses && peer.failoverAddresses == m_failoverAddresses) return;
    m_clusterAddresses = peer.clusterAddresses;
    m_failoverAddresses = peer.failoverAddresses;
    m_env.services.events.primaryAddresses(m_plan->type, m_clusterAddresses, m_failoverAddresses);
}

void Follower::noteMembers()
{
    const auto& told = m_link.members();
    if (!told || told == m_membersNoted) return;
    m_membersNoted = told;
    auto members = std::make_shared<const Members>(withKnownFingerprints(*told, *m_members));
    const bool isNews = !areSame(*members, *m_members);
    m_members = std::move(members);
    if (!isNews) return;
    m_env.services.events.membersTold(m_plan->type, *m_members);
    m_env.membersHeard();
}

void Follower::apply(SecondaryLink::Apply apply)
{
    log::Transaction transaction = m_env.services.store.begin();
    transaction.append(std::move(apply.operations));
    keepGate(); // before a state that is no prefix is in the log
    m_isApplying = true;
    m_env.services.store.commit(std::move(transaction), m_env.executor,
                                [self = shared_from_this()](const Result<LogIndex>& result) { self->onApplied(result); });
}

void Follower::onApplied(const Result<LogIndex>& result)
{
    m_isApplying = false;
    m_link.applied(result);
    keepGate();
    for (const auto& stopped : std::exchange(m_stopped, {})) stopped();
    pump();
}

void Follower::adoptKeys(SecretBytes bundle)
{
    m_env.services.events.keysSent(m_plan->type, std::move(bundle), [weak = weak_from_this(), &executor = m_env.executor](Result<> result) {
        // The result arrives on another thread and must come back to the port's thread. The follower may be gone by then.
        executor.post([weak, result = std::move(result)] {
            const auto self = weak.lock();
            if (!self || self->m_isStopping) return;
            self->m_link.keysTaken(result);
            self->pump();
        });
    });
}

void Follower::answerHandover(const wire::HandoverAnswer& answer)
{
    m_link.answerHandover(answer);
    pump();
}

void Follower::stop(std::function<void()> done)
{
    m_isStopping = true;
    const Error why{ErrorCode::Cancelled, "the role has changed"};
    dropAttempts(why);
    if (m_connection) m_connection->close(why);
    if (m_forwarding) m_forwarding->setAddress({}, {});
    // A batch at the store cannot be called back. The role change waits for it, so nothing of the former primary is applied later.
    if (m_isApplying) m_stopped.push_back(std::move(done));
    else done();
}

void Follower::tick()
{
    if (m_isStopping) return;
    if (m_connection) {
        m_link.tick();
        pump();
    } else if (m_env.services.clock.steadyNow() >= m_retryAt) {
        dialNext();
    }
}

LinkCounts Follower::counts() const
{
    LinkCounts counts = m_counts;
    counts.guardsMissing = m_link.statistics().reconcileCount;
    return counts;
}

void Follower::report(LinkStatus& out) const
{
    out.asSecondary += counts();
    out.isRunning = true;
    out.members = m_members;
    const bool isOpen = m_connection && m_connection->isOpen();
    out.connection = isOpen ? ConnectionState::Ready : !m_attempts.empty() && !m_hasFailed ? ConnectionState::Connecting : ConnectionState::Failing;
    out.state = m_link.state();
    out.address = isOpen ? m_address : m_lastGood;
    out.primary = m_link.peer();
    const std::string& told = m_link.peer().authority;
    out.isAuthorityOther = m_isAuthorityRefused || (isOpen && m_link.isWelcomed() && !told.empty() && told != m_plan->local.trustedAuthority);
    out.primaryKey = isOpen && m_link.isWelcomed() ? m_link.leader().provenKey() : std::string{};
    out.position = m_link.position();
    out.isInSync = m_link.isInSync();
    out.isCaughtUp = m_link.isCaughtUp();
    out.progress = m_link.progress();
    out.statistics = m_link.statistics();
    out.canaryAge = m_link.equality().canaryAge();
    out.equality = m_link.equality().last();
    // A secondary tries several addresses in turn; of a member that is down there is less to learn than from a primary that says no.
    const auto most = std::ranges::max_element(m_failures, {}, [](const auto& each) { return std::pair{each.second.end, each.second.number}; });
    if (most == m_failures.end()) return;
    out.lastError = most->second.text;
    out.lastErrorAdvice = most->second.advice;
}

} // namespace core::cluster
