#include "core/lease/lease_index.h"

namespace core::lease {
namespace {

constexpr std::string_view kIdFolder = "sys/lease/id/";
constexpr std::string_view kStateFolder = "sys/lease/";
constexpr std::string_view kStateKey = "index";
constexpr std::string_view kComplete = "complete";
constexpr std::string_view kAfter = "after:";
constexpr std::string_view kTokenMark = "t";

barrier::View idView(const barrier::Scope& scope)
{
    return scope.local(std::string{kIdFolder});
}

barrier::View stateView(const barrier::Scope& scope)
{
    return scope.local(std::string{kStateFolder});
}

/// While this object exists, reads are not checked for conflicts.
class UntrackedReads {
public:
    explicit UntrackedReads(log::Transaction& transaction) : m_transaction{transaction} { m_transaction.setReadsTracked(false); }
    ~UntrackedReads() { m_transaction.setReadsTracked(true); }
    UntrackedReads(const UntrackedReads&) = delete;
    UntrackedReads& operator=(const UntrackedReads&) = delete;

private:
    log::Transaction& m_transaction;
};

} // namespace

void indexTokenLeases(token::TokenStore& tokens)
{
    tokens.onMake([](const barrier::Scope& scope, std::string_view saltedId, const token::TokenEntry& entry) -> Result<> {
        if (!token::hasLease(entry)) return {};
        return idView(scope).put(token::leaseIdOf(entry, saltedId), kTokenMark);
    });
    tokens.onEnd([](const barrier::Scope& scope, std::string_view saltedId, const token::TokenEntry& entry) -> Result<> {
        if (!token::hasLease(entry)) return {};
        return idView(scope).erase(token::leaseIdOf(entry, saltedId));
    });
}

Result<> markComplete(const barrier::Scope& scope)
{
    return stateView(scope).put(kStateKey, kComplete);
}

Result<bool> isComplete(const barrier::Scope& scope)
{
    auto state = stateView(scope).get(kStateKey);
    if (!state) return state.error();
    return *state && **state == kComplete;
}

Result<bool> build(const barrier::Scope& scope, token::TokenStore& tokens, std::size_t limit)
{
    auto state = stateView(scope).get(kStateKey);
    if (!state) return state.error();
    const std::string_view known = *state ? std::string_view{**state} : std::string_view{};
    if (known == kComplete) return false;
    auto rows = idView(scope);
    auto next = tokens.visitEach(
        scope,
        [&](std::string_view saltedId, const token::TokenEntry& entry) -> Result<> {
            return token::hasLease(entry) ? rows.put(token::leaseIdOf(entry, saltedId), kTokenMark) : Result<>{};
        },
        known.starts_with(kAfter) ? std::string{known.substr(kAfter.size())} : std::string{}, limit);
    if (!next) return next.error();
    auto put = next->empty() ? markComplete(scope) : stateView(scope).put(kStateKey, std::string{kAfter} + *next);
    if (!put) return put.error();
    return !next->empty();
}

Result<std::vector<std::string>> leasesBelow(const barrier::Scope& scope, std::string_view prefix, std::string_view after, std::size_t limit)
{
    // Read straight from the keys, because the values are not needed.
    const std::string folder = "l/" + std::string{kIdFolder};
    const std::string base = folder + std::string{prefix};
    const std::string from = after.empty() ? base : folder + std::string{after} + '\0';
    std::vector<std::string> ids;
    if (limit == 0) return ids;
    const UntrackedReads untracked{scope.transaction()};
    auto scanned = scope.transaction().scan(from, storage::endOfPrefix(base), [&](std::string_view key, std::string_view) {
        ids.emplace_back(key.substr(folder.size()));
        return ids.size() < limit;
    });
    if (!scanned) return scanned.error();
    return ids;
}

Result<std::vector<std::string>> listFolder(const barrier::Scope& scope, std::string_view folder)
{
    const UntrackedReads untracked{scope.transaction()};
    return idView(scope).list(folder);
}

Result<std::optional<TokenLease>> findTokenLease(const barrier::Scope& scope, token::TokenStore& tokens, std::string_view leaseId, WallTime now)
{
    const auto saltedId = token::saltedIdOfLease(leaseId);
    if (!saltedId) return std::optional<TokenLease>{};
    auto found = tokens.findBySaltedId(scope, *saltedId, now);
    if (!found) return found.error();
    if (!*found || !token::hasLease(**found) || token::leaseIdOf(**found, *saltedId) != leaseId) return std::optional<TokenLease>{};
    return std::optional{TokenLease{*saltedId, std::move(*found)}};
}

} // namespace core::lease
