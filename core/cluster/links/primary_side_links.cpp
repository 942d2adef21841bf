#include "core/cluster/links/primary_side.h"

#include "core/base/logging.h"
#include "core/cluster/links/primary_side_session.h"
#include "core/replication/wire/program_version.h"
#include "core/replication/wire/wire_values.h"

#include <algorithm>

// Links of secondaries, and the bootstrap of new ones.

namespace core::cluster {

using namespace replication;

void PrimarySide::onHello(const std::shared_ptr<Session>& session, const Frame& frame)
{
    // A secondary that connects again has lost its former connection, even if this end has not noticed.
    const auto sessions = m_sessions;
    for (const auto& other : sessions) {
        if (other == session || !other->link || other->type != session->type || other->id != session->id) continue;
        other->connection->close(Error{ErrorCode::Cancelled, "the secondary has connected again"});
        std::erase(m_sessions, other);
    }
    refreshMembers(); // the list goes out right after the Welcome, before any data
    session->link = std::make_unique<PrimaryLink>(PrimaryLink::Options{session->type, session->id, &m_env.services.scopes,
                                                                       stateOf(session->type).plan->isRelay ? &m_gate : nullptr,
                                                                       m_env.services.events.keySource(), session->connection->exporter(),
                                                                       seatOf(*session).memberKey, seatOf(*session).standIns},
                                                  m_env.services.store, m_env.services.hasher, m_env.services.clock, localOf(session->type));
    session->link->received(frame);
    auto& counts = stateOf(session->type).counts;
    ++counts.hellos;
    afterInput(session);
}

void PrimarySide::noteConnected(const std::shared_ptr<Session>& session)
{
    if (session->isConnected || session->link->failure()) return;
    session->isConnected = true;
    auto& counts = stateOf(session->type).counts;
    counts.guardsFound += session->link->statistics().streamHits;
    counts.guardsMissing += session->link->statistics().streamMisses;
    logging::info("cluster", "a secondary has connected", {{"type", std::string{replication::toString(session->type)}}, {"id", session->id}});
    if (!m_peers.contains(session->link->peer().peerFingerprint)) m_env.membersHeard(); // it may ask as a member at once
}

LinkPlan::Seat PrimarySide::seatOf(const Session& session) const
{
    const auto& seats = stateOf(session.type).plan->seats;
    const auto found = seats.find(session.id);
    return found == seats.end() ? LinkPlan::Seat{} : found->second;
}

LinkIdentity PrimarySide::identityOf(const Session& session) const
{
    LinkIdentity identity;
    identity.claim = {.exporter = session.connection->exporter(),
                      .protocol = session.connection->protocol(),
                      .setId = session.isPeer ? std::string{} : stateOf(session.type).plan->local.setId,
                      .type = session.isPeer ? std::string{} : std::string{replication::toString(session.type)},
                      .seat = session.isPeer ? std::string{} : session.id};
    return identity;
}

/// Reports a new key, certificate or list of copies of the secondary, or its first trust in a new authority, so that it is stored with its seat.
void PrimarySide::noteProof(const std::shared_ptr<Session>& session)
{
    const PrimaryLink& link = *session->link;
    if (link.failure() || link.seat().provenKey().empty() || link.state() == PrimaryLink::State::AwaitingHello) return;
    const auto seat = seatOf(*session);
    SecondaryClaim said{link.seat().provenKey(), link.seat().replacedKey(),   keyFromWire(link.tokenKey()),
                        link.peer().standIns,    link.peer().peerFingerprint, link.peer().trustedAuthority};
    const bool isKnown = seat.memberKey == said.memberKey && seat.standIns == said.standIns && seat.peerFingerprint == said.peerFingerprint &&
                         (said.tokenKey.empty() || seat.tokenKey == said.tokenKey);
    const bool isNewTrust = seat.isAuthorityWaiting && said.trustedAuthority == stateOf(session->type).plan->local.authority;
    if ((isKnown && !isNewTrust) || session->said == said) return;
    session->said = said;
    m_env.services.events.secondaryProven(session->type, session->id, std::move(said));
}

void PrimarySide::afterInput(const std::shared_ptr<Session>& session)
{
    const PrimaryLink& link = *session->link;
    noteProof(session);
    if (!link.laterStatement().empty()) {
        m_env.services.events.laterStatement(session->type, link.laterStatement(),
                                             {.from = "secondary \"" + session->id + "\" " + session->connection->remoteAddress()});
    }
    while (auto message = session->link->takeTrust()) {
        if (message->type != session->type && session->type != Type::Dr) continue; // a performance secondary must not speak for the DR set
        m_env.services.events.trustTold({.link = session->type,
                                         .message = std::move(*message),
                                         .from = "secondary \"" + session->id + "\" " + session->connection->remoteAddress()});
    }
    while (auto answer = session->link->takeHandoverAnswer()) {
        m_env.services.events.handoverAnswered(session->type, session->id, std::move(*answer));
    }
    if (link.failure()) {
        noteRefusal(session, toString(*link.failure()));
        return session->connection->closeWhenFlushed(*link.failure());
    }
    if (link.state() == PrimaryLink::State::AwaitingHello) return;
    auto& known = stateOf(session->type).remembered[session->id];
    const bool isNewKey = !link.peer().tokenKey.empty() && known.tokenKey != link.peer().tokenKey;
    known = link.peer();
    noteConnected(session);
    if (isNewKey) m_env.services.events.tokenKeyTold(session->type, session->id, known.tokenKey);
}

void PrimarySide::onBootstrap(const std::shared_ptr<Session>& session, const Frame& frame)
{
    wire::BootstrapRequest request;
    TypeState& state = stateOf(session->type);
    ++state.counts.bootstraps;
    if (!parseFrame(frame, request) || request.version() != kProtocolVersion) {
        return refuse(session, wire::Refusal::VERSION, "a bootstrap request of another version");
    }
    if (request.set_id() != state.plan->local.setId || request.secondary_id() != session->id) {
        return refuse(session, wire::Refusal::SET, "the activation is for another set or secondary");
    }
    const auto identity = identityOf(*session);
    BootstrapAsk ask{.type = session->type,
                     .secondaryId = session->id,
                     .isDev = request.is_dev(),
                     .memberKey = identity.provenKey(request.proof(), true),
                     .tokenKey = keyFromWire(request.token_key()),
                     .peerFingerprint = addressFromWire(request.peer_fingerprint()),
                     .program = programFromWire(request.program())};
    const auto known = ask.memberKey.empty() ? std::string{} : LinkIdentity::knownKey(request.proof(), {seatOf(*session).memberKey});
    if (known != ask.memberKey) ask.replacedKey = known;
    if (request.has_proof() && ask.memberKey.empty()) return refuse(session, wire::Refusal::IDENTITY, "the new secondary does not prove its key");
    session->isEnding = true; // one question per connection
    // The answer comes on another thread and maybe seconds later. Port and connection may be gone by then.
    m_env.services.events.bootstrapPackage(std::move(ask), [this, self = weak_from_this(), weak = std::weak_ptr{session}, work = m_env.work.lock(),
                                                            identity, executor = &m_env.executor](Result<wire::BootstrapPackage> package) {
        executor->post([this, self, weak, identity, package = std::make_shared<Result<wire::BootstrapPackage>>(std::move(package))] {
            const auto alive = self.lock();
            const auto s = weak.lock();
            if (!alive || !s) return;
            if (!*package) return refuse(s, wire::Refusal::BUSY, package->error().detail);
            identity.signPackage(stateOf(s->type).plan->local.keys, **package);
            s->send(encodeFrame(FrameType::BootstrapPackage, **package));
            s->connection->closeWhenFlushed(Error{ErrorCode::Cancelled, "bootstrap done"});
        });
    });
}

} // namespace core::cluster
