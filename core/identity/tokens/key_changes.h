#pragma once

#include "core/base/random.h"
#include "core/identity/tokens/token_rows.h"

namespace core::identity {

// Changes of the pairs of a named key. They work in the caller's transaction and store the key. Making a pair of RSA takes a tenth of a second or more.
// Errors of all: those of the rows.

/// Replaces the pairs by new ones of the key's algorithm. Former pairs still verify as long as they would have.
Result<> makePairs(TokenRows& rows, NamedKey& key, Random& random, WallTime now);
/// The next pair signs from now on. The current one verifies for `verificationTtl` more.
Result<> rotate(TokenRows& rows, NamedKey& key, std::chrono::seconds verificationTtl, Random& random, WallTime now);
/// Replaces pairs that a compromised member knows, without a time in which the former ones verify. Does nothing if there are none.
Result<> renewKnownPairs(TokenRows& rows, NamedKey& key, Random& random, WallTime now);
/// The key `default`, which is made at its first use.
Result<NamedKey> ensureDefaultKey(TokenRows& rows, Random& random, WallTime now);

/// Forgets pairs that no valid token needs, replaces those that a compromised member knows, and rotates keys whose time has come: one key per call. True: there is more to do.
Result<bool> maintainKeys(TokenRows& rows, Random& random, WallTime now);

} // namespace core::identity
