#include "tests/sim/port.h"

namespace sim {

using namespace core::replication;

namespace {

constexpr milliseconds kTickInterval{100};
constexpr seconds kPlanMax{60};

} // namespace

Port::Port(Services services)
    : m_services{std::move(services)}
    , m_network{m_services.network,
                m_services.cluster,
                m_services.clock,
                {
                    .accepted = [this](std::shared_ptr<cluster::Connection> connection) { return m_links.accept(std::move(connection)); },
                    .received = [this] { look(); },
                    .sent = [this](const auto& protocol, const auto& fingerprint, std::string_view bytes) { tap(protocol, fingerprint, bytes); },
                }}
    , m_linkServices{.store = m_services.store,
                     .hasher = m_services.hasher,
                     .clock = m_services.clock,
                     .random = m_services.random,
                     .events = m_services.events,
                     .scopes = m_services.scopes,
                     .handleForwarded = {},
                     .handlePeer = m_services.handlePeer,
                     .keys = m_services.keys}
    , m_links{{m_network, m_turns, m_options, m_linkServices, [this] { publish(); }, {}}}
{
    m_subscription = m_services.store.subscribe([this](LogIndex) {
        if (std::exchange(m_isWakePosted, true)) return;
        m_turns.post([this] {
            m_isWakePosted = false;
            m_links.wake();
        });
    });
    tick();
}

void Port::die()
{
    if (!std::exchange(*m_isAlive, false)) return;
    m_network.die();
    m_subscription.reset();
}

void Port::Turns::post(Task task)
{
    m_port.m_services.world.after(Duration{0}, [port = &m_port, alive = m_port.m_isAlive, task = std::move(task)]() mutable {
        if (!*alive) return;
        task();
        port->look();
    });
}

void Port::tick()
{
    m_links.tick();
    m_network.tidy();
    look();
    m_services.world.after(kTickInterval, [this, alive = m_isAlive] {
        if (*alive) tick();
    });
}

void Port::publish()
{
    for (const Type type : {Type::Performance, Type::Dr}) {
        LinkStatus report = m_links.report(type);
        LinkStatus& former = m_reports[at(type)];
        if (report.lastError != former.lastError) m_services.world.note(m_services.cluster, "no link:", 0, report.lastError);
        former = std::move(report);
    }
}

/// Whether the roots were found equal just now.
void Port::look()
{
    for (const Type type : {Type::Performance, Type::Dr}) {
        const SecondaryLink* link = m_links.secondaryLink(type);
        const auto count = link ? link->statistics().rootsEqual : 0;
        if (std::exchange(m_rootsEqual[at(type)], count) < count) m_services.watcher.foundEqual(type, link->position());
    }
}

void Port::tap(const std::string& protocol, const std::string& fingerprint, std::string_view bytes)
{
    for (const Type type : {Type::Performance, Type::Dr}) {
        if (protocol != cluster::protocolOf(type)) continue;
        const auto& known = plan(type).secondaries;
        const auto found = known.find(fingerprint);
        m_services.watcher.sent(type, found == known.end() ? std::string{} : found->second, fingerprint, bytes);
    }
}

void Port::setPlan(LinkPlan next)
{
    if (!*m_isAlive) return;
    m_services.watcher.planChanges(plan(next.type), next);
    std::string text{toString(next.type)};
    for (const auto& address : next.addresses) text += " " + address;
    m_services.world.note(m_services.cluster, "plans to be", static_cast<std::uint64_t>(next.mode), text);
    const auto isDone = std::make_shared<bool>(false);
    m_links.setPlan(std::move(next), [isDone] { *isDone = true; });
    if (*isDone || m_services.lane.waitUntil([isDone] { return *isDone; }, kPlanMax) || !*m_isAlive) return;
    m_services.world.fail("a link of cluster " + std::to_string(m_services.cluster) + " does not end");
}

bool Port::sendHandover(Type type, const std::string& secondaryId, const wire::Handover& handover)
{
    return *m_isAlive && m_links.sendHandover(type, secondaryId, handover);
}

void Port::answerHandover(Type type, const wire::HandoverAnswer& answer)
{
    m_turns.post([this, type, answer] { m_links.answerHandover(type, answer); });
}

Result<wire::BootstrapPackage> Port::fetchBootstrap(const BootstrapOrder& order)
{
    const auto answer = std::make_shared<std::optional<Result<wire::BootstrapPackage>>>();
    if (!*m_isAlive) return Error{ErrorCode::Unavailable, "the cluster port is closed"};
    const auto question = m_links.fetchBootstrap(order, [answer](auto said) { answer->emplace(std::move(said)); });
    static_cast<void>(m_services.lane.waitUntil([answer] { return answer->has_value(); }, order.timeout));
    question->stop(Error{ErrorCode::Timeout, "no answer from the primary"});
    if (!*answer) return Error{ErrorCode::Unavailable, "the power is off"};
    if (**answer) m_services.watcher.bootstrapFetched(order.type, Network::clusterAt(order.address));
    return std::move(**answer);
}

Result<wire::PeerAnswer> Port::ask(const Member& peer, const wire::PeerRequest& request, milliseconds atMost)
{
    const auto answer = std::make_shared<std::optional<Result<wire::PeerAnswer>>>();
    if (!*m_isAlive) return Error{ErrorCode::Unavailable, "the cluster port is closed"};
    if (peer.fingerprint.empty() || peer.endpoint.clusterAddress.empty()) return Error{ErrorCode::Unavailable, "not heard yet"};
    const auto question = m_links.ask(peer, request, [answer](auto said) { answer->emplace(std::move(said)); });
    static_cast<void>(m_services.lane.waitUntil([answer] { return answer->has_value(); }, atMost));
    if (question) question->stop(Error{ErrorCode::Timeout, "the peer did not answer in time"});
    if (!*answer) return Error{ErrorCode::Unavailable, "the power is off"};
    return std::move(**answer);
}

} // namespace sim
