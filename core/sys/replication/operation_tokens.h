#pragma once

#include "core/barrier/scope.h"
#include "core/base/clock.h"
#include "core/base/random.h"

#include <string>
#include <string_view>

namespace core::sys {

/// DR operation tokens made by a quorum of key shares (spec: replication-api.md §4): good in `dr_operation_token` only, without an
/// end until they are deleted. Kept as `i/core/dr-operation-token/<SHA-256>`, since a DR secondary writes neither shared nor local
/// data; what is stored does not give the token away (it has 142 bits). Thread-safe.
class OperationTokens {
public:
    explicit OperationTokens(Random& random) : m_random{random} {}

    /// "hvs." and 24 characters, in the caller's transaction.
    Result<std::string> create(const barrier::Scope& scope, WallTime now);
    Result<bool> isValid(const barrier::Scope& scope, std::string_view token) const;
    /// How many there are.
    Result<std::size_t> count(const barrier::Scope& scope) const;
    Result<> erase(const barrier::Scope& scope, std::string_view token);

private:
    static barrier::View folder(const barrier::Scope& scope);
    Random& m_random;
};

} // namespace core::sys
