#include "core/trust/token_makers.h"

#include "core/barrier/barrier.h"
#include "core/log/commit_retry.h"
#include "core/trust/member_keys.pb.h"
#include "core/trust/signing_key.h"

#include <algorithm>
#include <set>

namespace core::trust {
namespace {

constexpr std::string_view kPath = TokenMakers::kKey.substr(2); // without "i/"
constexpr std::size_t kIdBytesMax = 1024;

void toRow(const TokenMakers::Maker& maker, stored::TokenMaker& row)
{
    row.set_public_key(maker.publicKey);
    row.set_secondary_id(maker.secondaryId);
    row.set_type(static_cast<std::uint32_t>(maker.type));
    row.set_counts_until_unix_ms(toUnixMs(maker.countsUntil));
}

/// Skips rows that are no key.
template<class Rows>
std::vector<TokenMakers::Maker> fromRows(const Rows& rows)
{
    std::vector<TokenMakers::Maker> out;
    for (const auto& row : rows) {
        const bool isGood =
            row.public_key().size() == kPublicKeyBytes && row.secondary_id().size() <= kIdBytesMax && (row.type() == 1 || row.type() == 2);
        if (!isGood || out.size() >= TokenMakers::kMakersMax) continue;
        out.push_back({row.public_key(), row.secondary_id(), static_cast<TokenMakers::SetType>(row.type()), fromUnixMs(row.counts_until_unix_ms())});
    }
    return out;
}

} // namespace

Result<TokenMakers::Lists> TokenMakers::read(const barrier::Scope& scope)
{
    auto text = scope.ignored({}).get(kPath);
    if (!text) return std::move(text).error();
    stored::TokenMakers file;
    if (*text && !file.ParseFromString(**text)) return Error{ErrorCode::Corrupt, std::string{kKey} + " is damaged"};
    return Lists{fromRows(file.makers()), fromRows(file.told())};
}

Result<> TokenMakers::load(log::Store& store, const barrier::Barrier& barrier)
{
    MutexLock oneAtATime{m_changeMutex};
    log::Transaction transaction = store.begin();
    auto lists = read({transaction, barrier, {}});
    if (!lists) return std::move(lists).error();
    MutexLock lock{m_mutex};
    m_lists = std::move(*lists);
    ++m_version;
    return {};
}

std::optional<TokenMakers::Maker> TokenMakers::find(std::string_view publicKey, WallTime now) const
{
    MutexLock lock{m_mutex};
    if (m_refused.contains(publicKey)) return std::nullopt;
    for (const auto* list : {&m_lists.makers, &m_lists.told}) {
        const auto found = std::ranges::find(*list, publicKey, &Maker::publicKey);
        if (found != list->end() && (found->countsUntil == WallTime{} || now < found->countsUntil)) return *found;
    }
    return std::nullopt;
}

std::string TokenMakers::toldTo(const std::vector<Maker>& own) const
{
    stored::TokenMakers file;
    for (const auto& maker : own) toRow(maker, *file.add_makers());
    MutexLock lock{m_mutex};
    for (const auto* list : {&m_lists.makers, &m_lists.told}) {
        for (const auto& maker : *list) {
            if (!m_refused.contains(maker.publicKey)) toRow(maker, *file.add_makers());
        }
    }
    return file.SerializeAsString();
}

Result<> TokenMakers::change(log::Store& store, const barrier::Barrier& barrier, const std::function<void(Lists&)>& edit)
{
    MutexLock oneAtATime{m_changeMutex};
    Lists lists;
    auto committed = log::commitAgainOnConflict(store, "storing the set's token keys", [&](log::Transaction& transaction) -> Result<> {
        const barrier::Scope scope{transaction, barrier, {}};
        auto before = read(scope);
        if (!before) return std::move(before).error();
        lists = *before;
        edit(lists);
        if (lists == *before) return {};
        stored::TokenMakers file;
        for (const auto& maker : lists.makers) toRow(maker, *file.add_makers());
        for (const auto& maker : lists.told) toRow(maker, *file.add_told());
        return scope.ignored({}).put(kPath, file.SerializeAsString());
    });
    if (!committed) return std::move(committed).error();
    MutexLock lock{m_mutex};
    if (m_lists == lists) return {};
    m_lists = std::move(lists);
    ++m_version;
    return {};
}

Result<> TokenMakers::put(log::Store& store, const barrier::Barrier& barrier, Maker maker, WallTime now, WallTime formerUntil)
{
    if (maker.publicKey.size() != kPublicKeyBytes || maker.secondaryId.size() > kIdBytesMax) return Error{ErrorCode::Corrupt, "no token key"};
    return change(store, barrier, [&](Lists& lists) {
        const auto isIts = [&](const Maker& each) { return each.type == maker.type && each.secondaryId == maker.secondaryId; };
        std::erase_if(lists.makers, [&](const Maker& each) {
            return isIts(each) && (each.publicKey == maker.publicKey || (each.countsUntil != WallTime{} && each.countsUntil <= now));
        });
        for (Maker& each : lists.makers) {
            if (isIts(each) && each.countsUntil == WallTime{}) each.countsUntil = formerUntil;
        }
        if (std::ranges::count_if(lists.makers, isIts) >= std::ptrdiff_t{kFormerMax})
            lists.makers.erase(std::ranges::find_if(lists.makers, isIts)); // the oldest
        if (lists.makers.size() < kMakersMax) lists.makers.push_back(maker);
    });
}

Result<> TokenMakers::replaceTold(log::Store& store, const barrier::Barrier& barrier, std::string_view text)
{
    stored::TokenMakers file;
    if (!file.ParseFromArray(text.data(), static_cast<int>(text.size()))) return Error{ErrorCode::Corrupt, "token keys frame"};
    const auto told = fromRows(file.makers());
    return change(store, barrier, [&told](Lists& lists) { lists.told = told; });
}

Result<> TokenMakers::remove(log::Store& store, const barrier::Barrier& barrier, SetType type, std::string_view secondaryId)
{
    return change(store, barrier, [&](Lists& lists) {
        const auto isIts = [&](const Maker& each) { return each.type == type && each.secondaryId == secondaryId; };
        std::set<std::string> keys;
        for (auto* list : {&lists.makers, &lists.told}) {
            for (const auto& each : *list) {
                if (isIts(each)) keys.insert(each.publicKey);
            }
            std::erase_if(*list, isIts);
        }
        // The same cluster may have another seat. Then its key stays for that seat.
        for (const auto* list : {&lists.makers, &lists.told}) {
            for (const auto& each : *list) {
                if (!each.secondaryId.empty()) keys.erase(each.publicKey);
            }
        }
        std::erase_if(lists.told, [&](const Maker& each) { return each.secondaryId.empty() && keys.contains(each.publicKey); });
    });
}

Result<> TokenMakers::refuse(log::Store& store, const barrier::Barrier& barrier, std::set<std::string> publicKeys)
{
    const auto isRefused = [&publicKeys](const Maker& maker) { return publicKeys.contains(maker.publicKey); };
    bool isListed = false;
    {
        MutexLock lock{m_mutex};
        m_refused = {publicKeys.begin(), publicKeys.end()}; // before anything is stored: they count no more from now on
        isListed = std::ranges::any_of(m_lists.makers, isRefused) || std::ranges::any_of(m_lists.told, isRefused);
    }
    if (!isListed) return {};
    return change(store, barrier, [&](Lists& lists) {
        for (auto* list : {&lists.makers, &lists.told}) std::erase_if(*list, isRefused);
    });
}

Result<> TokenMakers::removeKey(log::Store& store, const barrier::Barrier& barrier, std::string_view publicKey)
{
    return change(store, barrier, [publicKey](Lists& lists) {
        for (auto* list : {&lists.makers, &lists.told}) {
            std::erase_if(*list, [publicKey](const Maker& each) { return each.publicKey == publicKey; });
        }
    });
}

Result<> TokenMakers::follow(log::Store& store, const barrier::Barrier& barrier, SetType type, Place before, Place now,
                             const std::set<std::string>& ids)
{
    return change(store, barrier, [&](Lists& lists) {
        const bool isDemoted = before == Place::Primary && now == Place::Secondary;
        const auto isKnownAs = [](const Maker& one) { return [&one](const Maker& other) { return other.publicKey == one.publicKey; }; };
        // A demoted primary keeps its secondaries' keys until the new primary sends its list. Otherwise batch tokens of members would be
        // refused in between.
        for (const Maker& maker : lists.makers) {
            if (isDemoted && maker.type == type && std::ranges::none_of(lists.told, isKnownAs(maker))) lists.told.push_back(maker);
        }
        std::erase_if(lists.makers, [&](const Maker& each) {
            return each.type == type && (now == Place::Outside || isDemoted || !ids.contains(each.secondaryId));
        });
        if (now == Place::Outside && before == Place::Secondary) lists.told.clear();
    });
}

} // namespace core::trust
