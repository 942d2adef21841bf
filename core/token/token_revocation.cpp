#include "core/token/token_codec.h"
#include "core/token/token_rows.h"
#include "core/token/token_store.h"

#include <algorithm>
#include <charconv>

// Ends tokens: one token, or a tree of tokens, in bounded transactions. Also tidies what is left behind.

namespace core::token {

using namespace rows;

namespace {

constexpr std::size_t kDepthMax = 1000; // ancestors that are checked; a longer chain counts as ended
constexpr std::size_t kDescendantsAtOnce = 256;

/// Detaches some children of a token that has ended: they end, or become orphans. Returns how many.
Result<std::size_t> partFromChildren(const barrier::Scope& scope, std::string_view saltedId, std::size_t limit,
                                     const std::function<Result<>(const std::string& child)>& settle)
{
    auto view = tokenView(scope);
    const std::string folder = parentFolder(saltedId);
    auto children = view.list(folder, {}, limit);
    if (!children) return children.error();
    for (const auto& child : *children) {
        if (auto settled = settle(child); !settled) return settled.error();
        if (auto erased = view.erase(folder + child); !erased) return erased.error();
    }
    return children->size();
}

} // namespace

Result<> TokenStore::erase(const barrier::Scope& scope, std::string_view saltedId, const TokenEntry& entry)
{
    auto view = tokenView(scope);
    if (auto erased = view.erase(idKey(saltedId)); !erased) return erased;
    auto key = salt(scope, false);
    if (!key) return key.error();
    if (auto erased = view.erase(accessorKey(hexOf((*key)->mac(entry.accessor)))); !erased) return erased;
    if (!entry.parent.empty()) {
        if (auto erased = view.erase(parentFolder(entry.parent) + std::string{saltedId}); !erased) return erased;
    }
    if (entry.expires()) {
        if (auto removed = removeExpiry(scope, expiryOf(saltedId, entry)); !removed) return removed;
    }
    for (const auto& hook : m_endHooks) {
        if (auto ended = hook(scope, saltedId, entry); !ended) return ended;
    }
    return {};
}

Result<> TokenStore::revoke(const barrier::Scope& scope, std::string_view saltedId)
{
    auto entry = load(scope, saltedId);
    if (!entry) return entry.error();
    if (!*entry) return {};
    if (auto erased = erase(scope, saltedId, **entry); !erased) return erased;

    auto view = tokenView(scope);
    auto children = view.list(parentFolder(saltedId), {}, 1);
    if (!children) return children.error();
    if (children->empty()) return {};
    if (auto put = view.put(revokeJobKey(saltedId), "1"); !put) return put;
    auto isLeft = sweep(scope, kDescendantsAtOnce);
    return isLeft ? Result<>{} : Result<>{isLeft.error()};
}

Result<> TokenStore::revokeIf(const barrier::Scope& scope, std::string_view saltedId, const std::function<bool(const TokenEntry&)>& isEnding)
{
    auto entry = load(scope, saltedId);
    if (!entry) return entry.error();
    return *entry && isEnding(**entry) ? revoke(scope, saltedId) : Result<>{};
}

Result<> TokenStore::revokeIfExpired(const barrier::Scope& scope, std::string_view saltedId, WallTime now)
{
    return revokeIf(scope, saltedId, [now](const TokenEntry& entry) { return entry.expires() && entry.expiresAt <= now; });
}

Result<> TokenStore::revokeOrphan(const barrier::Scope& scope, std::string_view saltedId)
{
    auto entry = load(scope, saltedId);
    if (!entry) return entry.error();
    if (!*entry) return {};
    if (auto erased = erase(scope, saltedId, **entry); !erased) return erased;
    auto released = releaseChildren(scope, saltedId, kDescendantsAtOnce);
    if (!released) return released.error();
    if (*released < kDescendantsAtOnce) return {};
    return tokenView(scope).put(orphanJobKey(saltedId), "1");
}

Result<std::size_t> TokenStore::revokeChildren(const barrier::Scope& scope, std::string_view saltedId, std::size_t limit)
{
    return partFromChildren(scope, saltedId, limit, [&](const std::string& child) -> Result<> {
        auto entry = load(scope, child);
        if (!entry) return entry.error();
        if (*entry) {
            if (auto erased = erase(scope, child, **entry); !erased) return erased;
        }
        auto view = tokenView(scope);
        auto below = view.list(parentFolder(child), {}, 1);
        if (!below) return below.error();
        return below->empty() ? Result<>{} : view.put(revokeJobKey(child), "1");
    });
}

Result<std::size_t> TokenStore::releaseChildren(const barrier::Scope& scope, std::string_view saltedId, std::size_t limit)
{
    return partFromChildren(scope, saltedId, limit, [&](const std::string& child) -> Result<> {
        auto entry = load(scope, child);
        if (!entry) return entry.error();
        if (!*entry) return {};
        (*entry)->parent.clear();
        return store(scope, child, **entry);
    });
}

Result<bool> TokenStore::sweep(const barrier::Scope& scope, std::size_t limit)
{
    const auto generation = m_jobGeneration.load(std::memory_order_acquire);
    auto view = tokenView(scope);
    for (const bool isRevoking : {true, false}) {
        while (true) {
            const std::string_view folder = isRevoking ? "revoke/" : "orphan/";
            auto jobs = view.list(folder, {}, 1);
            if (!jobs) return jobs.error();
            if (jobs->empty()) break;
            if (limit == 0) return true;
            const auto& job = jobs->front();
            auto done = isRevoking ? revokeChildren(scope, job, limit) : releaseChildren(scope, job, limit);
            if (!done) return done.error();
            if (*done < limit) {
                if (auto erased = view.erase(std::string{folder} + job); !erased) return erased.error();
            }
            limit -= std::min(limit, *done);
        }
    }
    auto endings = view.list(kPathEndingFolder, {}, 1);
    if (!endings) return endings.error();
    if (!endings->empty()) return false; // not the task of this function, but requests must look
    // Nothing was found and nothing was done. So requests need not look, unless a commit added something in the meantime.
    if (!scope.transaction().hasWrites() && m_jobGeneration.load(std::memory_order_acquire) == generation) {
        m_mayHaveJobs.store(false, std::memory_order_release);
        if (m_jobGeneration.load(std::memory_order_acquire) != generation) m_mayHaveJobs.store(true, std::memory_order_release);
    }
    return false;
}

Result<std::string> TokenStore::revokeEach(const barrier::Scope& scope, const std::function<bool(const TokenEntry&)>& isEnding,
                                           const std::string& after, std::size_t limit)
{
    return visitEach(
        scope, [&](std::string_view saltedId, const TokenEntry& entry) { return isEnding(entry) ? revoke(scope, saltedId) : Result<>{}; }, after,
        limit);
}

Result<std::string> TokenStore::visitEach(const barrier::Scope& scope, const Visit& visit, const std::string& after, std::size_t limit)
{
    auto view = tokenView(scope);
    scope.transaction().setReadsTracked(false);
    auto keys = view.list("accessor/", after, limit);
    scope.transaction().setReadsTracked(true);
    if (!keys) return keys.error();
    for (const auto& key : *keys) {
        auto bytes = view.get(accessorKey(key));
        if (!bytes) return bytes.error();
        if (!*bytes) continue; // ended together with an earlier token
        auto leading = decodeAccessor(**bytes);
        if (!leading) return leading.error();
        auto entry = load(scope, leading->saltedId);
        if (!entry) return entry.error();
        if (!*entry) continue;
        if (auto visited = visit(leading->saltedId, **entry); !visited) return visited.error();
    }
    return keys->size() < limit ? std::string{} : std::move(keys->back());
}

Result<> TokenStore::endBelow(const barrier::Scope& scope, std::string_view prefix, WallTime now)
{
    return tokenView(scope).put(pathEndingKey(prefix), std::to_string(now.time_since_epoch().count()));
}

Result<std::vector<PathEnding>> TokenStore::pathEndings(const barrier::Scope& scope) const
{
    std::vector<PathEnding> endings;
    bool isForeign = false;
    auto visited = tokenView(scope).forEach(kPathEndingFolder, [&](std::string_view path, std::string_view value) {
        const auto prefix = fromHex(path.substr(kPathEndingFolder.size()));
        std::int64_t at = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), at);
        isForeign = !prefix || error != std::errc{} || end != value.data() + value.size();
        if (!isForeign) endings.push_back({*prefix, WallTime{std::chrono::nanoseconds{at}}});
        return !isForeign;
    });
    if (!visited) return visited.error();
    if (isForeign) return Error{ErrorCode::Corrupt, "an ending of tokens by path"};
    return endings;
}

