#pragma once

#include "core/barrier/scope.h"
#include "core/token/token_lease.h"
#include "core/token/token_store.h"

#include <string>
#include <vector>

namespace core::lease {

/// The leases of this cluster by their ids: one row per lease at `l/sys/lease/id/<lease id>`, so that the leases below a path are found
/// without looking at any other.
///
/// A row is written and erased in the transaction that makes or ends what is leased. The value's first character says what that is:
/// `t` is a token, whose own row says the rest. Stores of programs before the index get it by build(). All functions work in the
/// caller's transaction. Formats: README.md.

/// Keeps the rows of tokens. For the composition, before the first token is made.
void indexTokenLeases(token::TokenStore& tokens);

/// Says of a store without tokens that its index is complete.
Result<> markComplete(const barrier::Scope& scope);
/// Whether every lease has its row.
Result<bool> isComplete(const barrier::Scope& scope);
/// Adds the rows of the next `limit` tokens, in any number of transactions: where to go on is stored with them. False: complete.
Result<bool> build(const barrier::Scope& scope, token::TokenStore& tokens, std::size_t limit);

/// Ids of the leases below `prefix` (ends in '/'), sorted, those after `after` only, at most `limit`. What others add or end at the
/// same time is no conflict.
Result<std::vector<std::string>> leasesBelow(const barrier::Scope& scope, std::string_view prefix, std::string_view after, std::size_t limit);
/// The next parts of the ids in a folder, sorted; folders end in '/'. `folder` is empty or ends in '/'.
Result<std::vector<std::string>> listFolder(const barrier::Scope& scope, std::string_view folder);

/// A token that is found by its lease.
struct TokenLease {
    std::string saltedId;
    token::TokenPointer token;
};
/// Nothing: no such lease, or none of a token that is alive. Right also before the index is complete.
Result<std::optional<TokenLease>> findTokenLease(const barrier::Scope& scope, token::TokenStore& tokens, std::string_view leaseId, WallTime now);

} // namespace core::lease
