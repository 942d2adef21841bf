#pragma once

#include <cstdint>
#include <string_view>

namespace core::replication {

enum class Type { Performance, Dr };

/// "performance", "dr".
std::string_view toString(Type type);

/// Whether a secondary may take its primary's place though nobody hands the role over to it; the primary says so beforehand.
enum class Succession : std::uint8_t { AsType = 0, May = 1, MayNot = 2 };

/// By default a DR secondary may, since failover is what it is there for, and a performance secondary may not: it may stand in a
/// place that is trusted less, and would stop the primary.
constexpr bool maySucceed(Type type, Succession succession)
{
    return succession == Succession::May || (succession == Succession::AsType && type == Type::Dr);
}
/// As stored or told; a number that this version does not know gives no right.
constexpr Succession successionOf(std::uint32_t number)
{
    return number <= 1 ? static_cast<Succession>(number) : Succession::MayNot;
}

} // namespace core::replication
