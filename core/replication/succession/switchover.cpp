#include "core/replication/succession/switchover.h"

#include "core/base/logging.h"
#include "core/replication/roles/refusals.h"

#include <algorithm>

namespace core::replication {

namespace {

using mount::Response;
using std::chrono::milliseconds;

constexpr milliseconds kPollPause{1};
constexpr milliseconds kAskMax{1000};
constexpr milliseconds kLinkMax{2000};

/// The member key of the secondary that was offered the role; empty: not known.
std::string successorKey(const Role& role)
{
    const auto* known = role.handover ? role.find(role.handover->secondaryId) : nullptr;
    return known ? known->memberKey : std::string{};
}

/// Empty if the successor has no log: it runs an older version.
TrustChange logOf(const std::string& encoded, const std::string& leaderKey)
{
    TrustChange change;
    if (encoded.empty() || encoded.size() > trust::kMessageBytesMax) return change;
    auto log = trust::TrustLog::decode(encoded);
    if (log && log->head().authority == leaderKey) change.log = std::move(*log);
    return change;
}

void addTrust(Type type, const std::shared_ptr<const trust::TrustLog>& log, wire::Handover& offer)
{
    if (!log) return;
    auto& message = *offer.add_trust();
    message.set_type(type == Type::Dr ? 2 : 1);
    for (auto& entry : log->missingAt({})) message.add_entries(std::move(entry));
}

milliseconds since(SteadyTime begun, SteadyTime now)
{
    return std::chrono::duration_cast<milliseconds>(now - begun);
}

} // namespace

Result<> Switchover::setHandover(Type type, std::optional<Handover> handover)
{
    Role next = m_roles.role(type)->clone();
    next.handover = std::move(handover);
    for (auto& secondary : next.secondaries) { // the offer gives it the authority with its key
        if (next.handover && secondary.id == next.handover->secondaryId) secondary.authorityHeld = AuthorityHeld::Yes;
    }
    // Stored with a new generation: no write that began before is committed after this.
    const auto before = m_roles.trust(type);
    const auto performanceBefore = m_roles.trust(Type::Performance);
    auto stored = m_roles.store(type, next, true);
    auto loaded = m_roles.load();
    if (!stored || !loaded) return stored ? loaded : stored;
    // If an offer was taken back, its entry is now void in the log. The secondaries get the new entry.
    const auto isNew = [](const auto& left, const auto& right) { return left && right && left->head().hash != right->head().hash; };
    const bool isPerformanceNew = isNew(performanceBefore, m_roles.trust(Type::Performance));
    if (isNew(before, m_roles.trust(type)) || isPerformanceNew) {
        m_roles.applyPlan(type, true);
        if (isPerformanceNew && type == Type::Dr) m_roles.applyPlan(Type::Performance, true);
    }
    return {};
}

std::string_view Switchover::textOf(Phase phase)
{
    switch (phase) {
    case Phase::None: return "none";
    case Phase::Pausing: return "pausing";
    case Phase::WaitingForSecondary: return "waiting for the secondary to hold everything";
    case Phase::Offered: return "offered";
    case Phase::Declined: return "declined";
    case Phase::Unknown: return "unknown";
    case Phase::Following: return "following";
    case Phase::Done: return "done";
    case Phase::Abandoned: return "abandoned";
    }
    return "unknown";
}

void Switchover::note(Type type, Phase phase, std::string detail)
{
    MutexLock lock{m_mutex};
    Progress& progress = progressOf(type);
    progress.phase = phase;
    progress.detail = std::move(detail);
}

void Switchover::answered(const std::string& secondaryId, wire::HandoverAnswer answer)
{
    for (const Type type : {Type::Performance, Type::Dr}) { // only the answer of the secondary that was asked counts
        const auto role = m_roles.role(type);
        if (!role->handover || role->handover->id != answer.id() || role->handover->secondaryId != secondaryId) continue;
        MutexLock lock{m_mutex};
        m_answers[answer.id()] = std::move(answer);
        return;
    }
}

std::optional<wire::HandoverAnswer> Switchover::awaitAnswer(const std::string& handoverId, SteadyTime deadline)
{
    while (true) {
        {
            MutexLock lock{m_mutex};
            if (auto found = m_answers.extract(handoverId)) return std::move(found.mapped());
        }
        if (m_services.clock.steadyNow() >= deadline) return std::nullopt;
        m_services.background->pause(kPollPause);
    }
}

std::optional<wire::BootstrapPackage> Switchover::askSuccessor(Type type, milliseconds timeout) const
{
    const auto current = m_roles.role(type);
    if (!current->handover || !m_roles.transport()) return std::nullopt;
    std::vector<std::string> addresses{current->handover->clusterAddress};
    if (const auto successor = EpochStatement::parse(current->successor)) addresses.push_back(successor->clusterAddress);
    for (const auto& address : addresses) {
        if (address.empty()) continue;
        auto package = m_roles.transport()->fetchBootstrap({.type = type,
                                                            .setId = current->setId,
                                                            .secondaryId = current->handover->ownId,
                                                            .identity = &*current->handover->identity,
                                                            .authorityCertificate = current->authority->certificate,
                                                            .address = address,
                                                            .primaryKey = successorKey(*current),
                                                            .program = m_services.program,
                                                            .timeout = timeout});
        if (!package) continue;
        const auto shown = m_roles.verifier()->verify(package->statement(), type, current->setId);
        const auto own = EpochStatement::parse(current->statement);
        if (shown && (!own || shown->isLaterThan(*own))) return std::move(*package);
    }
    return std::nullopt;
}

Result<> Switchover::followSuccessor(Type type, const wire::BootstrapPackage& package)
{
    const auto current = m_roles.role(type);
    const Handover& handover = *current->handover;
    const auto statement = EpochStatement::parse(package.statement());
    if (!statement) return statement.error();
    Role next;
    next.mode = Mode::Secondary;
    next.setId = current->setId;
    next.epoch = statement->epoch;
    next.statement = package.statement();
    next.secondaryId = handover.ownId;
    next.identity = handover.identity->clone();
    next.authorityCertificate = current->authority->certificate;
    next.primaryKey = successorKey(*current);
    next.primaryClusterAddress = statement->clusterAddress.empty() ? handover.clusterAddress : statement->clusterAddress;
    next.primaryAddresses = {next.primaryClusterAddress};
    next.lastStart = m_services.clock.now();
    next.lastReindexUnixSeconds = current->lastReindexUnixSeconds;
    auto redirect = crypto::issueCertificate(*current->authority, {.commonName = "former primary", .dnsNames = {kPrimaryServerName}}, next.lastStart);
    if (redirect) next.redirect = std::move(*redirect);
    m_roles.setPerformanceSuccessor(package.performance_statement());
    std::vector<log::Operation> more{RoleKeeper::noPosition(type)};
    if (type == Type::Dr) more.push_back(RoleKeeper::noPosition(Type::Performance)); // the next data is the successor's
    TrustChanges given; // the successor's log: the operator chose this secondary, and it has proved its key
    given[type == Type::Dr] = logOf(package.trust_log(), next.primaryKey);
    if (type == Type::Dr) given[0] = logOf(package.performance_trust_log(), next.primaryKey);
    if (auto changed = m_roles.change(type, next, std::move(more), std::move(given)); !changed) return changed;
    m_roles.eraseSlots(type, *current);
    m_services.host.reload();
    logging::info("replication", "handed the primary role over",
                  {{"type", std::string{toString(type)}}, {"to", handover.secondaryId}, {"epoch", core::toString(next.epoch)}});
    return {};
}

Switchover::Outcome Switchover::settle(Type type)
{
    const auto current = m_roles.role(type);
    if (!current->handover || !m_roles.transport()) return Outcome::Declined;
    const std::string id = current->handover->id;
    wire::Handover cancel;
    cancel.set_step(wire::Handover::CANCEL);
    cancel.set_id(id);
    // 1. The OFFER is on its way, and the link breaks. This primary does not know whether it arrived.
    // 2. It writes again, because nobody has answered.
    // 3. The secondary accepts the OFFER and writes too: two primaries.
    //
    // So this primary writes again only after the secondary has answered CANCEL, which it does after it has decided all earlier offers. If
    // it has accepted, it is a primary without a link to answer by, so it is asked as a primary below.
    if (m_roles.transport()->sendHandover(type, current->handover->secondaryId, cancel)) {
        const auto answer = awaitAnswer(id, m_services.clock.steadyNow() + kAskMax);
        if (answer && !answer->is_ready()) {
            if (auto cleared = setHandover(type, std::nullopt); !cleared) return Outcome::Unknown;
            note(type, Phase::Declined, answer->detail());
            return Outcome::Declined;
        }
    }
    if (auto package = askSuccessor(type, kAskMax)) {
        if (auto followed = followSuccessor(type, *package); !followed) {
            logging::error("replication", "could not become a secondary of the successor", {{"error", toString(followed.error())}});
            return Outcome::Unknown;
        }
        note(type, Phase::Done);
        return Outcome::Accepted;
    }
    return Outcome::Unknown;
}

void Switchover::awaitLink(Type type)
{
    const auto deadline = m_services.clock.steadyNow() + kLinkMax;
    while (m_services.clock.steadyNow() < deadline) {
        const auto report = m_roles.report(type);
        if (report.connection == ConnectionState::Ready && report.state == SecondaryLink::State::StreamWals) return;
        m_services.background->pause(kPollPause);
    }
}

Response Switchover::begin(Type type, const Options& options)
{
    MutexLock operation{m_roles.operation};
    if (auto refusal = refusalOf(type, options.secondaryId)) return std::move(*refusal);
    auto handover = makeHandover(type, options.secondaryId);
    if (!handover) return Response::error(500, "preparing the switchover: " + handover.error().detail);
    const std::string id = handover->id, ownId = handover->ownId, typeText{toString(type)};
    {
        MutexLock lock{m_mutex};
        progressOf(type) = {.phase = Phase::Pausing,
                            .secondaryId = options.secondaryId,
                            .detail = {},
                            .epoch = handover->epoch,
                            .startedAt = handover->startedAt,
                            .pause = std::nullopt};
    }
    const auto begun = m_services.clock.steadyNow();
    m_roles.refuseWrites(settlingText(type, *handover));
    m_hold.begin();
    const auto fail = [&](int status, const std::string& text, const std::string& refusal) {
        m_hold.end(refusal);
        MutexLock lock{m_mutex};
        progressOf(type).pause = since(begun, m_services.clock.steadyNow());
        return Response::error(status, text);
    };
    const auto takeBack = [&](int status, const std::string& why) CORE_REQUIRES(m_roles.operation) {
        note(type, Phase::Declined, why);
        if (auto cleared = setHandover(type, std::nullopt); !cleared)
            return fail(500, "storing the replication role: " + cleared.error().detail, why);
        return fail(status, "the switchover was called off, this cluster stays the primary: " + why, {});
    };
    if (auto stored = setHandover(type, std::move(*handover)); !stored) {
        return takeBack(500, "storing the replication role: " + stored.error().detail);
    }

    // Nothing is committed any more from here on. A filter may have been set until a moment ago.
    if (m_scopes.scope(type, options.secondaryId).isFiltered()) return takeBack(400, "the secondary has just been given a paths filter");

    note(type, Phase::WaitingForSecondary);
    wire::Handover prepare;
    prepare.set_step(wire::Handover::PREPARE);
    prepare.set_id(id);
    if (!m_roles.transport()->sendHandover(type, options.secondaryId, prepare)) return takeBack(503, "the secondary is not connected any more");
    const auto ready = awaitAnswer(id, begun + options.pauseMax);
    if (!ready) return takeBack(503, "the secondary did not hold everything within " + std::to_string(options.pauseMax.count()) + " ms");
    if (!ready->is_ready()) return takeBack(503, "the secondary declined: " + ready->detail());

    note(type, Phase::Offered);
    wire::Handover offer;
    offer.set_step(wire::Handover::OFFER);
    offer.set_id(id);
    *offer.mutable_role() = offeredRole(type);
    offer.set_entry(m_roles.role(type)->handover->entry);
    offer.set_performance_entry(m_roles.role(type)->handover->performanceEntry);
    for (const Type each : {Type::Performance, Type::Dr}) addTrust(each, m_roles.trust(each), offer);
    const bool isSent = m_roles.transport()->sendHandover(type, options.secondaryId, offer);
    wipe(*offer.mutable_role());
    if (!isSent) return takeBack(503, "the secondary is not connected any more");

    const auto deadline = m_services.clock.steadyNow() + options.pauseMax;
    auto outcome = Outcome::Unknown;
    while (outcome == Outcome::Unknown && m_services.clock.steadyNow() < deadline) {
        if (const auto declined = awaitAnswer(id, m_services.clock.steadyNow()); declined && !declined->is_ready()) {
            return takeBack(503, "the secondary declined: " + declined->detail());
        }
        if (auto package = askSuccessor(type, std::min(kAskMax, options.pauseMax))) {
            note(type, Phase::Following);
            if (followSuccessor(type, *package)) outcome = Outcome::Accepted;
            break;
        }
        m_services.background->pause(kPollPause);
    }
    if (outcome != Outcome::Accepted) {
        note(type, Phase::Unknown, "the secondary has not said whether it accepted");
        const auto current = m_roles.role(type);
        return fail(503,
                    "it is not known yet whether \"" + options.secondaryId +
                        "\" has accepted the primary role, so nothing is written here "
                        "until it is; that settles by itself when the two clusters reach each other (GET sys/replication/" +
                        typeText + "/primary/switchover shows it, DELETE takes the switchover back)",
                    current->handover ? settlingText(type, *current->handover) : "this cluster has changed its role");
    }
    // The waiting writes now go to the new primary, or are refused with its name if this cluster no longer serves clients.
    if (type == Type::Performance) awaitLink(type);
    const auto successor = EpochStatement::parse(m_roles.role(type)->statement);
    const std::string where = successor && !successor->apiAddress.empty() ? " (" + successor->apiAddress + ")" : std::string{};
    m_hold.end(type == Type::Dr ? "this cluster has handed its primary role over to \"" + options.secondaryId + "\"" + where + "; send writes there"
                                : std::string{});
    const auto pause = since(begun, m_services.clock.steadyNow());
    note(type, Phase::Done);
    {
        MutexLock lock{m_mutex};
        progressOf(type).pause = pause;
    }
    boost::json::object data{{"secondary_id", options.secondaryId}, {"former_primary_id", ownId}, {"pause_ms", pause.count()}};
    if (successor) data["successor"] = statementObject(*successor);
    return Response::ofData(std::move(data));
}

Response Switchover::progress(Type type) const
{
    const auto current = m_roles.role(type);
    MutexLock lock{m_mutex};
    const Progress& progress = type == Type::Performance ? m_performance : m_dr;
    const bool isKnown = progress.phase != Phase::None;
    const bool isOfEarlierProcess = !isKnown && current->mode == Mode::Primary && current->handover;
    boost::json::object data{{"phase", textOf(isOfEarlierProcess ? Phase::Unknown : progress.phase)}};
    if (isKnown || current->handover) {
        data["secondary_id"] = isKnown ? progress.secondaryId : current->handover->secondaryId;
        data["epoch"] = (isKnown ? progress.epoch : current->handover->epoch).value();
        data["started_at"] = toRfc3339(isKnown ? progress.startedAt : current->handover->startedAt);
        if (progress.pause) data["pause_ms"] = progress.pause->count();
        if (!progress.detail.empty()) data["detail"] = progress.detail;
    }
    data["is_settled"] = !(current->mode == Mode::Primary && current->handover);
    return Response::ofData(std::move(data));
}

Response Switchover::abandon(Type type, bool isForced)
{
    MutexLock operation{m_roles.operation};
    const auto current = m_roles.role(type);
    if (current->mode != Mode::Primary || !m_roles.isPlayed(type) || !current->handover) {
        return Response::badRequest("no switchover of the " + std::string{toString(type)} + " primary role is under way here");
    }
    const auto answer = [](const char* outcome) { return Response::ofData({{"outcome", outcome}}); };
    switch (settle(type)) {
    case Outcome::Declined: return answer("abandoned");
    case Outcome::Accepted: return answer("accepted"); // nothing to take back: that cluster is primary, and this one follows it
    case Outcome::Unknown: break;
    }
    if (!isForced) {
        return Response::error(503, "\"" + current->handover->secondaryId +
                                        "\" cannot be asked whether it has accepted the primary role. Look "
                                        "there; if it is no primary, or is lost, repeat this with force=true: this cluster then takes a later "
                                        "epoch, which fences that one, and what has been written there would be lost");
    }
    Role next = current->clone();
    const Epoch predecessor = epochKnown(*current);
    next.epoch = predecessor.next();
    next.successor.clear();
    next.handover.reset();
    auto isSigned = m_roles.signEpoch(type, next, predecessor);
    // A cluster that accepted the DR role has begun a performance epoch too. That epoch must be fenced as well.
    std::optional<Role> performance;
    const auto currentPerformance = m_roles.role(Type::Performance);
    if (type == Type::Dr && currentPerformance->mode == Mode::Primary && !currentPerformance->isReplaced()) {
        performance = currentPerformance->clone();
        const Epoch theirs = epochKnown(*performance).next();
        performance->epoch = theirs.next();
        if (isSigned) isSigned = m_roles.signEpoch(Type::Performance, *performance, theirs);
    }
    if (!isSigned) return Response::error(503, "signing the epoch: " + isSigned.error().detail);
    const Role* also = performance ? &*performance : nullptr;
    auto changed = type == Type::Dr ? m_roles.change(also, &next) : m_roles.change(type, next);
    if (!changed) return Response::error(500, "storing the replication role: " + changed.error().detail);
    note(type, Phase::Abandoned, "by force");
    logging::warn("replication", "a switchover was abandoned by force",
                  {{"type", std::string{toString(type)}}, {"epoch", core::toString(next.epoch)}});
    return answer("abandoned");
}

void Switchover::tick()
{
    for (const Type type : {Type::Performance, Type::Dr}) {
        const auto current = m_roles.role(type);
        // While begin() holds the writes, it settles the switchover itself.
        if (current->mode != Mode::Primary || !current->handover || !m_roles.isPlayed(type) || m_hold.isOn()) continue;
        if (m_isSettling.exchange(true)) continue;
        m_services.background->post([this, type] {
            {
                MutexLock operation{m_roles.operation};
                if (m_roles.role(type)->mode == Mode::Primary && m_roles.role(type)->handover && m_roles.isPlayed(type)) settle(type);
            }
            m_isSettling = false;
        });
    }
}

} // namespace core::replication
