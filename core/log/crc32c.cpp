#include "core/log/crc32c.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace core::log {

namespace {

constexpr std::uint32_t kPolynomial = 0x82f63b78; // bits in reverse order, as the table below needs it

constexpr std::array<std::uint32_t, 256> makeTable()
{
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t value = byte;
        for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) ? kPolynomial : 0);
        table[byte] = value;
    }
    return table;
}

constexpr auto kTable = makeTable();

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t crc32cHardware(std::string_view bytes, std::uint32_t seed)
{
    std::uint64_t crc = ~seed;
    const char* at = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= sizeof(std::uint64_t); left -= sizeof(std::uint64_t), at += sizeof(std::uint64_t)) {
        std::uint64_t word;
        std::memcpy(&word, at, sizeof word);
        crc = _mm_crc32_u64(crc, word);
    }
    auto crcSmall = static_cast<std::uint32_t>(crc);
    for (; left > 0; --left, ++at) crcSmall = _mm_crc32_u8(crcSmall, static_cast<unsigned char>(*at));
    return ~crcSmall;
}

const bool kHasHardware = __builtin_cpu_supports("sse4.2");
#endif

} // namespace

std::uint32_t crc32cPortable(std::string_view bytes, std::uint32_t seed)
{
    std::uint32_t crc = ~seed;
    for (const char character : bytes) crc = (crc >> 8) ^ kTable[(crc ^ static_cast<unsigned char>(character)) & 0xff];
    return ~crc;
}

std::uint32_t crc32c(std::string_view bytes, std::uint32_t seed)
{
#if defined(__x86_64__)
    if (kHasHardware) return crc32cHardware(bytes, seed);
#endif
    return crc32cPortable(bytes, seed);
}

} // namespace core::log
