#include "core/sys/replication/operation_tokens.h"

#include "core/crypto/digest.h"

namespace core::sys {

barrier::View OperationTokens::folder(const barrier::Scope& scope)
{
    return scope.ignored("core/dr-operation-token/");
}

Result<std::string> OperationTokens::create(const barrier::Scope& scope, WallTime now)
{
    std::string token = "hvs." + m_random.base62(24);
    auto stored = folder(scope).put(crypto::sha256Hex(token), toRfc3339(now));
    if (!stored) return std::move(stored).error();
    return token;
}

Result<bool> OperationTokens::isValid(const barrier::Scope& scope, std::string_view token) const
{
    if (!token.starts_with("hvs.")) return false;
    return folder(scope).exists(crypto::sha256Hex(token));
}

Result<std::size_t> OperationTokens::count(const barrier::Scope& scope) const
{
    auto names = folder(scope).list();
    if (!names) return std::move(names).error();
    return names->size();
}

Result<> OperationTokens::erase(const barrier::Scope& scope, std::string_view token)
{
    return folder(scope).erase(crypto::sha256Hex(token));
}

} // namespace core::sys
