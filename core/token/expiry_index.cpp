#include "core/token/expiry_index.h"

#include "core/base/bytes.h"
#include "core/base/encoding.h"

namespace core::token {
namespace {

constexpr std::size_t kTimeDigits = 16;
constexpr std::size_t kHeadBytes = kTimeDigits + 3; // "-t-"

barrier::View expiryView(const barrier::Scope& scope)
{
    return scope.local("sys/expire/");
}

} // namespace

std::string expiryKey(const Expiry& expiry)
{
    const auto second = std::chrono::ceil<std::chrono::seconds>(expiry.at).time_since_epoch().count();
    std::string raw;
    appendBigEndian(raw, static_cast<std::uint64_t>(second));
    return toHex(raw) + '-' + static_cast<char>(expiry.kind) + '-' + expiry.id;
}

std::optional<Expiry> expiryFromKey(std::string_view key)
{
    if (key.size() <= kHeadBytes || key[kTimeDigits] != '-' || key[kTimeDigits + 2] != '-') return std::nullopt;
    const auto raw = fromHex(key.substr(0, kTimeDigits));
    if (!raw) return std::nullopt;
    const char kind = key[kTimeDigits + 1];
    if (kind != static_cast<char>(ExpiryKind::Token) && kind != static_cast<char>(ExpiryKind::Lease)) return std::nullopt;
    return Expiry{.at = WallTime{std::chrono::seconds{readBigEndian<std::uint64_t>(*raw)}},
                  .kind = static_cast<ExpiryKind>(kind),
                  .id = std::string{key.substr(kHeadBytes)}};
}

Result<> addExpiry(const barrier::Scope& scope, const Expiry& expiry)
{
    return expiryView(scope).put(expiryKey(expiry), "1");
}

Result<> removeExpiry(const barrier::Scope& scope, const Expiry& expiry)
{
    return expiryView(scope).erase(expiryKey(expiry));
}

Result<std::vector<Expiry>> dueExpiries(const barrier::Scope& scope, WallTime now, std::size_t limit)
{
    auto keys = expiryView(scope).list({}, {}, limit);
    if (!keys) return keys.error();
    std::vector<Expiry> due;
    for (const auto& key : *keys) {
        auto expiry = expiryFromKey(key);
        if (!expiry) return Error{ErrorCode::Corrupt, "expiry index holds a foreign key"};
        if (expiry->at > now) break;
        due.push_back(std::move(*expiry));
    }
    return due;
}

} // namespace core::token
