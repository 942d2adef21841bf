#include "core/replication/manager.h"

#include "core/base/encoding.h"
#include "core/base/logging.h"

#include <algorithm>

namespace core::replication {

namespace {

using mount::Response;

constexpr std::size_t kShownBytesMax = 16u << 10; // base64 of what no statement is larger than
constexpr std::chrono::seconds kForgeryLogInterval{10};

/// Whether a statement says something that the role does not know.
bool isNews(const EpochStatement& shown, const Role& role)
{
    const auto known = EpochStatement::parse(role.latestStatement());
    return known ? shown.isLaterThan(*known) : shown.epoch >= role.epoch;
}

/// Of statements that are not genuine anybody can show any number. The log is the process's, so they get one line in ten seconds
/// of it, whichever cluster is shown them.
void noteForgery(Type type, const Error& why, SteadyTime now)
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
    logging::error("replication", "was shown an epoch statement that is not genuine",
                   {{"type", std::string{toString(type)}}, {"error", toString(why)}, {"more_before", std::to_string(untold)}});
}

} // namespace

boost::json::object statementObject(const EpochStatement& statement)
{
    return {{"epoch", statement.epoch.value()},
            {"predecessor_epoch", statement.predecessor.value()},
            {"cluster_name", statement.clusterName},
            {"cluster_id", statement.clusterId},
            {"api_address", statement.apiAddress},
            {"cluster_address", statement.clusterAddress},
            {"issued_at", toRfc3339(statement.issuedAt)}};
}

std::string replacedText(Type type, const Role& role)
{
    const std::string typeText{toString(type)};
    std::string text = "this cluster has been replaced as the " + typeText + " primary of its set";
    if (const auto by = EpochStatement::parse(role.successor)) {
        text += " by " + (by->clusterName.empty() ? std::string{"another cluster"} : "\"" + by->clusterName + "\"");
        if (!by->apiAddress.empty()) text += " (" + by->apiAddress + ")";
        text += ", epoch " + core::toString(by->epoch) + " of " + toRfc3339(by->issuedAt);
    }
    return text + "; send writes there, and demote this cluster (sys/replication/" + typeText
           + "/primary/demote) so that it can follow";
}

std::string settlingText(Type type, const Handover& handover)
{
    return "a switchover of the " + std::string{toString(type)} + " primary role to \"" + handover.secondaryId + "\" (epoch "
           + core::toString(handover.epoch) + ") is under way; writes wait until it is known whether that cluster has accepted";
}

Epoch epochKnown(const Role& role)
{
    Epoch known = role.epoch;
    if (const auto statement = EpochStatement::parse(role.latestStatement())) known = std::max(known, statement->epoch);
    if (role.handover) known = std::max(known, role.handover->epoch);
    return known;
}

std::shared_ptr<const StatementVerifier> ReplicationManager::verifier() const
{
    MutexLock lock{m_mutex};
    return m_verifier;
}

Result<> ReplicationManager::signEpoch(Type type, Role& role, Epoch predecessor) const
{
    auto keyring = m_services.barrier.keyring();
    if (!keyring) return std::move(keyring).error();
    EpochStatement statement;
    statement.type = type;
    statement.setId = role.setId;
    statement.epoch = role.epoch;
    statement.predecessor = predecessor;
    statement.clusterId = m_services.host.clusterId();
    statement.clusterName = m_services.host.clusterName();
    statement.apiAddress = self().apiAddress;
    statement.clusterAddress = role.primaryClusterAddress.empty() ? self().clusterAddress : role.primaryClusterAddress;
    statement.promotionId = m_services.random.uuid();
    statement.issuedAt = m_services.clock.now();
    role.statement = statement.sign(keyring->forestKey());
    return {};
}

Response ReplicationManager::epochStatement(Type type) const
{
    const auto current = role(type);
    if (current->mode == Mode::Disabled || !isPlayed(type)) {
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

Response ReplicationManager::showStatement(Type type, const std::string& encoded)
{
    if (encoded.empty()) return Response::badRequest("missing statement");
    if (encoded.size() > kShownBytesMax) return Response::badRequest("the statement is too large");
    auto bytes = fromBase64(encoded);
    if (!bytes) return Response::badRequest("the statement is not base64");
    const auto before = role(type);
    if (before->mode == Mode::Disabled || !isPlayed(type)) {
        return Response::badRequest("this cluster has no role in " + std::string{toString(type)} + " replication");
    }
    // Anybody may call this, so what is not genuine ends here, before it waits for anything.
    const auto own = verifier();
    auto genuine = own ? own->verify(*bytes, type, before->setId) : Result<EpochStatement>{Error{ErrorCode::Sealed, "sealed"}};
    if (!genuine) {
        noteForgery(type, genuine.error(), m_services.clock.steadyNow());
        return Response::badRequest(genuine.error().detail);
    }
    // So does what is genuine and known: anybody may read it here and show it again, and an operation may take minutes.
    Result<bool> noted = false;
    if (isNews(*genuine, *before)) {
        MutexLock operation{m_operation};
        noted = noteStatement(type, *bytes, false);
    }
    if (!noted) return Response::error(500, "storing the epoch statement: " + noted.error().detail);
    const auto after = role(type);
    auto data = statementObject(*genuine);
    data["is_news"] = *noted;
    data["mode"] = toString(after->mode);
    data["is_replaced"] = after->isReplaced();
    return Response::ofData(std::move(data));
}

Result<bool> ReplicationManager::noteStatement(Type type, const std::string& statement, bool isFollowed)
{
    const auto current = role(type);
    const auto own = verifier();
    if (current->mode == Mode::Disabled || !isPlayed(type) || !own) return false;
    auto shown = own->verify(statement, type, current->setId);
    if (!shown) return std::move(shown).error();
    if (!isNews(*shown, *current)) return false;

    Role next = current->clone();
    if (current->mode == Mode::Primary) {
        logging::error("replication", "this primary has been replaced, writes stop here",
                       {{"type", std::string{toString(type)}}, {"epoch", core::toString(shown->epoch)}, {"by", shown->clusterName}});
        next.successor = statement;
    } else {
        next.statement = statement;
        next.epoch = shown->epoch;
    }
    Result<> stored;
    if (current->mode == Mode::Primary) {
        stored = change(type, next);
    } else {
        if (!isFollowed && current->identity && !shown->clusterAddress.empty()) {
            std::erase(next.primaryAddresses, shown->clusterAddress);
            next.primaryAddresses.insert(next.primaryAddresses.begin(), shown->clusterAddress);
        }
        stored = storeRoles(type == Type::Performance ? &next : nullptr, type == Type::Dr ? &next : nullptr, {}, false);
        if (stored) stored = loadRoles();
        // Only what could be stored is followed: else the link would be begun anew again and again, while a disk is full.
        if (stored && !isFollowed) applyPlan(type);
    }
    if (!stored) return std::move(stored).error();
    return true;
}

void ReplicationManager::laterStatement(Type type, std::string statement, bool isFollowed)
{
    m_background.post([this, type, statement = std::move(statement), isFollowed] {
        MutexLock operation{m_operation};
        if (auto noted = noteStatement(type, statement, isFollowed); !noted) {
            logging::error("replication", "could not take up a later epoch", {{"error", toString(noted.error())}});
        }
    });
}

} // namespace core::replication
