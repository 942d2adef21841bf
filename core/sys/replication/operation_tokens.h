#pragma once

#include "core/barrier/scope.h"
#include "core/base/clock.h"
#include "core/base/random.h"

#include <string>
#include <string_view>

namespace core::sys {

/// DR operation tokens made by a quorum of key shares (spec: replication-api.md §4). They are valid only in `dr_operation_token`, without an
/// end until they are deleted, or until a member is revoked as compromised: who had them then is not known. Stored as `i/core/dr-operation-token/<SHA-256>`, because a DR secondary writes neither shared nor local
/// data. The stored hash does not reveal the token (it has 142 bits). Thread-safe.
class OperationTokens {
public:
    explicit OperationTokens(Random& random) : m_random{random} {}

    /// Makes one: "hvs." and 24 characters, in the caller's transaction.
    Result<std::string> create(const barrier::Scope& scope, WallTime now);
    Result<bool> isValid(const barrier::Scope& scope, std::string_view token) const;
    /// The number of valid tokens.
    Result<std::size_t> count(const barrier::Scope& scope) const;
    Result<> erase(const barrier::Scope& scope, std::string_view token);

private:
    static barrier::View folder(const barrier::Scope& scope);
    Random& m_random;
};

} // namespace core::sys
