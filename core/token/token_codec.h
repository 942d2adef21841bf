#pragma once

#include "core/base/result.h"
#include "core/token/token_entry.h"

#include <string_view>

namespace core::token {

/// The bytes of a token in the form of token.proto, without its id.
std::string encodeToken(const TokenEntry& entry);
/// The reverse; `id` stays empty. Errors: Corrupt.
Result<TokenEntry> decodeToken(std::string_view bytes);

/// What an accessor points to.
struct AccessorEntry {
    std::string accessor;
    std::string saltedId;
};
std::string encodeAccessor(const AccessorEntry& entry);
Result<AccessorEntry> decodeAccessor(std::string_view bytes);

/// A wrapped answer that waits for its one reader.
struct WrappedEntry {
    std::string content; // the answer, in the request module's form
    WallTime createdAt;
    std::chrono::seconds ttl{0};
    std::string creationPath;
    bool isJwt = false;
    std::string wrappedAccessor;
    std::string creator; // accessor of the token that wrapped it, or a batch token's salted id; empty: root, none, or an older entry
};
std::string encodeWrapped(const WrappedEntry& entry);
Result<WrappedEntry> decodeWrapped(std::string_view bytes);

} // namespace core::token
