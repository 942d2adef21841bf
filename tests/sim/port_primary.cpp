#include "tests/sim/certificates.h"
#include "tests/sim/port_parts.h"

#include <algorithm>

namespace sim {

using namespace core::replication;

bool Port::accept(const Greeting& greeting, const std::shared_ptr<Connection>& connection)
{
    const LinkPlan& plan = m_plans[at(greeting.type)];
    const bool isRedirect = plan.mode != Mode::Primary && plan.serverIdentity.has_value() && !plan.isRelay;
    if (plan.mode != Mode::Primary && !isRedirect) return false;
    const WallTime now = m_services.clock.now();
    if (!isIssuedBy(plan.serverIdentity->certificate, greeting.authority, now)) return false;
    if (!isIssuedBy(greeting.certificate, plan.authorityCertificate, now)) return false;

    auto session = std::make_shared<Session>();
    session->connection = connection;
    session->type = greeting.type;
    session->since = now;
    const std::weak_ptr<Session> weak = session;
    connection->setCallbacks({
        .ready = {},
        .received = [this, alive = m_isAlive, weak](Frame frame) {
            if (const auto s = weak.lock(); s && *alive) onFrame(s, std::move(frame));
        },
        .pull = [this, alive = m_isAlive, weak]() -> std::string {
            const auto s = weak.lock();
            return s && *alive ? pullFor(*s) : std::string{};
        },
        .closed = [this, alive = m_isAlive, weak](const Error&) {
            if (const auto s = weak.lock(); s && *alive) std::erase(m_sessions, s);
        },
    });
    m_sessions.push_back(session);
    session->fingerprint = fingerprintOf(greeting.certificate);
    if (isRedirect) {
        m_services.world.after(Duration{0}, [this, alive = m_isAlive, session] {
            if (*alive) refuse(session, wire::Refusal::EPOCH, "this cluster has handed the primary role over");
        });
        return true;
    }
    const auto known = plan.secondaries.find(session->fingerprint);
    if (known == plan.secondaries.end()) {
        m_services.world.after(Duration{0}, [this, alive = m_isAlive, session] {
            if (*alive) refuse(session, wire::Refusal::IDENTITY, "this certificate has been revoked or was never known");
        });
        return true;
    }
    session->id = known->second;
    return true;
}

std::string Port::pullFor(Session& session)
{
    if (!session.outgoing.empty()) {
        std::string frame = std::move(session.outgoing.front());
        session.outgoing.pop_front();
        return frame;
    }
    if (!session.link) return {};
    std::string bytes = session.link->pull();
    if (!bytes.empty()) m_services.watcher.sent(session.type, session.id, session.fingerprint, bytes);
    return bytes;
}

void Port::servePlan(const LinkPlan& plan, bool wasSameSet, bool isReplaced)
{
    auto& remembered = m_remembered[at(plan.type)];
    if (!wasSameSet) remembered.clear();
    const auto sessions = m_sessions;
    for (const auto& session : sessions) {
        if (!session->connection->isOpen() || session->type != plan.type) continue;
        const bool isKnown = plan.mode == Mode::Primary && std::ranges::any_of(plan.secondaries, [&](const auto& entry) {
            return entry.second == session->id;
        });
        if (wasSameSet && isKnown) {
            if (session->link) session->link->setLocal(localOf(plan.type));
            continue;
        }
        if (isReplaced && session->link) {
            session->link.reset(); // nothing more of the data goes out
            refuse(session, wire::Refusal::EPOCH, "this primary has been replaced");
            session->id.clear();
            continue;
        }
        session->connection->close(Error{ErrorCode::PermissionDenied, "no longer a secondary of this primary"});
        std::erase(m_sessions, session);
    }
    std::erase_if(remembered, [&](const auto& entry) {
        return std::ranges::none_of(plan.secondaries, [&](const auto& known) { return known.second == entry.first; });
    });
}

LocalInfo Port::localOf(Type type) const
{
    LocalInfo local = m_plans[at(type)].local;
    local.members = m_members;
    if (type == Type::Performance) {
        for (const auto& [id, peer] : m_remembered[at(Type::Dr)]) {
            if (!peer.endpoint.clusterAddress.empty()) local.failoverAddresses.push_back(peer.endpoint.clusterAddress);
        }
    }
    return local;
}

void Port::refuse(const std::shared_ptr<Session>& session, wire::Refusal::Code code, std::string detail)
{
    wire::Refusal refusal;
    refusal.set_code(code);
    refusal.set_detail(detail);
    refusal.set_epoch(m_plans[at(session->type)].local.epoch.value());
    refusal.set_statement(m_plans[at(session->type)].local.statement);
    session->outgoing.push_back(encodeFrame(FrameType::Refusal, refusal));
    session->connection->closeWhenFlushed(Error{ErrorCode::PermissionDenied, std::move(detail)});
}

void Port::onFrame(const std::shared_ptr<Session>& session, Frame frame)
{
    if (session->id.empty()) return; // refused; what still comes is not read
    if (session->link) {
        session->link->received(frame);
        return afterInput(session);
    }
    if (frame.type == FrameType::Hello) return onHello(session, frame);
    if (frame.type == FrameType::BootstrapRequest) return onBootstrap(session, frame);
    refuse(session, wire::Refusal::PROTOCOL, "a link begins with a hello");
}

void Port::onHello(const std::shared_ptr<Session>& session, const Frame& frame)
{
    const auto sessions = m_sessions;
    for (const auto& other : sessions) {
        if (other == session || !other->link || other->type != session->type || other->id != session->id) continue;
        other->connection->close(Error{ErrorCode::Cancelled, "the secondary has connected again"});
        std::erase(m_sessions, other);
    }
    session->link = std::make_unique<PrimaryLink>(PrimaryLink::Options{session->type, session->id, &m_services.scopes}, m_services.store,
                                                  m_services.hasher, m_services.clock, localOf(session->type));
    session->link->received(frame);
    afterInput(session);
    if (session->link->failure()) return;
    m_remembered[at(session->type)][session->id] = session->link->peer();
    m_services.world.note(m_services.cluster, "linked by", static_cast<std::uint64_t>(session->link->state()), session->id);
}

void Port::afterInput(const std::shared_ptr<Session>& session)
{
    const PrimaryLink& link = *session->link;
    if (!link.laterStatement().empty()) {
        m_services.watcher.heardLaterStatement(session->type, false);
        m_services.events.laterStatement(session->type, link.laterStatement(), false);
    }
    while (auto answer = session->link->takeHandoverAnswer()) {
        m_services.events.handoverAnswered(session->type, session->id, std::move(*answer));
    }
    if (link.failure()) return session->connection->closeWhenFlushed(*link.failure());
    if (link.state() != PrimaryLink::State::AwaitingHello) m_remembered[at(session->type)][session->id] = link.peer();
}

void Port::onBootstrap(const std::shared_ptr<Session>& session, const Frame& frame)
{
    wire::BootstrapRequest request;
    if (!parseFrame(frame, request) || request.version() != kProtocolVersion) {
        return refuse(session, wire::Refusal::VERSION, "a bootstrap request of another version");
    }
    if (request.set_id() != m_plans[at(session->type)].local.setId || request.secondary_id() != session->id) {
        return refuse(session, wire::Refusal::SET, "the activation is for another set or secondary");
    }
    auto package = m_services.events.bootstrapPackage(session->type, session->id, request.is_dev());
    if (!package) return refuse(session, wire::Refusal::BUSY, package.error().detail);
    session->outgoing.push_back(encodeFrame(FrameType::BootstrapPackage, *package));
    session->connection->closeWhenFlushed(Error{ErrorCode::Cancelled, "bootstrap done"});
}

/// Everybody whom this primary knows, for everybody (as core/cluster/primary_side_peers.cpp).
void Port::refreshMembers()
{
    m_members.reset();
    Members members;
    for (const LinkPlan& plan : m_plans) {
        if (plan.mode != Mode::Primary) continue;
        for (const auto& [fingerprint, id] : plan.secondaries) {
            Member member{plan.type, id, {}, {}, {}, false, false};
            const auto& remembered = m_remembered[at(plan.type)];
            if (const auto known = remembered.find(id); known != remembered.end()) {
                member.fingerprint = known->second.peerFingerprint;
                member.endpoint = known->second.endpoint;
                member.heardAt = known->second.heardAt;
            }
            members.push_back(std::move(member));
        }
        members.push_back({plan.type, {}, plan.local.peerFingerprint, plan.local.self, m_services.clock.now(), true, true});
    }
    if (!members.empty()) m_members = std::make_shared<const Members>(std::move(members));
}

void Port::tickSessions()
{
    refreshMembers();
    const auto sessions = m_sessions;
    for (const auto& session : sessions) {
        if (session->link) {
            session->link->setLocal(localOf(session->type));
            session->link->tick();
            afterInput(session);
            session->connection->wake();
        } else if (m_services.clock.now() - session->since > seconds{20}) {
            session->connection->close(Error{ErrorCode::Timeout, "no hello"});
        }
    }
}

void Port::wakeSessions()
{
    for (const auto& session : m_sessions) {
        if (session->link) session->connection->wake();
    }
}

void Port::reportSessions(Type type, LinkReport& out) const
{
    for (const auto& [id, peer] : m_remembered[at(type)]) {
        const bool isConnected = std::ranges::any_of(m_sessions, [type, &wanted = id](const auto& session) {
            return session->link && session->type == type && session->id == wanted && session->connection->isOpen();
        });
        out.secondaries.push_back({id, peer, isConnected});
    }
}

} // namespace sim
