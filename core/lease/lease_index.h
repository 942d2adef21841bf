#pragma once

#include "core/barrier/scope.h"
#include "core/token/token_lease.h"
#include "core/token/token_store.h"

#include <string>
#include <vector>

namespace core::lease {

/// The leases of this cluster by their ids: one row per lease at `l/sys/lease/id/<lease id>`. So the leases below a path are found without looking at
/// other leases.
///
/// A row is written and erased in the transaction that makes or ends the lease. The first character of its value says what is leased: `t` is a token,
/// whose own row has all the rest. build() adds the rows of stores that are older than the index. All functions work in the caller's transaction.
/// Formats: README.md.

/// Writes and erases the rows of tokens. Call it when the server is put together, before the first token is made.
void indexTokenLeases(token::TokenStore& tokens);

/// Marks the index of a store without tokens as complete.
Result<> markComplete(const barrier::Scope& scope);
/// True if every lease has its row.
Result<bool> isComplete(const barrier::Scope& scope);
/// Adds the rows of the next `limit` tokens. Call it in any number of transactions, because it stores where to continue. False: complete.
Result<bool> build(const barrier::Scope& scope, token::TokenStore& tokens, std::size_t limit);

/// Ids of the leases below `prefix` (ends in '/'), sorted, at most `limit`, only those after `after`. Leases that others add or end at the same time
/// do not conflict.
Result<std::vector<std::string>> leasesBelow(const barrier::Scope& scope, std::string_view prefix, std::string_view after, std::size_t limit);
/// The next parts of the ids in a folder, sorted. Folders end in '/'. `folder` is empty or ends in '/'.
Result<std::vector<std::string>> listFolder(const barrier::Scope& scope, std::string_view folder);

/// A token that was found by its lease.
struct TokenLease {
    std::string saltedId;
    token::TokenPointer token;
};
/// Empty if there is no such lease, or if its token is not alive. The result is right even before the index is complete.
Result<std::optional<TokenLease>> findTokenLease(const barrier::Scope& scope, token::TokenStore& tokens, std::string_view leaseId, WallTime now);

} // namespace core::lease
