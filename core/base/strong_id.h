#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>

namespace core {

/// A number that cannot be confused with another kind of number: `using Epoch = StrongId<struct EpochTag>;`.
template<class Tag>
class StrongId {
public:
    using Rep = std::uint64_t;

    constexpr StrongId() = default;
    constexpr explicit StrongId(Rep value) : m_value{value} {}

    constexpr Rep value() const { return m_value; }
    constexpr StrongId next() const { return StrongId{m_value + 1}; }
    constexpr auto operator<=>(const StrongId&) const = default;

private:
    Rep m_value = 0;
};

/// Position of a committed transaction in the log of one cluster; the first is 1, 0 means none.
using LogIndex = StrongId<struct LogIndexTag>;

/// The epoch of a replication set. It grows with every promotion.
using Epoch = StrongId<struct EpochTag>;

template<class Tag>
std::string toString(StrongId<Tag> id)
{
    return std::to_string(id.value());
}

} // namespace core

template<class Tag>
struct std::hash<core::StrongId<Tag>> {
    std::size_t operator()(core::StrongId<Tag> id) const noexcept { return std::hash<std::uint64_t>{}(id.value()); }
};
