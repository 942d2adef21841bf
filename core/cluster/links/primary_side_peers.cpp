#include "core/base/logging.h"
#include "core/cluster/links/primary_side.h"
#include "core/cluster/links/primary_side_session.h"

#include <algorithm>

namespace core::cluster {

using namespace replication;

namespace {

constexpr std::size_t kPeerSessionsMax = 16; // of one peer

} // namespace

void PrimarySide::setPeers(const std::optional<crypto::Identity>& identity, std::map<std::string, Member> peers)
{
    const bool isIdentityNew = (identity ? identity->certificate : std::string{}) != m_peerCertificate;
    const bool isListNew = !std::ranges::equal(
        peers, m_peers, {}, [](const auto& entry) -> const std::string& { return entry.first; },
        [](const auto& entry) -> const std::string& { return entry.first; });
    m_peers = std::move(peers);
    if (!isIdentityNew && !isListNew) return;
    m_peerCertificate = identity ? identity->certificate : std::string{};
    if (!identity || m_peers.empty()) {
        m_env.network.refuse(kPeerProtocol);
    } else {
        std::set<std::string> fingerprints;
        for (const auto& [fingerprint, peer] : m_peers) fingerprints.insert(fingerprint);
        if (auto served = m_env.network.servePinned(kPeerProtocol, *identity, std::move(fingerprints)); !served) {
            logging::error("cluster", "the cluster port cannot serve peers", {{"error", toString(served.error())}});
            m_env.network.refuse(kPeerProtocol);
        }
    }
    const auto sessions = m_sessions;
    for (const auto& session : sessions) {
        if (!session->isPeer || m_peers.contains(session->id)) continue;
        session->connection->close(Error{ErrorCode::PermissionDenied, "no longer a member of this set"});
        std::erase(m_sessions, session);
    }
}

void PrimarySide::onPeerReady(const std::shared_ptr<Session>& session)
{
    const std::string fingerprint = session->connection->peerFingerprint();
    if (!m_peers.contains(fingerprint)) {
        return refuse(session, wire::Refusal::IDENTITY, "this certificate is no member's");
    }
    const auto same = std::ranges::count_if(m_sessions, [&](const auto& other) { return other->isPeer && other->id == fingerprint; });
    if (static_cast<std::size_t>(same) >= kPeerSessionsMax) return refuse(session, wire::Refusal::BUSY, "too many questions at a time");
    session->id = fingerprint;
}

void PrimarySide::onPeerRequest(const std::shared_ptr<Session>& session, const Frame& frame)
{
    wire::PeerRequest request;
    if (frame.type != FrameType::PeerRequest || session->inFlight > 0 || !parseFrame(frame, request)) {
        return refuse(session, wire::Refusal::PROTOCOL, "a peer asks one question");
    }
    // The certificate only says which member is expected. The member key proves it, bound to this connection.
    const auto identity = identityOf(*session);
    const auto& memberKey = m_peers.at(session->id).memberKey;
    const bool isProven = !identity.provenKey(request.proof(), true).empty() && !LinkIdentity::knownKey(request.proof(), {memberKey}).empty();
    if (!memberKey.empty() && !isProven) {
        return refuse(session, wire::Refusal::IDENTITY, "the peer does not prove the key that the set knows it by");
    }
    wire::LinkProof own;
    const auto& keys = m_dr.plan->local.keys ? m_dr.plan->local.keys : m_performance.plan->local.keys;
    identity.prove(keys, false, &own);
    // The answer ends on this thread, so the thread stays until it has.
    const auto answer = [this, self = weak_from_this(), weak = std::weak_ptr{session}, work = m_env.work.lock(), bytesMax = answerBytesMax(request),
                         own](wire::PeerAnswer said) {
        if (!own.member_key().empty()) *said.mutable_proof() = own;
        m_env.executor.post([this, self, weak, bytesMax, said = std::move(said)] {
            const auto alive = self.lock();
            const auto s = weak.lock();
            if (!alive || !s || !m_peers.contains(s->id)) return;
            std::string payload = said.SerializeAsString();
            if (payload.size() > bytesMax) {
                wire::PeerAnswer tooLarge;
                tooLarge.set_error("the answer is too large");
                payload = tooLarge.SerializeAsString();
            }
            s->send(encodeFrame(FrameType::PeerAnswer, payload));
            s->connection->closeWhenFlushed(Error{ErrorCode::Cancelled, "answered"});
        });
    };
    ++session->inFlight;
    session->since = m_env.services.clock.steadyNow();
    if (m_env.services.handlePeer) return m_env.services.handlePeer(m_peers.at(session->id), std::move(request), answer);
    wire::PeerAnswer nobody;
    nobody.set_error("nobody answers here");
    answer(std::move(nobody));
}

Members PrimarySide::ownSecondaries() const
{
    Members out;
    for (const Type type : {Type::Performance, Type::Dr}) {
        const TypeState& state = stateOf(type);
        if (!state.plan->isServing()) continue;
        for (const auto& [certificate, id] : state.plan->secondaries) {
            Member member{type, id, {}, {}, {}, false, false};
            if (const auto seat = state.plan->seats.find(id); seat != state.plan->seats.end()) {
                member.succession = seat->second.succession;
                member.memberKey = seat->second.memberKey;
            }
            const auto known = state.remembered.find(id);
            if (known != state.remembered.end()) {
                member.fingerprint = known->second.peerFingerprint;
                member.endpoint = known->second.endpoint;
                member.program = known->second.program;
                member.heardAt = known->second.heardAt;
                member.isConnected = isConnected(type, id);
            }
            out.push_back(std::move(member));
        }
        if (state.plan->mode == Mode::Primary) out = withKnownFingerprints(std::move(out), state.plan->members); // of the former primary's list
    }
    std::ranges::sort(out, {}, [](const Member& member) { return std::pair{member.type, member.id}; });
    return out;
}

void PrimarySide::refreshMembers()
{
    if (!m_performance.plan->isServing() && !m_dr.plan->isServing()) {
        m_members.reset();
        return;
    }
    // See setPlan(): while this cluster stops, members stay in the list.
    if (m_members && m_env.services.clock.steadyNow() < m_membersKeptUntil) return;
    auto members = std::make_shared<Members>(ownSecondaries());
    for (const Type type : {Type::Performance, Type::Dr}) {
        const LinkPlan& plan = *stateOf(type).plan;
        if (!plan.isServing()) continue;
        Member own{type, {}, plan.local.peerFingerprint, plan.local.self, m_env.services.clock.now(), true, true};
        own.program = plan.local.program;
        if (plan.local.keys) own.memberKey = plan.local.keys->member().key.publicKey();
        members->push_back(std::move(own));
    }
    m_members = std::move(members);
}

} // namespace core::cluster
