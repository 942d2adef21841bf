#include "core/replication/succession/epochs.h"

#include "core/base/encoding.h"
#include "core/base/logging.h"
#include "core/replication/wire/peer.pb.h"
#include "core/replication/wire/wire_values.h"

namespace core::replication {

using mount::Response;

namespace {

constexpr std::size_t kShownBytesMax = 16u << 10; // base64; no statement is larger
constexpr std::chrono::seconds kForgeryLogInterval{10};
constexpr std::chrono::milliseconds kConfirmationMax{1000};
constexpr std::chrono::milliseconds kConfirmationPause{100};
constexpr std::chrono::milliseconds kPrimaryAnswerTimeout{300};

/// Whether the statement is later than what the role knows.
bool isNews(const EpochStatement& shown, const Role& role)
{
    const auto known = EpochStatement::parse(role.latestStatement());
    return known ? shown.isLaterThan(*known) : shown.epoch >= role.epoch;
}

/// Anybody can show any number of statements that do not count. So the process logs one line in ten seconds, for all types and senders
/// together.
void logRefusal(Type type, const Error& why, const std::string& from, SteadyTime now)
{
    static Mutex mutex; // leaf lock
    static std::optional<SteadyTime> loggedAt;
    static std::uint64_t untoldCount = 0;
    std::uint64_t untold = 0;
    {
        MutexLock lock{mutex};
        const bool isSoon = loggedAt && now >= *loggedAt && now - *loggedAt < kForgeryLogInterval;
        if (isSoon) {
            ++untoldCount;
            return;
        }
        loggedAt = now;
        untold = std::exchange(untoldCount, 0);
    }
    logging::error("replication", "an epoch statement was refused",
                   {{"type", std::string{toString(type)}}, {"from", from}, {"error", toString(why)}, {"more_before", std::to_string(untold)}});
}

} // namespace

Response Epochs::statement(Type type) const
{
    const auto current = m_roles.role(type);
    if (current->mode == Mode::Disabled || !m_roles.isPlayed(type)) {
        return Response::badRequest("this cluster has no role in " + std::string{toString(type)} + " replication");
    }
    const auto statement = EpochStatement::parse(current->latestStatement());
    if (!statement) return Response::error(404, "no statement of the set's epoch is known here yet");
    auto data = statementObject(*statement);
    data["type"] = toString(type);
    data["set_id"] = statement->setId;
    data["mode"] = toString(current->mode);
    data["is_replaced"] = current->isReplaced();
    data["statement"] = toBase64(current->latestStatement());
    return Response::ofData(std::move(data));
}

Response Epochs::show(Type type, const std::string& encoded, const std::string& from)
{
    if (encoded.empty()) return Response::badRequest("missing statement");
    if (encoded.size() > kShownBytesMax) return Response::badRequest("the statement is too large");
    auto bytes = fromBase64(encoded);
    if (!bytes) return Response::badRequest("the statement is not base64");
    const auto before = m_roles.role(type);
    if (before->mode == Mode::Disabled || !m_roles.isPlayed(type)) {
        return Response::badRequest("this cluster has no role in " + std::string{toString(type)} + " replication");
    }
    // A statement that is not genuine ends here, before anything waits or asks.
    const auto own = m_roles.verifier();
    auto genuine = own ? own->verify(*bytes, type, before->setId) : Result<EpochStatement>{Error{ErrorCode::Sealed, "sealed"}};
    if (!genuine) {
        logRefusal(type, genuine.error(), from, m_services.clock.steadyNow());
        return Response::badRequest(genuine.error().detail);
    }
    // A statement that this cluster knows ends here too. Members show it every few seconds, and the lock `operation` can be held for minutes.
    Result<bool> noted = false;
    if (isNews(*genuine, *before) && m_roles.trust(type)) {
        noted = isProvedSoon(type, *genuine);
        if (noted && !*noted) noted = followOlder(type, *genuine, *bytes);
        if (noted && !*noted && isNews(*genuine, *m_roles.role(type))) { // and it is still later than what was learned while asking
            const std::string why =
                "the trust log of this replication set does not show that \"" + genuine->clusterName + "\" is its primary at epoch " +
                core::toString(genuine->epoch) + ", and no member that answered can prove it. If \"" + genuine->clusterName +
                "\" leads, demote this cluster (sys/replication/" + std::string{toString(type)} + "/primary/demote) and let it follow \"" +
                genuine->clusterName + "\" with a token made at \"" + genuine->clusterName + "\"";
            logRefusal(type, Error{ErrorCode::PermissionDenied, why}, from, m_services.clock.steadyNow());
            return Response::badRequest(why);
        }
    } else if (isNews(*genuine, *before)) {
        askPrimary(type);
        const auto confirmed = confirmedSoon(*genuine, *bytes);
        if (!confirmed) {
            logRefusal(type, confirmed.error(), from, m_services.clock.steadyNow());
            return Response::badRequest(confirmed.error().detail);
        }
        MutexLock operation{m_roles.operation};
        noted = note(type, *bytes, false, confirmed->memberKey);
    }
    if (!noted) return Response::error(500, "the epoch statement could not be stored: " + noted.error().detail + "; try again");
    const auto after = m_roles.role(type);
    auto data = statementObject(*genuine);
    data["is_news"] = *noted;
    data["mode"] = toString(after->mode);
    data["is_replaced"] = after->isReplaced();
    return Response::ofData(std::move(data));
}

Result<bool> Epochs::isProvedSoon(Type type, const EpochStatement& shown)
{
    const auto deadline = m_services.clock.steadyNow() + kConfirmationMax;
    while (true) {
        auto proved = m_trust.prove(type, shown);
        if (!proved || *proved || m_services.clock.steadyNow() >= deadline) return proved;
        m_services.background->pause(kConfirmationPause);
    }
}

Result<bool> Epochs::followOlder(Type type, const EpochStatement& shown, const std::string& statement)
{
    const auto by = m_confirmation.confirm(shown, statement, StatementConfirmation::Whose::OlderProgram);
    MutexLock operation{m_roles.operation};
    const auto log = m_roles.trust(type);
    if (!by || !log || by->memberKey.empty() || !log->judge().maySucceed(by->memberKey)) return false;
    auto noted = note(type, statement, false, by->memberKey, true);
    if (noted && *noted) {
        logging::warn("replication", "a member of an older version leads now, so the trust log ends here; upgrade it",
                      {{"type", std::string{toString(type)}}, {"leader", shown.clusterName}});
    }
    return noted;
}

void Epochs::seekProof(Type type, const std::string& statement, const StatementSource& source)
{
    const auto current = m_roles.role(type);
    const auto own = m_roles.verifier();
    if (current->mode == Mode::Disabled || !m_roles.isPlayed(type) || !own) return;
    const auto shown = own->verify(statement, type, current->setId);
    if (!shown || (!isNews(*shown, *current) && !m_trust.lacks(type, source.trustHead))) return;
    auto counts = m_trust.prove(type, *shown);
    if (counts && !*counts) counts = followOlder(type, *shown, statement);
    if (!counts) return logging::error("replication", "could not store a later epoch", {{"error", toString(counts.error())}});
    if (*counts) return;
    logRefusal(type, Error{ErrorCode::PermissionDenied, "no member proves by the trust log that \"" + shown->clusterName + "\" leads"}, source.from,
               m_services.clock.steadyNow());
}

Result<Member> Epochs::confirmedSoon(const EpochStatement& shown, std::string_view encoded) const
{
    // A cluster that has just been linked is known to everybody within a tick or two. So an answer "unavailable" is tried again.
    const auto deadline = m_services.clock.steadyNow() + kConfirmationMax;
    while (true) {
        auto confirmed = m_confirmation.confirm(shown, encoded);
        const bool isFinal = confirmed || confirmed.error().code != ErrorCode::Unavailable || m_services.clock.steadyNow() >= deadline;
        if (isFinal) return confirmed;
        m_services.background->pause(kConfirmationPause);
    }
}

Result<bool> Epochs::note(Type type, const std::string& statement, bool isFollowed, const std::string& leaderKey, bool endsLog)
{
    const auto current = m_roles.role(type);
    const auto own = m_roles.verifier();
    if (current->mode == Mode::Disabled || !m_roles.isPlayed(type) || !own) return false;
    auto shown = own->verify(statement, type, current->setId);
    if (!shown) return std::move(shown).error();
    TrustChanges given;
    if (endsLog) given[type == Type::Dr] = TrustChange{};
    else if (m_roles.trust(type)) return false; // a log has begun in the meantime, and it decides
    if (!isNews(*shown, *current)) return false;
    // A replaced primary must stop writing in the same commit that stores the statement. After a crash it is still fenced.
    Role next = current->clone();
    if (current->mode == Mode::Primary) {
        next.successor = statement;
        next.primaryKey = leaderKey;
    } else {
        if (!leaderKey.empty()) next.primaryKey = leaderKey;
        next.statement = statement;
        next.epoch = shown->epoch;
    }
    Result<> stored;
    if (current->mode == Mode::Primary) {
        stored = m_roles.change(type, next, {}, std::move(given));
        if (stored) {
            logging::error("replication", "this primary has been replaced, writes stop here",
                           {{"type", std::string{toString(type)}}, {"epoch", core::toString(shown->epoch)}, {"by", shown->clusterName}});
        }
    } else {
        if (!isFollowed && current->identity && !shown->clusterAddress.empty()) {
            std::erase(next.primaryAddresses, shown->clusterAddress);
            next.primaryAddresses.insert(next.primaryAddresses.begin(), shown->clusterAddress);
        }
        const bool isPerformance = type == Type::Performance;
        stored = m_roles.store(isPerformance ? &next : nullptr, isPerformance ? nullptr : &next, {}, false, std::move(given));
        if (stored) stored = m_roles.load();
        // The link changes only after the commit. Otherwise, while the disk is full, the link would restart again and again.
        if (stored && !isFollowed) m_roles.applyPlan(type);
    }
    if (!stored) return std::move(stored).error();
    return true;
}

bool Epochs::isNewsHere(Type type, const std::string& statement) const
{
    const auto current = m_roles.role(type);
    const auto own = m_roles.verifier();
    const auto shown = own ? own->verify(statement, type, current->setId) : Result<EpochStatement>{Error{ErrorCode::Sealed, "sealed"}};
    return shown && isNews(*shown, *current);
}

void Epochs::consider(Type type, const std::string& statement, const std::string& from)
{
    if (!isNewsHere(type, statement)) return;
    if (const auto answer = show(type, toBase64(statement), from); answer.isError) {
        logging::warn(
            "replication", "a member reported a later epoch, which does not count here",
            {{"type", std::string{toString(type)}}, {"from", from}, {"why", answer.errors.empty() ? std::string{} : answer.errors.front()}});
    }
}

void Epochs::askPrimary(Type type)
{
    const auto current = m_roles.role(type);
    Transport* transport = m_roles.transport();
    if (!transport || current->mode != Mode::Secondary || m_roles.report(type).connection != ConnectionState::Ready) return;
    for (const Member& member : transport->members()) {
        if (member.type != type || !member.isPrimary || member.fingerprint.empty() || member.endpoint.clusterAddress.empty()) continue;
        wire::PeerRequest request;
        request.mutable_describe();
        const auto answer = transport->ask(member, request, kPrimaryAnswerTimeout);
        if (!answer) return;
        for (const auto& said : answer->description().roles()) {
            const bool isOfSet = said.type() == (type == Type::Dr ? 2U : 1U) && said.set_id() == current->setId;
            if (!isOfSet || said.latest_statement().empty() || !isNewsHere(type, said.latest_statement())) continue;
            MutexLock operation{m_roles.operation};
            if (auto noted = note(type, said.latest_statement(), false, keyFromWire(said.successor_key())); !noted) {
                logging::error("replication", "could not store a later epoch", {{"error", toString(noted.error())}});
            }
        }
        return;
    }
}

std::optional<Member> Epochs::confirmed(Type type, const std::string& statement, const StatementSource& source) const
{
    const auto current = m_roles.role(type);
    const auto own = m_roles.verifier();
    if (current->mode == Mode::Disabled || !m_roles.isPlayed(type) || !own) return std::nullopt;
    const auto shown = own->verify(statement, type, current->setId);
    if (!shown || !isNews(*shown, *current)) return std::nullopt;
    auto confirmed = m_confirmation.confirm(*shown, statement);
    if (!confirmed) logRefusal(type, confirmed.error(), source.from, m_services.clock.steadyNow());
    return confirmed ? std::optional{std::move(*confirmed)} : std::nullopt;
}

void Epochs::noteLater(Type type, std::string statement, StatementSource source)
{
    // Only the word of the followed primary counts without a check. Any holder of the set's keys, also a former member, could have made the
    // statement:
    // 1. A revoked member still has the forest key, so it signs a statement with a later epoch that names itself.
    // 2. It shows the statement to a secondary or to the primary.
    // 3. If the statement counted, the primary would stop, and the secondaries would follow the attacker.
    //
    // So the trust log, or a present member with the right to succeed, must confirm it first. One check per type runs at a time, however
    // many statements arrive.
    auto& isConfirming = m_isConfirming[type == Type::Dr];
    if (m_roles.trust(type)) {
        if (isConfirming.exchange(true)) return;
        m_services.background->post([this, type, statement = std::move(statement), source = std::move(source), &isConfirming] {
            seekProof(type, statement, source);
            isConfirming = false;
        });
        return;
    }
    if (!source.isPrimarys && isConfirming.exchange(true)) return; // the next connection reports it again
    m_services.background->post([this, type, statement = std::move(statement), source = std::move(source), &isConfirming] {
        std::string leaderKey = source.leaderKey;
        if (!source.isPrimarys) {
            askPrimary(type);
            const auto by = confirmed(type, statement, source);
            isConfirming = false;
            if (!by) return;
            leaderKey = by->memberKey;
        }
        MutexLock operation{m_roles.operation};
        if (auto noted = note(type, statement, source.isFollowed, leaderKey); !noted) {
            logging::error("replication", "could not store a later epoch", {{"error", toString(noted.error())}});
        }
    });
}

} // namespace core::replication