Result<> TokenStore::dropPathEnding(const barrier::Scope& scope, const PathEnding& ending)
{
    return tokenView(scope).erase(pathEndingKey(ending.prefix));
}

Result<std::string> TokenStore::tidy(const barrier::Scope& scope, std::string after, std::size_t limit)
{
    auto view = tokenView(scope);
    auto keys = view.list("accessor/", after, limit);
    if (!keys) return keys.error();
    for (const auto& key : *keys) {
        auto bytes = view.get(accessorKey(key));
        if (!bytes) return bytes.error();
        if (!*bytes) continue;
        auto leading = decodeAccessor(**bytes);
        if (!leading) return leading.error();
        auto isThere = view.exists(idKey(leading->saltedId));
        if (!isThere) return isThere.error();
        if (*isThere) continue;
        if (auto erased = view.erase(accessorKey(key)); !erased) return erased.error();
    }
    return keys->size() < limit ? std::string{} : std::move(keys->back());
}

Result<bool> TokenStore::hasEndedSoFar(const barrier::Scope& scope, std::string_view saltedId) const
{
    auto entry = load(scope, saltedId);
    if (!entry) return entry.error();
    return *entry ? hasEnded(scope, **entry) : Result<bool>{true};
}

Result<bool> TokenStore::hasEnded(const barrier::Scope& scope, const TokenEntry& entry) const
{
    std::vector<PathEnding> endings;
    if (m_mayHaveJobs.load(std::memory_order_acquire)) {
        auto stored = pathEndings(scope);
        if (!stored) return stored.error();
        endings = std::move(*stored);
    }
    const auto isBelowPath = [&](const TokenEntry& token) {
        return std::ranges::any_of(endings, [&](const PathEnding& ending) { return ending.concerns(token); });
    };
    if (isBelowPath(entry)) return true;
    auto view = tokenView(scope);
    std::string ancestor = entry.parent;
    for (std::size_t depth = 0; !ancestor.empty(); ++depth) {
        if (depth == kDepthMax) return true;
        auto isEnding = view.exists(revokeJobKey(ancestor));
        if (!isEnding) return isEnding.error();
        if (*isEnding) return true;
        auto above = load(scope, ancestor);
        if (!above) return above.error();
        if (!*above) return false; // an orphan whose entry does not say so yet
        if (isBelowPath(**above)) return true;
        ancestor = (*above)->parent;
    }
    return false;
}

} // namespace core::token
