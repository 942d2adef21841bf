#pragma once

#include <cstdint>
#include <string_view>

namespace core::replication {

enum class Type { Performance, Dr };

/// "performance", "dr".
std::string_view toString(Type type);

/// Whether a secondary may replace a lost primary without a switchover. The primary decides this in advance.
enum class Succession : std::uint8_t { AsType = 0, Allowed = 1, Denied = 2 };

/// By default a DR secondary may, because failover is its purpose. A performance secondary must not: it may run in a less trusted place, and
/// a promotion would stop the primary.
constexpr bool maySucceed(Type type, Succession succession)
{
    return succession == Succession::Allowed || (succession == Succession::AsType && type == Type::Dr);
}
/// Of the stored or received number. A number that this version does not know gives no right.
constexpr Succession successionOf(std::uint32_t number)
{
    return number <= 1 ? static_cast<Succession>(number) : Succession::Denied;
}

} // namespace core::replication
