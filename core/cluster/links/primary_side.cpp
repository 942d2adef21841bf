#include "core/cluster/links/primary_side.h"

#include "core/base/logging.h"
#include "core/cluster/links/forward_codec.h"
#include "core/cluster/links/primary_side_session.h"
#include "core/replication/wire/wire_values.h"

#include <algorithm>

namespace core::cluster {

using namespace replication;

namespace {

constexpr std::chrono::seconds kFirstFrameMax{20}; // with the handshake
constexpr std::chrono::seconds kStoppingMax{1};
constexpr std::chrono::seconds kCertificateLogInterval{10};
constexpr std::size_t kForwardsInFlightMax = 256;       // on one connection
constexpr std::size_t kSessionsMax = 8;                 // of one secondary, beside its link
constexpr std::size_t kWaitingBytesMax = 32u << 20;     // on one connection: waiting to be read, or being worked on
constexpr std::size_t kUnfinishedBytesMax = 100u << 20; // of one secondary: begun forwarded requests that are not complete
constexpr std::chrono::seconds kElsewhereMax{10};       // how long former secondaries are told that this is no primary any more

} // namespace

PrimarySide::PrimarySide(Environment environment, const RelayGate& gate) : m_env{std::move(environment)}, m_gate{gate} {}

std::string PrimarySide::Session::pull()
{
    if (outgoing.empty()) return link ? link->pull() : std::string{};
    std::string frame = std::move(outgoing.front());
    outgoing.pop_front();
    outgoingBytes -= frame.size();
    return frame;
}

std::size_t PrimarySide::Session::bytesMax(FrameType type) const
{
    const bool isExpected = isPeer      ? type == FrameType::PeerRequest
                            : isForward ? type == FrameType::ForwardRequest || type == FrameType::LinkProof
                                        // A frame of another type may be small only: enough to read it and refuse it.
                                        : type != FrameType::Records && type != FrameType::Entries && type != FrameType::ForwardRequest &&
                                              type != FrameType::ForwardAnswer && type != FrameType::PeerAnswer;
    return isExpected ? frameBytesMax(type) : kUnexpectedBytesMax;
}

bool PrimarySide::accept(std::shared_ptr<Connection> connection)
{
    if (!hasRoom()) return false;
    const auto session = std::make_shared<Session>();
    session->since = m_env.services.clock.steadyNow();
    session->connection = std::move(connection);
    const std::weak_ptr<Session> weak = session;
    session->connection->setCallbacks({
        .ready =
            [this, weak] {
                if (const auto s = weak.lock()) onReady(s);
            },
        .received =
            [this, weak](Frame frame) {
                if (const auto s = weak.lock()) onFrame(s, std::move(frame));
            },
        .pull =
            [weak] {
                const auto s = weak.lock();
                return s ? s->pull() : std::string{};
            },
        .closed =
            [keep = weak_from_this(), weak](const Error& why) {
                const auto self = keep.lock();
                const auto s = weak.lock();
                if (!self || !s) return;
                logging::debug("cluster", "a secondary's connection ended", {{"id", s->id}, {"why", toString(why)}});
                if (why.detail.find(" end's certificate") != std::string::npos) self->noteCertificate(why);
                std::erase(self->m_sessions, s);
            },
        .bytesMax =
            [weak](FrameType type) {
                const auto s = weak.lock();
                return s ? s->bytesMax(type) : std::size_t{0};
            },
        .isFull =
            [weak] {
                const auto s = weak.lock();
                return s && s->waitingBytes() > kWaitingBytesMax;
            },
    });
    m_sessions.push_back(session);
    return true;
}

bool PrimarySide::hasRoom()
{
    if (m_sessions.size() < m_env.options.connectionCountMax) return true;
    // When all connections are taken, the oldest stranger goes first: one that has shown no known certificate. So strangers cannot keep
    // members out.
    const auto oldest = std::ranges::find_if(m_sessions, [](const auto& session) { return session->id.empty(); });
    if (oldest == m_sessions.end()) return false;
    (*oldest)->connection->close(Error{ErrorCode::Cancelled, "room for another connection"});
    m_sessions.erase(oldest);
    return true;
}

void PrimarySide::endOlder(const std::shared_ptr<Session>& session)
{
    const auto isSame = [&](const auto& other) { return !other->isPeer && !other->link && other->type == session->type && other->id == session->id; };
    if (static_cast<std::size_t>(std::ranges::count_if(m_sessions, isSame)) <= kSessionsMax) return;
    const auto oldest = std::ranges::find_if(m_sessions, isSame);
    (*oldest)->connection->close(Error{ErrorCode::Cancelled, "too many connections of one secondary"});
    m_sessions.erase(oldest);
}

void PrimarySide::endUnfinished()
{
    const SteadyTime now = m_env.services.clock.steadyNow();
    std::map<std::string, std::size_t> bytes; // by secondary
    const auto end = [this](const std::shared_ptr<Session>& session, const char* why) {
        noteRefusal(session, why);
        session->connection->close(Error{ErrorCode::Timeout, why});
        std::erase(m_sessions, session);
    };
    // One secondary must not fill the memory with requests that it begins and never completes.
    const auto sessions = m_sessions;
    for (const auto& session : sessions) {
        if (!session->isForward) continue;
        const auto held = session->connection->unfinishedBytes();
        if (held == 0) session->unfinishedSince.reset();
        else if (!session->unfinishedSince) session->unfinishedSince = now;
        if (session->unfinishedSince && now - *session->unfinishedSince > m_env.options.unfinishedMax)
            end(session, "a forwarded request that does not come to its end");
        else bytes[session->id] += held;
    }
    for (const auto& [id, held] : bytes) {
        if (held <= kUnfinishedBytesMax) continue;
        std::shared_ptr<Session> first; // the one that began first
        for (const auto& session : m_sessions) {
            if (session->isForward && session->id == id && session->unfinishedSince &&
                (!first || *session->unfinishedSince < *first->unfinishedSince))
                first = session;
        }
        end(first, "too many forwarded requests that do not come to their end");
    }
}

void PrimarySide::setPlan(std::shared_ptr<const LinkPlan> next)
{
    TypeState& state = stateOf(next->type);
    const auto before = std::exchange(state.plan, std::move(next));
    const LinkPlan& plan = *state.plan;
    // Secondaries of a replaced primary are told which cluster leads now.
    const bool isReplaced = before->isServing() && !plan.local.statement.empty() && before->local.setId == plan.local.setId &&
                            before->local.statement != plan.local.statement;
    const bool wasSameSet = before->isServing() && plan.isServing() && before->isRelay == plan.isRelay && before->local.setId == plan.local.setId &&
                            before->local.epoch == plan.local.epoch;
    if (!wasSameSet) state.remembered.clear();
    // A primary that stops takes down one type after the other. Secondaries of the second type must not lose members from their list in
    // between, because they may need them when this primary is lost.
    if (before->isServing() && !plan.isServing()) m_membersKeptUntil = m_env.services.clock.steadyNow() + kStoppingMax;
    const auto protocols =
        plan.type == Type::Performance ? std::vector<std::string>{kPerformanceProtocol, kForwardProtocol} : std::vector<std::string>{kDrProtocol};
    std::set<std::string> known; // issued by the authority of now, or by one before it
    for (const auto& [fingerprint, id] : plan.secondaries) known.insert(fingerprint);
    for (const auto& protocol : protocols) {
        if (!plan.isServing() && (!state.isRedirect() || protocol == kForwardProtocol)) {
            m_env.network.refuse(protocol);
        } else if (auto served = m_env.network.serve(protocol, *plan.serverIdentity, plan.ownAuthority, known); !served) {
            logging::error("cluster", "the cluster port cannot serve a protocol", {{"protocol", protocol}, {"error", toString(served.error())}});
            m_env.network.refuse(protocol);
        }
    }
    const auto isNamed = [&plan](const std::string& id) {
        return std::ranges::any_of(plan.secondaries, [&id](const auto& entry) { return entry.second == id; });
    };
    // A secondary that the new plan does not list is cut at once. If set, epoch or role differ, all are cut.
    const auto sessions = m_sessions;
    for (const auto& session : sessions) {
        if (!session->connection->isOpen() || session->isPeer || session->type != plan.type) continue;
        if (wasSameSet && isNamed(session->id)) {
            if (session->link) {
                session->link->setLocal(localOf(plan.type));
                session->connection->wake();
            }
            continue;
        }
        if (session->isForward && (isReplaced || state.isRedirect())) {
            // Its sent requests still get an answer, even if only this one. It closes the connection when it has found the successor.
            session->isElsewhere = true;
            session->since = m_env.services.clock.steadyNow();
            continue;
        }
        if (isReplaced && session->link) {
            session->link->setLocal(localOf(plan.type));
            const auto proofs = session->link->dueTrust(); // entries that prove who leads now
            session->link.reset();                         // no more data goes out
            for (const auto& frame : proofs) session->send(frame);
            refuse(session, wire::Refusal::EPOCH, "this primary has been replaced");
            session->id.clear();
            continue;
        }
        session->connection->close(Error{ErrorCode::PermissionDenied, "no longer a secondary of this primary"});
        std::erase(m_sessions, session);
    }
    std::erase_if(state.remembered, [&](const auto& entry) { return !isNamed(entry.first); });
}

LocalInfo PrimarySide::localOf(Type type) const
{
    LocalInfo local = stateOf(type).plan->local;
    if (stateOf(type).plan->isRelay) { // on a relay, the set's epoch and statement come from its primary
        local.chain = m_gate.chain;
        if (m_gate.epoch > local.epoch) {
            local.epoch = m_gate.epoch;
            local.statement = m_gate.statement;
        }
    }
    local.chain.push_back(local.clusterId);
    local.members = m_members;
    if (type == Type::Performance) {
        // DR secondaries would take this cluster's place, so its performance secondaries learn their addresses.
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
    if (state.isRedirect()) return refuse(session, wire::Refusal::EPOCH, "this cluster has handed the primary role over");
    const auto known = state.plan->secondaries.find(session->connection->peerFingerprint());
    // The handshake of this connection began before the plan changed. The caller is not revoked, and tries again soon.
    if (!state.plan->isServing())
        return refuse(session, wire::Refusal::BUSY, "this cluster serves no secondaries now; it stops, or its role changes");
    if (known == state.plan->secondaries.end()) {
        return refuse(session, wire::Refusal::IDENTITY, "this certificate has been revoked or was never known");
    }
    session->id = known->second;
    endOlder(session);
    ++stateOf(session->type).counts.authenticated;
}

void PrimarySide::noteCertificate(const Error& why)
{
    // Anybody can connect with any certificate, any number of times. So there is one line in ten seconds.
    const SteadyTime now = m_env.services.clock.steadyNow();
    if (m_certificateNotedAt && now - *m_certificateNotedAt < kCertificateLogInterval) return;
    m_certificateNotedAt = now;
    logging::warn("cluster", "a connection to the cluster port failed by a certificate", {{"why", why.detail}});
}

void PrimarySide::noteRefusal(const std::shared_ptr<Session>& session, const std::string& detail)
{
    // A refused secondary asks again every few seconds; the same reason is logged once.
    if (std::exchange(m_refusalsNoted[session->id], detail) == detail) return;
    logging::warn("cluster", "a connection is refused",
                  {{"type", std::string{replication::toString(session->type)}}, {"id", session->id}, {"why", detail}});
}

void PrimarySide::refuse(const std::shared_ptr<Session>& session, wire::Refusal::Code code, std::string detail)
{
    wire::Refusal refusal;
    refusal.set_code(code);
    refusal.set_detail(detail);
    refusal.set_epoch(stateOf(session->type).plan->local.epoch.value());
    refusal.set_statement(stateOf(session->type).plan->local.statement);
    refusal.set_successor_key(stateOf(session->type).plan->local.successorKey);
    const auto& keys = stateOf(session->type).plan->local.keys;
    if (code == wire::Refusal::EPOCH && keys) identityOf(*session).prove(keys, false, refusal.mutable_proof());
    noteRefusal(session, detail);
    session->isEnding = true;
    session->send(encodeFrame(FrameType::Refusal, refusal));
    session->connection->closeWhenFlushed(Error{ErrorCode::PermissionDenied, std::move(detail)});
}

void PrimarySide::onFrame(const std::shared_ptr<Session>& session, Frame frame)
{
    if (session->id.empty() || session->isEnding) return; // it was refused, and the rest is not read
    if (session->isPeer) return onPeerRequest(session, frame);
    if (session->isForward) {
        if (frame.type == FrameType::LinkProof) return onForwardProof(session, frame);
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

void PrimarySide::onForwardProof(const std::shared_ptr<Session>& session, const Frame& frame)
{
    wire::LinkProof proof;
    const auto identity = identityOf(*session);
    const auto seat = seatOf(*session);
    const std::string key = parseFrame(frame, proof) ? identity.provenKey(proof, true) : std::string{};
    std::vector<std::string> keys = seat.standIns;
    keys.push_back(seat.memberKey);
    const bool isKnown = seat.memberKey.empty() || (!key.empty() && !LinkIdentity::knownKey(proof, keys).empty());
    if (session->isProven || key.empty() || !isKnown) return refuse(session, wire::Refusal::IDENTITY, "another cluster's key holds this seat");
    session->isProven = true;
    wire::LinkProof own;
    identity.prove(stateOf(session->type).plan->local.keys, false, &own);
    session->send(encodeFrame(FrameType::LinkProof, own));
    session->connection->wake();
}

void PrimarySide::onForward(const std::shared_ptr<Session>& session, const Frame& frame)
{
    if (!session->isProven && !seatOf(*session).memberKey.empty()) {
        return refuse(session, wire::Refusal::IDENTITY, "this secondary proves its key, and the one that connects does not");
    }
    wire::ForwardRequest message;
    if (auto parsed = parseFrame(frame, message); !parsed) {
        return refuse(session, wire::Refusal::PROTOCOL, parsed.error().detail);
    }
    // A sequence number that does not grow is a replay: the request would be done twice.
    if (message.sequence() <= session->forwardedThrough) {
        return refuse(session, wire::Refusal::PROTOCOL, "a forwarded request with a sequence number that was used before");
    }
    session->forwardedThrough = message.sequence();
    auto request = fromWire(message, m_env.options.jsonLimits);
    // The request ends on this thread. So the thread stays until it has ended, and stop() waits for it.
    const auto answer = [this, self = weak_from_this(), weak = std::weak_ptr{session}, sequence = message.sequence(), bytes = frame.payload.size(),
                         work = m_env.work.lock()](mount::Response response, LogIndex written) {
        const auto alive = self.lock();
        const auto s = weak.lock();
        if (!alive || !s) return;
        --s->inFlight;
        s->inFlightBytes -= bytes;
        wire::ForwardAnswer out = toWire(response);
        out.set_sequence(sequence);
        // Writes to local data never arrive at the secondary, so it must not wait for them.
        out.set_index(std::min(written, m_env.services.store.lastSharedIndex()).value());
        std::string payload = out.SerializeAsString();
        if (payload.size() > frameBytesMax(FrameType::ForwardAnswer)) {
            out = toWire(mount::Response::error(500, "the primary's answer is too large to forward"));
            out.set_sequence(sequence);
            payload = out.SerializeAsString();
        }
        s->send(encodeFrame(FrameType::ForwardAnswer, payload));
        s->connection->wake();
    };
    ++session->inFlight;
    session->inFlightBytes += frame.payload.size();
    session->unfinishedSince.reset();
    if (session->isElsewhere) {
        return answer(mount::Response::error(kElsewhereStatus, "this cluster is not the primary any more"), LogIndex{});
    }
    ++m_performance.counts.forwards;
    // A malformed request ends alone; others on this connection continue. It is the fault of the secondary, not of the client, so the client
    // gets a 500. If a limit is exceeded, it gets a 400: the limit may be lower here than on its own cluster.
    if (!request) {
        const bool isOverLimit = request.error().code == ErrorCode::InvalidArgument;
        return answer(mount::Response::error(isOverLimit ? 400 : 500, request.error().detail), LogIndex{});
    }
    if (session->inFlight > kForwardsInFlightMax || !m_env.services.handleForwarded) {
        return answer(mount::Response::error(503, "the primary has too many forwarded requests"), LogIndex{});
    }
    request->replicationCluster = session->id;
    m_env.services.handleForwarded(std::move(*request), m_env.executor, answer);
}

void PrimarySide::tick()
{
    refreshMembers();
    endUnfinished();
    const auto sessions = m_sessions;
    for (const auto& session : sessions) {
        if (session->link) {
            session->link->setLocal(localOf(session->type));
            session->link->tick();
            afterInput(session);
            session->connection->wake();
        } else if (!session->isForward && m_env.services.clock.steadyNow() - session->since > kFirstFrameMax) {
            session->connection->close(Error{ErrorCode::Timeout, session->isPeer ? "a question took too long" : "no hello"});
        } else if (session->isElsewhere && m_env.services.clock.steadyNow() - session->since > kElsewhereMax) {
            session->connection->close(Error{ErrorCode::Timeout, "this cluster is not the primary any more"});
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

bool PrimarySide::isConnected(Type type, const std::string& id) const
{
    return std::ranges::any_of(m_sessions, [&](const auto& session) {
        return session->link && session->type == type && session->id == id && session->connection->isOpen();
    });
}

void PrimarySide::report(Type type, LinkStatus& out) const
{
    out.asPrimary = stateOf(type).counts;
    out.isRelaying = stateOf(type).plan->isRelay && m_gate.isOpen;
    for (const auto& [id, peer] : stateOf(type).remembered) out.secondaries.push_back({id, peer, isConnected(type, id)});
}

void PrimarySide::stop()
{
    const auto sessions = m_sessions;
    for (const auto& session : sessions) session->connection->close(Error{ErrorCode::Cancelled, "stopping"});
    m_sessions.clear();
}

} // namespace core::cluster
