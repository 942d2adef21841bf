#pragma once

#include "core/token/token_entry.h"

#include <optional>
#include <string>
#include <string_view>

namespace core::token {

/// True if the token has a lease (spec: leases-and-dynamic-secrets.md §1). Every service token has one, except root tokens that key shares or the
/// initialisation made.
inline bool hasLease(const TokenEntry& entry)
{
    return entry.type == TokenType::Service && entry.path != "auth/token/root";
}

/// `auth/userpass/login/ann/h<salted id>`.
std::string leaseIdOf(const TokenEntry& entry, std::string_view saltedId);

/// The salted id in the last part of a token's lease id. Empty if the part has another form.
std::optional<std::string> saltedIdOfLease(std::string_view leaseId);

/// "All tokens that were made at a path below `prefix` until `at` have ended." Stored if there were too many tokens to end them in one transaction.
struct PathEnding {
    std::string prefix; // ends in '/'
    WallTime at;

    /// True if it ends this token.
    bool concerns(const TokenEntry& entry) const { return hasLease(entry) && entry.createdAt <= at && (entry.path + "/").starts_with(prefix); }
};

} // namespace core::token
