#pragma once

#include "core/barrier/scope.h"
#include "core/base/encoding.h"
#include "core/crypto/digest.h"
#include "core/token/expiry_index.h"
#include "core/token/token_entry.h"
#include "core/token/token_store.h"

#include <optional>

/// The rows of a token, for the sources of this module only. The keys are in README.md.
namespace core::token::rows {

inline barrier::View tokenView(const barrier::Scope& scope)
{
    return scope.local(std::string{kTokenFolder});
}

inline std::string idKey(std::string_view saltedId)
{
    return "id/" + std::string{saltedId};
}
inline std::string accessorKey(std::string_view salted)
{
    return "accessor/" + std::string{salted};
}
inline std::string parentFolder(std::string_view saltedId)
{
    return "parent/" + std::string{saltedId} + "/";
}
inline std::string revokeJobKey(std::string_view saltedId)
{
    return "revoke/" + std::string{saltedId};
}
inline constexpr std::string_view kPathEndingFolder = "path/";
inline std::string pathEndingKey(std::string_view prefix)
{
    return std::string{kPathEndingFolder} + toHex(prefix);
}
inline std::string orphanJobKey(std::string_view saltedId)
{
    return "orphan/" + std::string{saltedId};
}

inline std::string hexOf(const crypto::Digest& digest)
{
    return toHex(crypto::viewOf(digest));
}

inline Expiry expiryOf(std::string_view saltedId, const TokenEntry& entry)
{
    return {.at = entry.expiresAt, .kind = ExpiryKind::Token, .id = std::string{saltedId}};
}

/// The stored entry, even if it has expired or is used up. Empty if there is none.
Result<std::optional<TokenEntry>> load(const barrier::Scope& scope, std::string_view saltedId);
Result<> store(const barrier::Scope& scope, std::string_view saltedId, const TokenEntry& entry);

} // namespace core::token::rows
