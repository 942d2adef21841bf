#include "tests/sim/port.h"

#include "core/crypto/x509.h"
#include "tests/sim/port_parts.h"

namespace sim {

using namespace core::replication;

namespace {

constexpr milliseconds kTickInterval{100};

} // namespace

Port::Port(Services services) : m_services{std::move(services)}
{
    m_plans[1].type = Type::Dr;
    m_subscription = m_services.store.subscribe([this](LogIndex) {
        if (std::exchange(m_isWakePosted, true)) return;
        m_services.world.after(Duration{0}, [this, alive = m_isAlive] {
            if (!*alive) return;
            m_isWakePosted = false;
            wakeSessions();
        });
    });
    m_services.network.setListener(m_services.cluster, this);
    tick();
}

Port::~Port()
{
    die();
}

void Port::die()
{
    if (!*m_isAlive) return;
    *m_isAlive = false;
    m_services.network.setListener(m_services.cluster, nullptr);
    m_subscription.reset();
    for (const auto& session : m_sessions) session->connection->kill();
    m_sessions.clear();
    for (auto& follower : m_followers) {
        if (follower && follower->connection) follower->connection->kill();
        follower.reset();
    }
}

void Port::tick()
{
    tickSessions();
    for (auto& follower : m_followers) {
        if (!follower) continue;
        if (follower->connection) {
            follower->link.tick();
            pump(*follower);
        } else if (m_services.clock.steadyNow() >= follower->retryAt) {
            attempt(*follower);
        }
    }
    refreshReports();
    m_services.world.after(kTickInterval, [this, alive = m_isAlive] {
        if (*alive) tick();
    });
}

void Port::setPlan(LinkPlan plan)
{
    if (!*m_isAlive) return;
    const Type type = plan.type;
    const LinkPlan& before = m_plans[at(type)];
    const bool wasSameSet = before.mode == Mode::Primary && plan.mode == Mode::Primary && before.local.setId == plan.local.setId
                            && before.local.epoch == plan.local.epoch;
    const bool isReplaced = before.mode == Mode::Primary && !plan.local.statement.empty() && before.local.setId == plan.local.setId
                            && before.local.statement != plan.local.statement;
    m_services.watcher.planChanges(before, plan);
    std::string text{toString(type)};
    for (const auto& address : plan.addresses) text += " " + address;
    m_services.world.note(m_services.cluster, "plans to be", static_cast<std::uint64_t>(plan.mode), text);
    stopFollower(type); // what is on its way is applied first, as the manager is promised
    m_plans[at(type)] = std::move(plan);
    servePlan(m_plans[at(type)], wasSameSet, isReplaced);
    if (m_plans[at(type)].mode == Mode::Secondary) startFollower(type);
    refreshReports();
}

void Port::refreshReports()
{
    for (const Type type : {Type::Performance, Type::Dr}) {
        LinkReport report;
        reportSessions(type, report);
        if (m_followers[at(type)]) reportFollower(*m_followers[at(type)], report);
        m_reports[at(type)] = std::move(report);
    }
}

bool Port::sendHandover(Type type, const std::string& secondaryId, const wire::Handover& handover)
{
    for (const auto& session : m_sessions) {
        if (!session->link || session->type != type || session->id != secondaryId || !session->connection->isOpen()) continue;
        session->link->sendHandover(handover);
        session->connection->wake();
        return true;
    }
    return false;
}

void Port::answerHandover(Type type, const wire::HandoverAnswer& answer)
{
    m_services.world.after(Duration{0}, [this, alive = m_isAlive, type, answer] {
        if (!*alive || !m_followers[at(type)]) return;
        m_followers[at(type)]->link.answerHandover(answer);
        pump(*m_followers[at(type)]);
    });
}

const SecondaryLink* Port::secondaryLink(Type type) const
{
    const auto& follower = m_followers[at(type)];
    return follower ? &follower->link : nullptr;
}

Result<wire::BootstrapPackage> Port::fetchBootstrap(const BootstrapOrder& order)
{
    struct Waiting {
        std::optional<Result<wire::BootstrapPackage>> answer;
        std::string outgoing;
    };
    if (!*m_isAlive) return Error{ErrorCode::Unavailable, "error authing for bootstrap: the cluster port is closed"};
    const auto waiting = std::make_shared<Waiting>();
    wire::BootstrapRequest request;
    request.set_version(kProtocolVersion);
    request.set_set_id(order.setId);
    request.set_secondary_id(order.secondaryId);
    request.set_is_dev(order.isDev);
    waiting->outgoing = encodeFrame(FrameType::BootstrapRequest, request);
    auto connection = m_services.network.dial(
        m_services.cluster, order.address, {order.type, order.identity->certificate, order.authorityCertificate}, {
            .ready = {},
            .received = [waiting](const Frame& frame) {
                if (waiting->answer) return;
                wire::BootstrapPackage package;
                wire::Refusal refusal;
                if (frame.type == FrameType::BootstrapPackage && parseFrame(frame, package)) {
                    waiting->answer.emplace(std::move(package));
                } else if (frame.type == FrameType::Refusal && parseFrame(frame, refusal)) {
                    waiting->answer.emplace(Error{ErrorCode::PermissionDenied, "the primary refused: " + refusal.detail()});
                } else {
                    waiting->answer.emplace(Error{ErrorCode::Corrupt, "the primary answered something else"});
                }
            },
            .pull = [waiting] { return std::exchange(waiting->outgoing, std::string{}); },
            .closed = [waiting](const Error& why) {
                if (!waiting->answer) waiting->answer.emplace(Error{why.code, "error authing for bootstrap: " + why.detail});
            },
        });
    const bool isInTime = m_services.lane.waitUntil([&] { return waiting->answer.has_value(); }, order.timeout);
    connection->close(Error{ErrorCode::Cancelled, "done"});
    if (!isInTime) return Error{ErrorCode::Timeout, "error authing for bootstrap: no answer from the primary"};
    if (*waiting->answer) m_services.watcher.bootstrapFetched(order.type, Network::clusterAt(order.address));
    return std::move(*waiting->answer);
}

} // namespace sim
