#include "core/replication/promotion/former_primary_watch.h"

#include "core/base/at_end.h"
#include "core/base/logging.h"
#include "core/replication/wire/peer.pb.h"
#include "core/replication/wire/wire_values.h"

#include <algorithm>

namespace core::replication {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kAskMax{1000};

} // namespace

FormerPrimaryWatch::FormerPrimaryWatch(Services services) : m_services{std::move(services)}, m_worker{std::make_unique<Worker>()} {}

FormerPrimaryWatch::~FormerPrimaryWatch()
{
    stop();
}

void FormerPrimaryWatch::stop()
{
    m_worker->stop();
}

void FormerPrimaryWatch::tick()
{
    if (!m_transport || m_isBusy.exchange(true)) return;
    m_worker->post([this] {
        const AtEnd idle{[this] { m_isBusy = false; }};
        for (const Type type : {Type::Performance, Type::Dr}) ask(type);
    });
}

std::vector<FormerPrimary> FormerPrimaryWatch::stored(Type type) const
{
    log::Transaction transaction = m_services.store.begin();
    const barrier::Scope scope{transaction, m_services.barrier, kRoleAccess};
    auto primaries = loadFormerPrimaries(scope, type);
    return primaries ? std::move(*primaries) : std::vector<FormerPrimary>{};
}

void FormerPrimaryWatch::ask(Type type)
{
    const auto& manager = m_services.manager;
    const auto role = manager.roles().role(type);
    const bool isFollower = role->mode == Mode::Secondary && role->identity;
    const bool isPrimary = role->mode == Mode::Primary && !role->isReplaced();
    if (!manager.roles().isPlayed(type) || (!isFollower && !isPrimary)) return;
    auto& due = m_due[type == Type::Dr];
    std::map<std::string, Due> next;
    for (const FormerPrimary& former : stored(type)) {
        const std::string& key = former.member.memberKey;
        if (isFollower && key == role->primaryKey) { // followed again
            forget(type, key);
            continue;
        }
        Due& one = next[key] = due[key];
        const SteadyTime now = m_services.clock.steadyNow();
        if (now < one.at) continue;
        one.delay = std::clamp(one.delay * 2, m_services.delayMin, m_services.delayMax);
        if (ask(type, former, *role)) {
            one.at = m_services.clock.steadyNow() + one.delay;
            continue;
        }
        next.erase(key);
        forget(type, key);
    }
    due = std::move(next);
}

bool FormerPrimaryWatch::ask(Type type, const FormerPrimary& former, const Role& role)
{
    wire::PeerRequest request;
    auto& shown = *request.mutable_promotion();
    shown.set_type(toWire(type));
    shown.set_statement(role.latestStatement());
    shown.set_is_follower(role.mode == Mode::Secondary);
    if (const auto log = m_services.manager.roles().trust(type)) shown.set_trust_head(log->head().hash);
    const auto answer = m_transport.load()->ask(former.member, request, kAskMax);
    if (!answer) return true; // it may come back
    const auto& said = answer->acknowledgement();
    const bool isPrimary = said.mode() == static_cast<std::uint32_t>(Mode::Primary) && !said.is_replaced();
    report(type, former, isPrimary);
    return isPrimary;
}

void FormerPrimaryWatch::report(Type type, const FormerPrimary& former, bool isPrimary)
{
    const Endpoint& at = former.member.endpoint;
    if (m_services.manager.roles().role(type)->mode == Mode::Primary) {
        m_services.manager.otherPrimaries().noteFormer(type, {}, {former.statement, at, former.member.memberKey, isPrimary});
        return;
    }
    wire::PeerRequest request;
    auto& told = *request.mutable_former_primary();
    told.set_type(toWire(type));
    told.set_statement(former.statement);
    told.set_api_address(at.apiAddress);
    told.set_cluster_address(at.clusterAddress);
    told.set_member_key(former.member.memberKey);
    told.set_is_primary(isPrimary);
    const Members members = m_transport.load()->members();
    for (const Member& member : members) {
        const bool isLeader = member.type == type && member.isPrimary && !member.fingerprint.empty() && !member.endpoint.clusterAddress.empty();
        if (!isLeader) continue;
        if (auto answer = m_transport.load()->ask(member, request, kAskMax); !answer) {
            logging::debug("replication", "the primary was not told of the former one", {{"error", core::toString(answer.error())}});
        }
        return;
    }
}

void FormerPrimaryWatch::forget(Type type, const std::string& memberKey)
{
    log::Transaction transaction = m_services.store.begin();
    const barrier::Scope scope{transaction, m_services.barrier, kRoleAccess};
    auto primaries = loadFormerPrimaries(scope, type);
    if (!primaries || std::erase_if(*primaries, [&](const FormerPrimary& one) { return one.member.memberKey == memberKey; }) == 0) return;
    auto done = storeFormerPrimaries(scope, type, *primaries);
    if (done) {
        auto committed = m_services.store.commitAndWait(std::move(transaction));
        if (!committed) done = std::move(committed).error();
    }
    // This cluster asks it again, which does no harm.
    if (!done) logging::warn("replication", "a former primary could not be forgotten", {{"error", core::toString(done.error())}});
}

} // namespace core::replication
