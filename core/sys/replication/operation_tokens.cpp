#include "core/sys/replication/operation_tokens.h"

#include "core/crypto/digest.h"
#include "core/trust/rekey_due.h"

namespace core::sys {
namespace {

/// How often all members were told to make new keys, as text. A token is valid while this is as it was when the token was made.
Result<std::string> presentRenewal(const barrier::Scope& scope)
{
    auto due = trust::RekeyDue::load(scope);
    if (!due) return std::move(due).error();
    return std::to_string(due->renewal);
}

/// The renewal in a row: "<time> <renewal>". Older programs wrote the time alone.
std::string_view renewalIn(std::string_view row)
{
    const auto blank = row.find(' ');
    return blank == std::string_view::npos ? std::string_view{"0"} : row.substr(blank + 1);
}

} // namespace

barrier::View OperationTokens::folder(const barrier::Scope& scope)
{
    return scope.ignored("core/dr-operation-token/");
}

Result<std::string> OperationTokens::create(const barrier::Scope& scope, WallTime now)
{
    auto renewal = presentRenewal(scope);
    if (!renewal) return renewal;
    std::string token = "hvs." + m_random.base62(24);
    auto stored = folder(scope).put(crypto::sha256Hex(token), toRfc3339(now) + ' ' + *renewal);
    if (!stored) return std::move(stored).error();
    return token;
}

Result<bool> OperationTokens::isValid(const barrier::Scope& scope, std::string_view token) const
{
    if (!token.starts_with("hvs.")) return false;
    auto row = folder(scope).get(crypto::sha256Hex(token));
    if (!row) return std::move(row).error();
    if (!*row) return false;
    auto renewal = presentRenewal(scope);
    if (!renewal) return std::move(renewal).error();
    return renewalIn(**row) == *renewal;
}

Result<std::size_t> OperationTokens::count(const barrier::Scope& scope) const
{
    auto renewal = presentRenewal(scope);
    if (!renewal) return std::move(renewal).error();
    std::size_t found = 0;
    auto visited = folder(scope).forEach({}, [&](std::string_view, std::string_view row) {
        found += renewalIn(row) == *renewal ? 1 : 0;
        return true;
    });
    if (!visited) return std::move(visited).error();
    return found;
}

Result<> OperationTokens::erase(const barrier::Scope& scope, std::string_view token)
{
    return folder(scope).erase(crypto::sha256Hex(token));
}

} // namespace core::sys
