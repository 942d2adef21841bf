#pragma once

#include "core/barrier/scope.h"

#include "core/base/clock.h"

#include <optional>
#include <string>
#include <string_view>

namespace core::token {

/// Says what ends when. The keys below `l/sys/expire/` begin with the second, so one scan from the start finds what is due. A key is `<16 hex
/// digits>-<kind>-<id>`.
enum class ExpiryKind : char { Token = 't', Lease = 'l' };

struct Expiry {
    WallTime at;
    ExpiryKind kind = ExpiryKind::Token;
    std::string id;
};

/// Stores when something ends. Times are rounded up to whole seconds. Errors: those of the view.
Result<> addExpiry(const barrier::Scope& scope, const Expiry& expiry);
Result<> removeExpiry(const barrier::Scope& scope, const Expiry& expiry);
/// What is due at `now`, oldest first, at most `limit`.
Result<std::vector<Expiry>> dueExpiries(const barrier::Scope& scope, WallTime now, std::size_t limit);

std::string expiryKey(const Expiry& expiry);
std::optional<Expiry> expiryFromKey(std::string_view key);

} // namespace core::token
