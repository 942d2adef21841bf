#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace core {

/// Views text as bytes. In this code bytes that are not secret are std::string and std::string_view (as in LevelDB).
inline std::span<const std::byte> asBytes(std::string_view text)
{
    return std::as_bytes(std::span{text.data(), text.size()});
}

inline std::string_view asText(std::span<const std::byte> bytes)
{
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

static_assert(std::endian::native == std::endian::little, "fixed-width integers are stored little-endian, in place");

/// Appends an unsigned integer, little-endian.
template<class Integer>
void appendLittleEndian(std::string& out, Integer value)
{
    static_assert(std::is_unsigned_v<Integer>);
    char raw[sizeof value];
    std::memcpy(raw, &value, sizeof value);
    out.append(raw, sizeof value);
}

/// Reads an unsigned little-endian integer at the start of `from`, which must be long enough.
template<class Integer>
Integer readLittleEndian(std::string_view from)
{
    static_assert(std::is_unsigned_v<Integer>);
    Integer value;
    std::memcpy(&value, from.data(), sizeof value);
    return value;
}

/// Appends an unsigned integer, big-endian, because big-endian keys sort by number. readBigEndian() reads one at the start of a long enough `from`.
template<class Integer>
void appendBigEndian(std::string& out, Integer value)
{
    for (std::size_t shift = sizeof value; shift-- > 0;) out.push_back(static_cast<char>((value >> (shift * 8)) & 0xff));
}

template<class Integer>
Integer readBigEndian(std::string_view from)
{
    Integer value = 0;
    for (std::size_t at = 0; at < sizeof value; ++at) {
        value = static_cast<Integer>((value << 8) | static_cast<unsigned char>(from[at]));
    }
    return value;
}

} // namespace core
