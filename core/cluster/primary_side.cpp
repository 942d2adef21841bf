#include "core/cluster/primary_side.h"

#include "core/base/logging.h"
#include "core/cluster/address.h"
#include "core/cluster/forward_codec.h"
#include "core/cluster/primary_side_session.h"

#include <algorithm>

namespace core::cluster {

using namespace replication;

namespace {

constexpr std::chrono::seconds kFirstFrameMax{10};
constexpr std::size_t kForwardsInFlightMax = 256; // of one connection

} // namespace

PrimarySide::PrimarySide(Environment environment, const RelayGate& gate)
    : m_env{environment}, m_gate{gate}, m_sslContext{m_tls.share()}, m_acceptor{m_env.context}, m_acceptPause{m_env.context}
{}

Result<std::string> PrimarySide::listen(const std::string& text)
{
    if (text.empty()) return std::string{}; // nobody is to come in
    auto address = parseAddress(text);
    if (!address) return std::move(address).error();
    boost::system::error_code failed;
    const auto host = asio::ip::make_address(address->host, failed);
    if (failed) return Error{ErrorCode::InvalidArgument, "the cluster listener needs an IP address, not \"" + address->host + "\""};
    const asio::ip::tcp::endpoint endpoint{host, address->port};
    m_acceptor.open(endpoint.protocol(), failed);
    if (!failed) m_acceptor.set_option(asio::socket_base::reuse_address{true}, failed);
    if (!failed) m_acceptor.bind(endpoint, failed);
    if (!failed) m_acceptor.listen(asio::socket_base::max_listen_connections, failed);
    if (failed) return Error{ErrorCode::Io, "cluster listener " + text + ": " + failed.message()};
    const auto bound = m_acceptor.local_endpoint(failed);
    acceptNext();
    const bool isSix = bound.address().is_v6();
    return (isSix ? "[" : "") + bound.address().to_string() + (isSix ? "]:" : ":") + std::to_string(bound.port());
}

void PrimarySide::acceptNext()
{
    m_acceptor.async_accept([self = weak_from_this(), this](const boost::system::error_code& failed, asio::ip::tcp::socket socket) {
        const auto alive = self.lock();
        if (!alive || m_env.isStopping || failed == asio::error::operation_aborted) return;
        if (failed) { // out of descriptors, most likely: give others time to go
            m_acceptPause.expires_after(std::chrono::milliseconds{100});
            m_acceptPause.async_wait([self](const boost::system::error_code& cancelled) {
                const auto again = self.lock();
                if (!cancelled && again) again->acceptNext();
            });
            return;
        }
        if (m_sessions.size() < m_env.options.connectionCountMax) {
            auto session = std::make_shared<Session>();
            session->since = m_env.services.clock.now();
            session->connection = std::make_shared<Connection>(std::move(socket), m_sslContext);
            const std::weak_ptr<Session> weak = session;
            session->connection->setCallbacks({
                .ready = [this, weak] { if (const auto s = weak.lock()) onReady(s); },
                .received = [this, weak](Frame frame) { if (const auto s = weak.lock()) onFrame(s, std::move(frame)); },
                .pull = [weak]() -> std::string {
                    const auto s = weak.lock();
                    if (!s) return {};
                    if (!s->outgoing.empty()) {
                        std::string frame = std::move(s->outgoing.front());
                        s->outgoing.pop_front();
                        return frame;
                    }
                    return s->link ? s->link->pull() : std::string{};
                },
                .closed = [keep = alive, weak](const Error& why) {
                    const auto s = weak.lock();
                    if (!s) return;
                    logging::debug("cluster", "a secondary's connection ended", {{"id", s->id}, {"why", toString(why)}});
                    keep->forget(s);
                },
            });
            m_sessions.insert(session);
            session->connection->accept();
        }
        acceptNext();
    });
}

void PrimarySide::setPlan(const LinkPlan& plan)
{
    TypeState& state = stateOf(plan.type);
    // Whoever followed a primary that has been replaced is told by whom.
    const bool isReplaced = state.isPrimary && !plan.local.statement.empty() && state.local.setId == plan.local.setId
                            && state.local.statement != plan.local.statement;
    const bool wasSameSet = state.isPrimary && plan.isServing() && state.isRelay == plan.isRelay
                            && state.local.setId == plan.local.setId && state.local.epoch == plan.local.epoch;
    if (!wasSameSet) state.remembered.clear();
    state.isPrimary = plan.isServing();
    state.isRelay = plan.isRelay;
    state.isRedirect = !state.isPrimary && plan.serverIdentity.has_value();
    state.local = plan.local;
    state.secondaries = plan.secondaries;
    const auto protocols = plan.type == Type::Performance
                               ? std::vector<std::string>{kPerformanceProtocol, kForwardProtocol}
                               : std::vector<std::string>{kDrProtocol};
    for (const auto& protocol : protocols) {
        if (!state.isPrimary && (!state.isRedirect || protocol == kForwardProtocol)) {
            m_tls.eraseProtocol(protocol);
        } else if (auto set = m_tls.setProtocol(protocol, *plan.serverIdentity, plan.ownAuthority); !set) {
            logging::error("cluster", "the cluster port cannot serve a protocol",
                           {{"protocol", protocol}, {"error", toString(set.error())}});
            m_tls.eraseProtocol(protocol);
        }
    }
    // Whoever is not named any more is cut at once; so is everybody where the set or the epoch is another.
    const auto sessions = m_sessions;
    for (const auto& session : sessions) {
        if (!session->connection->isOpen() || session->isPeer || session->type != plan.type) continue;
        const bool isKnown = state.isPrimary && std::ranges::any_of(state.secondaries, [&](const auto& entry) {
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
        forget(session);
    }
    std::erase_if(state.remembered, [&](const auto& entry) {
        return std::ranges::none_of(state.secondaries, [&](const auto& known) { return known.second == entry.first; });
    });
}

LocalInfo PrimarySide::localOf(Type type) const
{
    LocalInfo local = stateOf(type).local;
    if (stateOf(type).isRelay) { // the set's epoch and statement come from above
        local.chain = m_gate.chain;
        if (m_gate.epoch > local.epoch) {
            local.epoch = m_gate.epoch;
            local.statement = m_gate.statement;
        }
    }
    local.chain.push_back(local.clusterId);
    local.members = m_members;
    if (type == Type::Performance) {
        // DR secondaries would take this cluster's place, so its performance secondaries learn where they are.
        for (const auto& [id, peer] : m_dr.remembered) {
            if (!peer.endpoint.clusterAddress.empty()) local.failoverAddresses.push_back(peer.endpoint.clusterAddress);
        }
    }
    return local;
}

void PrimarySide::onReady(const std::shared_ptr<Session>& session)
{
    const std::string protocol = session->connection->protocol();
    session->isForward = protocol == kForwardProtocol;
    session->isPeer = protocol == kPeerProtocol;
    if (session->isPeer) return onPeerReady(session);
    session->type = protocol == kDrProtocol ? Type::Dr : Type::Performance;
    const TypeState& state = stateOf(session->type);
    if (state.isRedirect) return refuse(session, wire::Refusal::EPOCH, "this cluster has handed the primary role over");
    const auto certificate = session->connection->peer();
    const auto known = certificate ? state.secondaries.find(certificate->fingerprint) : state.secondaries.end();
    if (!state.isPrimary || known == state.secondaries.end()) {
        return refuse(session, wire::Refusal::IDENTITY, "this certificate has been revoked or was never known");
    }
    session->id = known->second;
    ++stateOf(session->type).counts.authenticated;
}

void PrimarySide::noteRefusal(const std::shared_ptr<Session>& session, const std::string& detail)
{
    if (std::exchange(m_refusalsNoted[session->id], detail) == detail) return;
    logging::warn("cluster", "a connection is refused",
                  {{"type", std::string{replication::toString(session->type)}}, {"id", session->id}, {"why", detail}});
}

void PrimarySide::refuse(const std::shared_ptr<Session>& session, wire::Refusal::Code code, std::string detail)
{
    wire::Refusal refusal;
    refusal.set_code(code);
    refusal.set_detail(detail);
    refusal.set_epoch(stateOf(session->type).local.epoch.value());
    refusal.set_statement(stateOf(session->type).local.statement);
    noteRefusal(session, detail);
    session->outgoing.push_back(encodeFrame(FrameType::Refusal, refusal));
    session->connection->closeWhenFlushed(Error{ErrorCode::PermissionDenied, std::move(detail)});
}

void PrimarySide::onFrame(const std::shared_ptr<Session>& session, Frame frame)
{
    if (session->id.empty()) return; // refused; what still comes is not read
    if (session->isPeer) return onPeerRequest(session, frame);
    if (session->isForward) {
        if (frame.type == FrameType::ForwardRequest) return onForward(session, frame);
        return refuse(session, wire::Refusal::PROTOCOL, "a frame that does not belong to forwarding");
    }
    if (session->link) {
        auto& counts = stateOf(session->type).counts;
        counts.heartbeats += frame.type == FrameType::Heartbeat;
        counts.pageLeaves += frame.type == FrameType::PageLeaves;
        session->link->received(frame);
        return afterInput(session);
    }
    if (frame.type == FrameType::Hello) return onHello(session, frame);
    if (frame.type == FrameType::BootstrapRequest) return onBootstrap(session, frame);
    refuse(session, wire::Refusal::PROTOCOL, "a link begins with a hello");
}

void PrimarySide::onHello(const std::shared_ptr<Session>& session, const Frame& frame)
{
    // A secondary that comes again has lost its former connection, whether or not we have noticed.
    const auto sessions = m_sessions;
    for (const auto& other : sessions) {
        if (other == session || !other->link || other->type != session->type || other->id != session->id) continue;
        other->connection->close(Error{ErrorCode::Cancelled, "the secondary has connected again"});
        forget(other);
    }
    session->link = std::make_unique<PrimaryLink>(PrimaryLink::Options{session->type, session->id, &m_env.services.scopes,
                                                                      stateOf(session->type).isRelay ? &m_gate : nullptr}, m_env.services.store,
                                                  m_env.services.hasher, m_env.services.clock, localOf(session->type));
    session->link->received(frame);
    auto& counts = stateOf(session->type).counts;
    ++counts.hellos;
    counts.guardsFound += session->link->statistics().streamHits;
    counts.guardsMissing += session->link->statistics().streamMisses;
    afterInput(session);
    if (session->link->failure()) return;
    stateOf(session->type).remembered[session->id] = session->link->peer();
    logging::info("cluster", "a secondary has connected",
                  {{"type", std::string{replication::toString(session->type)}}, {"id", session->id}});
}

void PrimarySide::afterInput(const std::shared_ptr<Session>& session)
{
    const PrimaryLink& link = *session->link;
    if (!link.laterStatement().empty()) m_env.services.events.laterStatement(session->type, link.laterStatement(), false);
    while (auto answer = session->link->takeHandoverAnswer()) {
        m_env.services.events.handoverAnswered(session->type, session->id, std::move(*answer));
    }
    if (link.failure()) {
        noteRefusal(session, toString(*link.failure()));
        return session->connection->closeWhenFlushed(*link.failure());
    }
    if (link.state() != PrimaryLink::State::AwaitingHello) stateOf(session->type).remembered[session->id] = link.peer();
}

void PrimarySide::onBootstrap(const std::shared_ptr<Session>& session, const Frame& frame)
{
    wire::BootstrapRequest request;
    TypeState& state = stateOf(session->type);
    ++state.counts.bootstraps;
    if (!parseFrame(frame, request) || request.version() != kProtocolVersion) {
        return refuse(session, wire::Refusal::VERSION, "a bootstrap request of another version");
    }
    if (request.set_id() != state.local.setId || request.secondary_id() != session->id) {
        return refuse(session, wire::Refusal::SET, "the activation is for another set or secondary");
    }
    auto package = m_env.services.events.bootstrapPackage(session->type, session->id, request.is_dev());
    if (!package) return refuse(session, wire::Refusal::BUSY, package.error().detail);
    session->outgoing.push_back(encodeFrame(FrameType::BootstrapPackage, *package));
    session->connection->closeWhenFlushed(Error{ErrorCode::Cancelled, "bootstrap done"});
}

void PrimarySide::onForward(const std::shared_ptr<Session>& session, const Frame& frame)
{
    wire::ForwardRequest message;
    if (auto parsed = parseFrame(frame, message); !parsed) {
        return refuse(session, wire::Refusal::PROTOCOL, parsed.error().detail);
    }
    // A request that is done twice is another one.
    if (message.sequence() <= session->forwardedThrough) {
        return refuse(session, wire::Refusal::PROTOCOL, "a forwarded request that has come before");
    }
    session->forwardedThrough = message.sequence();
    auto request = fromWire(message);
    // The request ends on this thread, so the thread stays until it has: stop() waits for what was forwarded.
    const auto answer = [this, self = weak_from_this(), weak = std::weak_ptr{session}, sequence = message.sequence(),
                         work = asio::make_work_guard(m_env.context)](mount::Response response, LogIndex written) {
        const auto alive = self.lock();
        const auto s = weak.lock();
        if (!alive || !s) return;
        --s->inFlight;
        wire::ForwardAnswer out = toWire(response);
        out.set_sequence(sequence);
        // What was written beside shared data never arrives at the secondary, so nobody must wait for it.
        out.set_index(std::min(written, m_env.services.store.lastSharedIndex()).value());
        std::string payload = out.SerializeAsString();
        if (payload.size() > frameBytesMax(FrameType::ForwardAnswer)) {
            out = toWire(mount::Response::error(500, "the primary's answer is too large to forward"));
            out.set_sequence(sequence);
            payload = out.SerializeAsString();
        }
        s->outgoing.push_back(encodeFrame(FrameType::ForwardAnswer, payload));
        s->connection->wake();
    };
    ++session->inFlight;
    ++m_performance.counts.forwards;
    // One request that makes no sense is no reason to cut off the others.
    if (!request) return answer(mount::Response::badRequest(request.error().detail), LogIndex{});
    if (session->inFlight > kForwardsInFlightMax || !m_env.services.handleForwarded) {
        return answer(mount::Response::error(503, "the primary has too many forwarded requests"), LogIndex{});
    }
    request->replicationCluster = session->id;
    m_env.services.handleForwarded(std::move(*request), m_env.executor, answer);
}

void PrimarySide::tick()
{
    refreshMembers();
    const auto sessions = m_sessions;
    for (const auto& session : sessions) {
        if (session->link) {
            session->link->setLocal(localOf(session->type));
            session->link->tick();
            afterInput(session);
            session->connection->wake();
        } else if (!session->isForward && m_env.services.clock.now() - session->since > kFirstFrameMax + std::chrono::seconds{10}) {
            session->connection->close(Error{ErrorCode::Timeout, session->isPeer ? "a question took too long" : "no hello"});
        }
    }
}

bool PrimarySide::sendHandover(Type type, const std::string& id, const wire::Handover& handover)
{
    for (const auto& session : m_sessions) {
        if (!session->link || session->type != type || session->id != id || !session->connection->isOpen()) continue;
        session->link->sendHandover(handover);
        session->connection->wake();
        return true;
    }
    return false;
}

void PrimarySide::wake()
{
    for (const auto& session : m_sessions) {
        if (session->link) session->connection->wake();
    }
}

void PrimarySide::forget(const std::shared_ptr<Session>& session)
{
    m_sessions.erase(session);
}

void PrimarySide::report(Type type, LinkReport& out) const
{
    out.asPrimary = stateOf(type).counts;
    out.isRelaying = stateOf(type).isRelay && m_gate.isOpen;
    for (const auto& [id, peer] : stateOf(type).remembered) {
        const bool isConnected = std::ranges::any_of(m_sessions, [type, &wanted = id](const auto& session) {
            return session->link && session->type == type && session->id == wanted && session->connection->isOpen();
        });
        out.secondaries.push_back({id, peer, isConnected});
    }
}

void PrimarySide::stop()
{
    boost::system::error_code ignored;
    m_acceptor.close(ignored);
    m_acceptPause.cancel();
    const auto sessions = m_sessions;
    for (const auto& session : sessions) session->connection->close(Error{ErrorCode::Cancelled, "stopping"});
    m_sessions.clear();
}

} // namespace core::cluster
