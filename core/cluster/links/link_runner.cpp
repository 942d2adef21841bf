#include "core/cluster/links/link_runner.h"

#include "core/replication/proofs/link_identity.h"

#include <algorithm>
#include <iterator>

namespace core::cluster {

using namespace replication;

namespace {

/// The text that scripts around official servers look for.
constexpr const char* kUnavailable = "error authing for bootstrap: rpc error: code = Unavailable desc = ";

std::shared_ptr<const LinkPlan> noPlan(Type type)
{
    auto plan = std::make_shared<LinkPlan>();
    plan->type = type;
    return plan;
}

} // namespace

LinkRunner::LinkRunner(Environment environment)
    : m_env{withMembersHeard(std::move(environment))}
    , m_primarySide{std::make_shared<PrimarySide>(m_env, m_gate)}
    , m_performance{noPlan(Type::Performance), {}, {}, {}, {}}
    , m_dr{noPlan(Type::Dr), {}, {}, {}, {}}
{}

/// 1. A secondary gets its first list of members.
/// 2. Its primary is lost, and the secondary is promoted in the same second.
/// 3. It must announce its promotion to the members of that list, and they must admit it.
///
/// So members are admitted as soon as a link has named them, not with the next tick.
Environment LinkRunner::withMembersHeard(Environment environment)
{
    environment.membersHeard = [this, publish = environment.publish] {
        refreshPeers();
        publish();
    };
    return environment;
}

void LinkRunner::setPlan(LinkPlan next, std::function<void()> done)
{
    const auto plan = std::make_shared<const LinkPlan>(std::move(next));
    Side& side = sideOf(plan->type);
    side.plan = plan;
    m_primarySide->setPlan(plan);
    refreshPeers();
    if (plan->keepsLink && side.follower && !side.follower->isStopping()) {
        side.follower->renew(plan);
        m_env.publish();
        return done();
    }
    const bool isPerformance = plan->type == Type::Performance;
    // A plan without a set is a pause between two roles, so requests wait for the next plan.
    if (isPerformance && plan->mode != Mode::Secondary && !plan->local.setId.empty()) leaveForwarding();
    stopFollower(plan->type, [this, plan, isPerformance, done = std::move(done)] {
        Side& side = sideOf(plan->type);
        if (plan->mode == Mode::Secondary && side.plan == plan && !m_isStopping) { // no later plan has arrived in the meantime
            if (isPerformance && !m_forwarding) m_forwarding = std::make_shared<ForwardClient>(m_env);
            side.follower =
                std::make_shared<Follower>(m_env, plan, isPerformance ? &m_gate : nullptr, isPerformance ? m_forwarding : nullptr, pastOf(side));
            side.follower->start();
        }
        refreshPeers();
        m_env.publish();
        done();
    });
}

void LinkRunner::stopFollower(Type type, std::function<void()> done)
{
    const auto follower = sideOf(type).follower;
    if (!follower) return done();
    follower->stop([this, type, follower, done = std::move(done)] {
        Side& side = sideOf(type);
        if (side.follower == follower) { // other callers may have waited for the same follower
            side.formerCounts += follower->counts();
            const auto& plan = follower->plan();
            side.former = Side::Former{plan.local.setId, plan.primaryKey, follower->link().past()};
            side.follower.reset();
        }
        done();
    });
}

/// Links are stopped for a moment for other reasons than a change of primary: a salvage, sys/replication/recover. What a promotion may lose is
/// bounded by what was learned before.
std::optional<SecondaryPast> LinkRunner::pastOf(const Side& side)
{
    const auto& plan = *side.plan;
    const bool isSame = side.former && side.former->setId == plan.local.setId && side.former->primaryKey == plan.primaryKey;
    return isSame ? std::optional{side.former->past} : std::nullopt;
}

void LinkRunner::leaveForwarding()
{
    if (!m_forwarding) return;
    const auto client = std::exchange(m_forwarding, nullptr);
    m_forwardCount += client->forwardCount();
    client->leave();
    m_leaving.push_back(client);
}

void LinkRunner::tick()
{
    if (m_isStopping) return;
    m_primarySide->tick();
    for (const Side* side : {&m_performance, &m_dr}) {
        if (side->follower) side->follower->tick();
    }
    if (m_forwarding) m_forwarding->tick();
    for (const auto& client : m_leaving) client->tick();
    std::erase_if(m_leaving, [](const auto& client) { return client->isIdle(); });
    std::erase_if(m_questions, [](const auto& question) { return question.expired(); });
    refreshPeers();
    m_env.publish();
}

void LinkRunner::stop(std::function<void()> done)
{
    m_isStopping = true;
    m_primarySide->stop();
    for (const auto& weak : std::exchange(m_questions, {})) {
        if (const auto question = weak.lock()) question->stop(Error{ErrorCode::Unavailable, "the cluster port is closed"});
    }
    leaveForwarding();
    for (const auto& client : std::exchange(m_leaving, {})) client->stop(Error{ErrorCode::Unavailable, "primary cluster is not reachable"});
    stopFollower(Type::Performance, [this, done = std::move(done)] { stopFollower(Type::Dr, done); });
}

void LinkRunner::answerHandover(Type type, const wire::HandoverAnswer& answer)
{
    if (const auto& follower = sideOf(type).follower) follower->answerHandover(answer);
}

void LinkRunner::forward(wire::ForwardRequest request, Executor& executor, ForwardClient::Done done)
{
    if (m_forwarding && !m_isStopping) m_forwarding->forward(std::move(request), executor, std::move(done));
    else ForwardClient::refuse(executor, std::move(done));
}

std::shared_ptr<Question> LinkRunner::keep(std::shared_ptr<Question> question)
{
    m_questions.push_back(question);
    return question;
}

std::shared_ptr<Question> LinkRunner::fetchBootstrap(const BootstrapOrder& order, Done<wire::BootstrapPackage> done)
{
    wire::BootstrapRequest request;
    request.set_version(kProtocolVersion);
    request.set_set_id(order.setId);
    request.set_secondary_id(order.secondaryId);
    request.set_is_dev(order.isDev);
    request.set_program(order.program);
    const auto identity = std::make_shared<LinkIdentity>();
    identity->claim = {.exporter = {},
                       .protocol = protocolOf(order.type),
                       .setId = order.setId,
                       .type = std::string{replication::toString(order.type)},
                       .seat = order.secondaryId};
    const auto keys = m_env.services.keys ? m_env.services.keys() : nullptr;
    const auto frame = [identity, keys, request, fingerprint = peerPlan().local.peerFingerprint](const std::string& exporter) mutable {
        identity->claim.exporter = exporter;
        if (identity->canProve(keys)) {
            identity->prove(keys, true, request.mutable_proof());
            request.set_token_key(keys->token().key.publicKey());
            request.set_peer_fingerprint(fingerprint);
        }
        return encodeFrame(FrameType::BootstrapRequest, request);
    };
    return keep(Question::ask(m_env.network, {order.address, *order.identity, order.authorityCertificate, protocolOf(order.type)}, frame,
                              {FrameType::BootstrapPackage, frameBytesMax(FrameType::BootstrapPackage)},
                              [done = std::move(done), identity, primaryKey = order.primaryKey](const Result<Frame>& answer) {
                                  if (!answer) return done(Error{answer.error().code, std::string{kUnavailable} + answer.error().detail});
                                  auto package = readAnswer<wire::BootstrapPackage>(*answer, FrameType::BootstrapPackage, "the primary");
                                  // The operator carried the primary's key in the token. An answer without its signature may come from
                                  // anybody with a certificate of the authority.
                                  if (package && !primaryKey.empty()) package = identity->signedPackage(*package, primaryKey);
                                  done(std::move(package));
                              }));
}

std::shared_ptr<Question> LinkRunner::ask(const Member& peer, const wire::PeerRequest& request, Done<wire::PeerAnswer> done)
{
    const auto& identity = peerPlan().peerIdentity;
    if (!identity || m_isStopping) {
        done(Error{ErrorCode::Unavailable, "this cluster has no certificate for peers"});
        return nullptr;
    }
    const std::string noAuthority;
    const auto proof = std::make_shared<LinkIdentity>();
    proof->claim.protocol = kPeerProtocol;
    const auto frame = [proof, keys = peerPlan().local.keys, request = wire::PeerRequest{request}](const std::string& exporter) mutable {
        proof->claim.exporter = exporter;
        if (proof->canProve(keys)) proof->prove(keys, true, request.mutable_proof());
        return encodeFrame(FrameType::PeerRequest, request);
    };
    return keep(Question::ask(m_env.network, {peer.endpoint.clusterAddress, *identity, noAuthority, kPeerProtocol, peer.fingerprint}, frame,
                              {FrameType::PeerAnswer, answerBytesMax(request)},
                              [done = std::move(done), proof, memberKey = peer.memberKey](const Result<Frame>& answer) {
                                  if (!answer) return done(answer.error());
                                  auto said = readAnswer<wire::PeerAnswer>(*answer, FrameType::PeerAnswer, "the peer");
                                  const bool isProven = said && !proof->provenKey(said->proof(), false).empty() &&
                                                        !LinkIdentity::knownKey(said->proof(), {memberKey}).empty();
                                  if (said && !memberKey.empty() && !isProven) {
                                      return done(Error{ErrorCode::PermissionDenied, "the peer does not prove the key that the set knows it by"});
                                  }
                                  if (said && !said->error().empty()) return done(Error{ErrorCode::FailedPrecondition, said->error()});
                                  done(std::move(said));
                              }));
}

/// The plan that says who this cluster is to other members. In sets of both types, both plans say the same.
const LinkPlan& LinkRunner::peerPlan() const
{
    return m_dr.plan->peerIdentity ? *m_dr.plan : *m_performance.plan;
}

/// Updates the members from the plans and from the primaries' lists.
void LinkRunner::refreshPeers()
{
    Members all = m_primarySide->ownSecondaries();
    for (const Side* side : {&m_performance, &m_dr}) {
        if (side->follower) all.insert(all.end(), side->follower->members().begin(), side->follower->members().end());
    }
    noteSecondaries(all);
    // A new primary also knows the former primary and its members, from that one's list, until they connect.
    for (const Side* side : {&m_performance, &m_dr}) {
        if (side->plan->mode != Mode::Primary) continue;
        for (const Member& known : side->plan->members) {
            const bool isHere = std::ranges::any_of(all, [&](const Member& other) {
                return other.type == known.type && other.isPrimary == known.isPrimary &&
                       (other.id == known.id || other.fingerprint == known.fingerprint);
            });
            if (!isHere) all.push_back(known);
        }
    }
    for (Member& member : all) { // a certificate in the trust log counts, even if the member itself shows another one
        const auto& pins = sideOf(member.type).plan->pins;
        const auto pin = pins.find(member.memberKey);
        if (pin != pins.end()) member.fingerprint = pin->second;
    }
    const std::string& own = peerPlan().local.peerFingerprint;
    std::erase_if(all, [&](const Member& member) { return !own.empty() && member.fingerprint == own; });
    std::map<std::string, Member> peers;
    for (const Member& member : all) {
        if (!member.fingerprint.empty()) peers.emplace(member.fingerprint, member);
    }
    m_primarySide->setPeers(peerPlan().peerIdentity, std::move(peers));
    m_members = std::move(all);
}

void LinkRunner::noteSecondaries(const Members& own)
{
    for (Side* side : {&m_performance, &m_dr}) {
        if (side->plan->mode != Mode::Primary) continue;
        Members heard;
        std::ranges::copy_if(own, std::back_inserter(heard),
                             [&](const Member& member) { return member.type == side->plan->type && !member.fingerprint.empty(); });
        if (areSame(heard, side->noted)) continue;
        side->noted = heard;
        m_env.services.events.secondariesHeard(side->plan->type, heard);
    }
}

LinkStatus LinkRunner::report(Type type) const
{
    const Side& side = sideOf(type);
    LinkStatus report;
    m_primarySide->report(type, report);
    report.asSecondary = side.formerCounts;
    if (side.follower) side.follower->report(report);
    if (type == Type::Performance) report.asSecondary.forwards = m_forwardCount + (m_forwarding ? m_forwarding->forwardCount() : 0);
    return report;
}

const SecondaryLink* LinkRunner::secondaryLink(Type type) const
{
    const auto& follower = sideOf(type).follower;
    return follower ? &follower->link() : nullptr;
}

} // namespace core::cluster
