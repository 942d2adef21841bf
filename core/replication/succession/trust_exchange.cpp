#include "core/replication/succession/trust_exchange.h"

#include "core/base/logging.h"
#include "core/replication/seams/in_parallel.h"
#include "core/replication/wire/peer.pb.h"

#include <algorithm>

namespace core::replication {

using trust::TrustLog;

namespace {

constexpr std::chrono::seconds kRefusalLogInterval{10};
constexpr std::chrono::milliseconds kAskMax{1000};
constexpr std::chrono::milliseconds kPrimaryMax{300};
constexpr std::size_t kAskedMax = 4;
constexpr std::size_t kFetchedMax = 16;
constexpr int kRoundsMax = 4; // of one member, whose answer may need several messages

/// Anybody can show any number of entries that do not count. So the process logs one line in ten seconds.
void noteRefused(Type type, const std::string& why, const std::string& from, SteadyTime now)
{
    static Mutex mutex; // leaf lock
    static std::optional<SteadyTime> loggedAt;
    {
        MutexLock lock{mutex};
        if (loggedAt && now >= *loggedAt && now - *loggedAt < kRefusalLogInterval) return;
        loggedAt = now;
    }
    logging::warn("replication", "entries of a trust log were refused", {{"type", std::string{toString(type)}}, {"from", from}, {"why", why}});
}

} // namespace

void TrustExchange::told(TrustTold told)
{
    m_services.background->post([this, told = std::move(told)] {
        if (!told.message.log.empty()) {
            MutexLock operation{m_roles.operation};
            return begin(told);
        }
        if (auto taken = consider(told.message.type, told.message.entries, told.from); !taken) {
            logging::warn("replication", "could not keep entries of the trust log", {{"error", core::toString(taken.error())}});
        }
    });
}

/// Adopts the log of a set that kept none here. The primary that is followed has proved its key, and this cluster knew or pinned that key.
void TrustExchange::begin(const TrustTold& told)
{
    const Type type = told.message.type;
    const auto role = m_roles.role(told.link);
    const bool isFollower = role->mode == Mode::Secondary && role->identity && m_roles.isPlayed(told.link);
    if (m_roles.trust(type) || !isFollower || told.provenKey.empty() || told.message.log.size() > trust::kMessageBytesMax) return;
    auto log = TrustLog::decode(told.message.log);
    const bool isCopied = told.link != type; // a DR secondary keeps its primary's performance log
    const std::string setId = m_roles.role(type)->setId;
    const bool isGood = log && log->head().type == toString(type) && (log->head().setId == setId || (isCopied && setId.empty())) &&
                        (isCopied || log->head().authority == told.provenKey);
    if (!isGood)
        return noteRefused(type, "the log does not begin with the leader that this cluster follows", told.from, m_services.clock.steadyNow());
    TrustChanges given;
    given[type == Type::Dr] = TrustChange{std::move(*log)};
    auto stored = m_roles.store(nullptr, nullptr, {}, false, std::move(given));
    if (stored) stored = m_roles.load();
    if (stored) m_roles.applyPlan(told.link, true);
    if (!stored) logging::warn("replication", "could not keep the trust log", {{"error", core::toString(stored.error())}});
}

Result<bool> TrustExchange::consider(Type type, const std::vector<std::string>& entries, const std::string& from)
{
    if (entries.empty()) return false;
    Messages messages = listsBefore(type, entries);
    messages.push_back(entries);
    MutexLock operation{m_roles.operation};
    return takeAll(type, messages, from);
}

TrustExchange::Messages TrustExchange::listsBefore(Type type, const std::vector<std::string>& entries) const
{
    const auto known = m_roles.trust(type);
    const auto keys = m_services.ownKeys ? m_services.ownKeys->keys() : std::nullopt;
    if (!known || !keys || known->head().authority == keys->member().key.publicKey()) return {}; // it made the lists itself
    TrustLog after = *known;
    after.take(entries);
    const bool isLeaderNew = !statementOf(after, type).isSameAs(statementOf(*known, type));
    return isLeaderNew ? m_survey.newerLists(type, *known, after.head().authority) : Messages{};
}

void TrustExchange::fetch(Type type)
{
    const auto known = m_roles.trust(type);
    if (!known || !m_roles.transport()) return;
    const Messages lists = m_survey.newerLists(type, *known, {});
    {
        MutexLock operation{m_roles.operation};
        if (auto taken = takeAll(type, lists, "other members"); !taken) {
            return logging::warn("replication", "could not keep lists of the trust log", {{"error", core::toString(taken.error())}});
        }
    }
    // Only a member with the right can have taken over.
    const auto log = m_roles.trust(type);
    Members asked;
    for (Member& member : m_roles.transport()->members()) {
        const bool isKnown = std::ranges::find(asked, member.fingerprint, &Member::fingerprint) != asked.end();
        if (member.fingerprint.empty() || member.endpoint.clusterAddress.empty() || isKnown || asked.size() == kFetchedMax) continue;
        if (log && log->judge().maySucceed(member.memberKey) && member.memberKey != log->head().authority) asked.push_back(std::move(member));
    }
    std::vector<Result<wire::PeerAnswer>> answers(asked.size(), Error{ErrorCode::Unavailable, "not asked"});
    inParallel("trust-fetch", asked.size(), m_services.askersMax, [&](std::size_t at) {
        wire::PeerRequest request;
        request.mutable_trust()->set_type(type == Type::Dr ? 2 : 1);
        request.mutable_trust()->set_head(log->head().hash);
        answers[at] = m_roles.transport()->ask(asked[at], request, kAskMax);
    });
    for (std::size_t at = 0; at < asked.size(); ++at) {
        if (!answers[at] || answers[at]->trust().empty()) continue;
        const std::vector<std::string> entries{answers[at]->trust().begin(), answers[at]->trust().end()};
        if (auto taken = consider(type, entries, "member \"" + asked[at].id + "\""); !taken) return;
    }
}

Result<bool> TrustExchange::takeAll(Type type, const Messages& messages, const std::string& from)
{
    const auto known = m_roles.trust(type);
    if (!known) return false;
    TrustLog log = *known;
    bool isNews = false, isContested = false;
    std::optional<OlderStorage> older;
    for (const auto& entries : messages) {
        if (auto found = olderStorage(type, entries)) older = std::move(found);
        const auto intake = log.take(entries);
        if (!intake.refusal.empty()) noteRefused(type, intake.refusal, from, m_services.clock.steadyNow());
        isNews = isNews || intake.isNews;
        isContested = isContested || intake.isContested;
    }
    if (!isNews && !older) return false;
    const Return returned = isNews ? returnToFormer(type, log) : Return::None;
    if (auto adopted = adopt(type, std::move(log), from, older); !adopted) return std::move(adopted).error();
    // The log tells what has happened, so its lines follow the commit.
    if (returned != Return::None) noteReturn(returned, type, from);
    else if (isContested) {
        logging::error("replication", "an entry of the trust log is contested: an operator decides",
                       {{"type", std::string{toString(type)}}, {"from", from}});
    }
    return true;
}

TrustExchange::Return TrustExchange::returnToFormer(Type type, TrustLog& log) const
{
    const auto role = m_roles.role(type);
    if (const auto refusal = refusalOfUnfollowed(*role, log); refusal && log.choose(*refusal)) return Return::ByRefusal;
    // A DR secondary keeps the performance log of the primary that it copies, whose role does not say which leader was followed.
    const bool isCopied = role->mode == Mode::Primary && m_roles.isDrSecondary();
    const auto list = revocationByFollowed(isCopied ? *m_roles.role(Type::Dr) : *role, log);
    return list && log.returnTo(*list) ? Return::ByList : Return::None;
}

void TrustExchange::noteReturn(Return returned, Type type, const std::string& from)
{
    if (returned == Return::ByRefusal) {
        return logging::warn("replication", "the primary has refused the cluster that said it had replaced it; this one stays with the primary",
                             {{"type", std::string{toString(type)}}, {"from", from}});
    }
    logging::error("replication",
                   "a cluster says that it leads, but the leader before has revoked it. This cluster stays with the leader "
                   "before, and an operator decides",
                   {{"type", std::string{toString(type)}}, {"from", from}});
}

void TrustExchange::tick()
{
    for (const Type type : {Type::Performance, Type::Dr}) {
        const auto isDue = [this, type] {
            const auto role = m_roles.role(type);
            return role->mode == Mode::Secondary && !role->leftKey.empty() && m_roles.report(type).primaryKey == role->primaryKey;
        };
        if (!isDue()) continue;
        m_services.background->post([this, type, isDue] {
            MutexLock operation{m_roles.operation};
            if (!isDue() || !m_roles.writeRefusal().empty()) return;
            Role next = m_roles.role(type)->clone();
            next.leftKey.clear();
            auto stored = m_roles.store(type, next, false);
            if (stored) stored = m_roles.load();
            if (!stored) logging::warn("replication", "could not keep that the new leader is followed", {{"error", core::toString(stored.error())}});
        });
    }
}

std::optional<OlderStorage> TrustExchange::olderStorage(Type type, const std::vector<std::string>& entries) const
{
    const auto log = m_roles.trust(type);
    const auto role = m_roles.role(type);
    const auto keys = m_services.ownKeys ? m_services.ownKeys->keys() : std::nullopt;
    if (!log || !keys || role->mode != Mode::Primary || !m_roles.isPlayed(type) || role->isReplaced()) return std::nullopt;
    const auto held = ownEntryLacking(*log, entries, keys->member().key.publicKey(), role->epoch);
    if (!held || (role->olderStorage && role->olderStorage->heldGeneration >= held->generation)) return std::nullopt;
    const auto own = role->olderStorage ? role->olderStorage->ownGeneration : log->head().generation;
    return OlderStorage{held->generation, own, m_services.clock.now(), type == Type::Dr};
}

Result<> TrustExchange::stopFor(Type type, Role next, const OlderStorage& older, TrustChanges given)
{
    next.olderStorage = older;
    const Type otherType = type == Type::Dr ? Type::Performance : Type::Dr;
    Role other = m_roles.role(otherType)->clone();
    const bool isOther = other.mode == Mode::Primary && m_roles.isPlayed(otherType) && !other.isReplaced() && !other.isOlder();
    const bool isDr = type == Type::Dr;
    if (isOther) other.olderStorage = older;
    const Role* changedOther = isOther ? &other : nullptr;
    auto stored = m_roles.change(isDr ? changedOther : &next, isDr ? &next : changedOther, {}, std::move(given));
    if (stored) logging::error("replication", olderStorageText(type, older));
    return stored;
}

Result<> TrustExchange::adopt(Type type, TrustLog log, const std::string& from, const std::optional<OlderStorage>& older)
{
    const auto known = m_roles.trust(type);
    const auto role = m_roles.role(type);
    const auto keyring = m_services.barrier.keyring();
    const auto keys = m_services.ownKeys ? m_services.ownKeys->keys() : std::nullopt;
    if (!known || !keyring || !keys) return Error{ErrorCode::Sealed, "the keys of this cluster are not here"};
    const bool isPlayed = m_roles.isPlayed(type) && role->mode != Mode::Disabled; // false: a DR secondary's copy of the performance log
    Role next = isPlayed ? followed(*role, type, log, keys->member().key.publicKey(), keyring->forestKey()) : role->clone();
    if (older && log.head().leader.clusterId == m_services.host.clusterId()) { // its own later lists, perhaps with a key that it had made since
        next.successor.clear();
        next.primaryKey.clear();
        TrustChanges given;
        given[type == Type::Dr] = TrustChange{std::move(log)};
        return stopFor(type, std::move(next), *older, std::move(given));
    }
    const bool isLeaderNew = log.head().authority != known->head().authority || !statementOf(log, type).isSameAs(statementOf(*known, type));
    const std::string leaderName = log.head().leader.clusterName;
    TrustChanges given;
    given[type == Type::Dr] = TrustChange{std::move(log)};
    const Role* changed = isPlayed ? &next : nullptr;
    const Role* performance = type == Type::Performance ? changed : nullptr;
    const Role* dr = type == Type::Dr ? changed : nullptr;
    // A primary that stops or starts leading changes what may be written, so its links stop first.
    if (next.isReplaced() != role->isReplaced()) {
        auto changed = m_roles.change(performance, dr, {}, std::move(given));
        if (changed && next.isReplaced()) {
            logging::error("replication", "this primary has been replaced, writes stop here",
                           {{"type", std::string{toString(type)}}, {"by", leaderName}, {"from", from}});
        }
        return changed;
    }
    auto stored = m_roles.store(performance, dr, {}, false, std::move(given));
    if (stored) stored = m_roles.load();
    // The link changes only after the commit. Otherwise, while the disk is full, the link would restart again and again.
    if (!stored) return stored;
    if (isPlayed) m_roles.applyPlan(type, !isLeaderNew);
    if (type == Type::Performance) m_roles.applyPlan(Type::Dr, true); // copies keep this log too
    return {};
}

Members TrustExchange::candidates(Type type, const EpochStatement& shown) const
{
    Members out;
    for (Member& member : m_roles.transport() ? m_roles.transport()->members() : Members{}) {
        if (member.fingerprint.empty() || member.endpoint.clusterAddress.empty()) continue;
        if (type == Type::Dr && member.type != Type::Dr) continue;
        if (std::ranges::find(out, member.fingerprint, &Member::fingerprint) == out.end()) out.push_back(std::move(member));
    }
    std::stable_partition(out.begin(), out.end(), [&](const Member& member) { return member.endpoint.clusterAddress == shown.clusterAddress; });
    const bool hasPrimary = m_roles.role(type)->mode == Mode::Secondary && m_roles.report(type).connection == ConnectionState::Ready;
    if (hasPrimary) std::stable_partition(out.begin(), out.end(), [&](const Member& member) { return member.isPrimary && member.type == type; });
    if (out.size() > kAskedMax) out.resize(kAskedMax);
    return out;
}

Result<bool> TrustExchange::prove(Type type, const EpochStatement& shown)
{
    const auto isProved = [&] {
        const auto log = m_roles.trust(type);
        return log && isProvedBy(shown, *log);
    };
    for (const Member& member : candidates(type, shown)) {
        for (int round = 0; round < kRoundsMax; ++round) {
            const auto log = m_roles.trust(type);
            if (!log) return false;
            wire::PeerRequest request;
            request.mutable_trust()->set_type(type == Type::Dr ? 2 : 1);
            request.mutable_trust()->set_head(log->head().hash);
            const auto answer = m_roles.transport()->ask(member, request, member.isPrimary ? kPrimaryMax : kAskMax);
            if (!answer || answer->trust().empty()) break;
            const auto taken =
                consider(type, {answer->trust().begin(), answer->trust().end()}, "member \"" + member.id + "\" " + member.endpoint.clusterAddress);
            if (!taken) return taken;
            if (!*taken) break;
            if (isProved()) return true;
        }
        if (isProved()) return true;
    }
    return isProved();
}

void TrustExchange::askPrimary(Type type)
{
    const bool isLinked =
        m_roles.transport() && m_roles.role(type)->mode == Mode::Secondary && m_roles.report(type).connection == ConnectionState::Ready;
    for (const Member& member : isLinked ? m_roles.transport()->members() : Members{}) {
        if (member.type != type || !member.isPrimary || member.fingerprint.empty() || member.endpoint.clusterAddress.empty()) continue;
        for (const Type of : {Type::Performance, Type::Dr}) {
            const auto log = m_roles.trust(of);
            if (!log || (of != type && type != Type::Dr)) continue; // DR links carry both
            wire::PeerRequest request;
            request.mutable_trust()->set_type(of == Type::Dr ? 2 : 1);
            request.mutable_trust()->set_head(log->head().hash);
            const auto answer = m_roles.transport()->ask(member, request, kPrimaryMax);
            if (!answer) return;
            if (!consider(of, {answer->trust().begin(), answer->trust().end()}, "the primary at " + member.endpoint.clusterAddress)) return;
        }
        return;
    }
}

bool TrustExchange::lacks(Type type, std::string_view head) const
{
    const auto log = m_roles.trust(type);
    return log && !head.empty() && !log->judge().find(head);
}

std::vector<std::string> TrustExchange::missingAt(Type type, const std::string& head) const
{
    const auto log = m_roles.trust(type);
    return log ? log->missingAt(head) : std::vector<std::string>{};
}

} // namespace core::replication
