#include "core/lease/lease_manager.h"

#include "core/base/logging.h"
#include "core/lease/lease_index.h"

#include <algorithm>

namespace core::lease {
namespace {

constexpr std::size_t kTokensPerRound = 128;
constexpr std::size_t kAttemptsPerRound = 64;
constexpr std::size_t kEndedAtOnceMax = 128; // by a request; each needs about eight rows

} // namespace

LeaseManager::LeaseManager(log::Store& store, const barrier::Barrier& barrier, token::TokenStore& tokens, const Clock& clock)
    : m_store{store}
    , m_barrier{barrier}
    , m_tokens{tokens}
    , m_clock{clock}
{}

Result<std::size_t> LeaseManager::tick()
{
    std::size_t keyCount = 0;
    auto built = repeat([this](const barrier::Scope& scope) { return build(scope, m_tokens, kTokensPerRound); });
    if (!built) return built;
    if (*built > 0) logging::info("lease", "leases were added to the index", {{"rows", std::to_string(*built)}});
    keyCount += *built;
    auto below = endBelowPaths();
    if (!below) return below;
    keyCount += *below;
    auto ended = repeat([this](const barrier::Scope& scope) { return endDue(scope); });
    if (!ended) return ended;
    keyCount += *ended;
    auto swept = repeat([this](const barrier::Scope& scope) { return m_tokens.sweep(scope, kTokensPerRound); });
    if (!swept) return swept;
    keyCount += *swept;
    auto requested = endRequested();
    if (!requested) return requested;
    keyCount += *requested;

    auto tidied = tidy();
    if (!tidied) return tidied;
    keyCount += *tidied;
    return keyCount;
}

Result<std::size_t> LeaseManager::tidy()
{
    std::size_t keyCount = 0;
    for (std::size_t page = 0; m_isTidying && page < kRoundsPerTick; ++page) {
        std::string next;
        auto tidied = runRound([&](const barrier::Scope& scope) -> Result<bool> {
            auto place = m_tokens.tidy(scope, m_tidyAfter, kTokensPerRound);
            if (!place) return place.error();
            next = std::move(*place); // the same page again if the commit conflicts
            return false;
        });
        if (tidied) keyCount += tidied->keyCount;
        m_tidyAfter = tidied ? std::move(next) : std::string{};
        if (m_tidyAfter.empty()) m_isTidying = false;
        if (!tidied) return tidied.error();
    }
    if (keyCount > 0) logging::info("lease", "tidied the token store", {{"entries", std::to_string(keyCount)}});
    return keyCount;
}

Result<> LeaseManager::endBelow(const barrier::Scope& scope, std::string_view prefix, WallTime now)
{
    const auto folder = prefix.ends_with('/') ? std::string{prefix} : std::string{prefix} + '/';
    auto isIndexed = isComplete(scope);
    if (!isIndexed) return isIndexed.error();
    if (!*isIndexed) return m_tokens.endBelow(scope, folder, now);
    auto ids = leasesBelow(scope, folder, {}, kEndedAtOnceMax + 1);
    if (!ids) return ids.error();
    if (ids->size() > kEndedAtOnceMax) return m_tokens.endBelow(scope, folder, now);
    for (const auto& id : *ids) {
        const auto saltedId = token::saltedIdOfLease(id);
        if (!saltedId) continue;
        if (auto revoked = m_tokens.revoke(scope, *saltedId); !revoked) return revoked;
    }
    return {};
}

Result<bool> LeaseManager::endPage(const barrier::Scope& scope, std::string& after)
{
    auto endings = m_tokens.pathEndings(scope);
    if (!endings) return endings.error();
    auto isIndexed = isComplete(scope);
    if (!isIndexed) return isIndexed.error();
    if (endings->empty() || !*isIndexed) return false;
    const auto& ending = endings->front();
    auto ids = leasesBelow(scope, ending.prefix, after.starts_with(ending.prefix) ? after : std::string{}, kTokensPerRound);
    if (!ids) return ids.error();
    for (const auto& id : *ids) {
        const auto saltedId = token::saltedIdOfLease(id);
        if (!saltedId) continue;
        if (auto ended = m_tokens.revokeIf(scope, *saltedId, [&](const auto& entry) { return ending.concerns(entry); }); !ended) return ended.error();
    }
    after = ids->size() < kTokensPerRound ? std::string{} : std::move(ids->back());
    if (!after.empty()) return true;
    if (auto dropped = m_tokens.dropPathEnding(scope, ending); !dropped) return dropped.error();
    return true;
}

Result<std::size_t> LeaseManager::endBelowPaths()
{
    std::size_t keyCount = 0;
    std::string after;
    bool isMoreLeft = true;
    for (std::size_t page = 0; isMoreLeft && page < kRoundsPerTick; ++page) {
        std::string next;
        auto ended = runRound([&](const barrier::Scope& scope) {
            next = after; // the same page again if the commit conflicts
            return endPage(scope, next);
        });
        if (!ended) return ended.error();
        isMoreLeft = ended->isMoreLeft;
        keyCount += ended->keyCount;
        after = std::move(next);
    }
    return keyCount;
}

void LeaseManager::requestEnd(std::function<bool(const token::TokenEntry&)> isEnding)
{
    MutexLock lock{m_mutex};
    m_ending.push_back(std::move(isEnding));
}

Result<std::size_t> LeaseManager::endRequested()
{
    std::vector<std::function<bool(const token::TokenEntry&)>> wanted;
    {
        MutexLock lock{m_mutex};
        wanted.swap(m_ending);
    }
    if (wanted.empty()) return std::size_t{0};
    const auto isEnding = [&](const token::TokenEntry& entry) {
        return std::any_of(wanted.begin(), wanted.end(), [&](const auto& picks) { return picks(entry); });
    };
    std::size_t keyCount = 0;
    std::string after;
    bool isDone = false;
    while (!isDone) {
        std::string next;
        auto ended = runRound([&](const barrier::Scope& scope) -> Result<bool> {
            auto page = m_tokens.revokeEach(scope, isEnding, after, kTokensPerRound);
            if (!page) return page.error();
            next = std::move(*page); // the same page again if the commit conflicts
            return false;
        });
        if (!ended) {
            MutexLock lock{m_mutex}; // the next tick begins from the start
            m_ending.insert(m_ending.end(), std::make_move_iterator(wanted.begin()), std::make_move_iterator(wanted.end()));
            return ended.error();
        }
        keyCount += ended->keyCount;
        isDone = next.empty();
        after = std::move(next);
    }
    return keyCount;
}

Result<LeaseManager::Round> LeaseManager::runRound(const Step& step)
{
    for (std::size_t attempt = 0; attempt < kAttemptsPerRound; ++attempt) {
        auto transaction = m_store.begin();
        const barrier::Scope scope{transaction, m_barrier, barrier::WriteAccess{.shared = false, .local = true}};
        auto isMoreLeft = step(scope);
        if (!isMoreLeft) return isMoreLeft.error();
        if (!transaction.hasWrites()) return Round{0, *isMoreLeft};
        const auto keyCount = transaction.writes().size();
        auto committed = m_store.commitAndWait(std::move(transaction));
        if (committed) return Round{keyCount, *isMoreLeft};
        if (committed.error().code != ErrorCode::Conflict) return committed.error();
    }
    // The caller must not continue behind this round: it was not committed.
    return Error{ErrorCode::Conflict, "other transactions changed the same tokens " + std::to_string(kAttemptsPerRound) + " times"};
}

Result<std::size_t> LeaseManager::repeat(const Step& step)
{
    std::size_t keyCount = 0;
    bool isMoreLeft = true;
    for (std::size_t count = 0; isMoreLeft && count < kRoundsPerTick; ++count) {
        auto round = runRound(step);
        if (!round) return round.error();
        keyCount += round->keyCount;
        isMoreLeft = round->isMoreLeft;
    }
    return keyCount;
}

Result<bool> LeaseManager::endDue(const barrier::Scope& scope)
{
    const WallTime now = m_clock.now();
    // New tokens enter the index all the time. That is no reason to start again.
    scope.transaction().setReadsTracked(false);
    auto due = token::dueExpiries(scope, now, kTokensPerRound);
    scope.transaction().setReadsTracked(true);
    if (!due) return due.error();
    for (const auto& expiry : *due) {
        if (expiry.kind == token::ExpiryKind::Token) {
            auto revoked = m_tokens.revokeIfExpired(scope, expiry.id, now);
            if (!revoked) return revoked.error();
        }
        if (auto removed = token::removeExpiry(scope, expiry); !removed) return removed.error();
    }
    return due->size() == kTokensPerRound;
}

} // namespace core::lease
