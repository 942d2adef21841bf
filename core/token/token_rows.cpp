#include "core/token/token_rows.h"

#include "core/token/token_codec.h"

namespace core::token::rows {

Result<std::optional<TokenEntry>> load(const barrier::Scope& scope, std::string_view saltedId)
{
    auto bytes = tokenView(scope).get(idKey(saltedId));
    if (!bytes) return bytes.error();
    if (!*bytes) return std::optional<TokenEntry>{};
    auto entry = decodeToken(**bytes);
    if (!entry) return entry.error();
    return std::optional<TokenEntry>{std::move(*entry)};
}

Result<> store(const barrier::Scope& scope, std::string_view saltedId, const TokenEntry& entry)
{
    return tokenView(scope).put(idKey(saltedId), encodeToken(entry));
}

} // namespace core::token::rows
