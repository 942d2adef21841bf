#pragma once

#include <cstdint>
#include <string_view>

namespace core::log {

/// CRC-32C (Castagnoli, RFC 3720 §12.1) of `bytes`. `seed` is the checksum of the bytes before them, so that a checksum can be computed in pieces.
/// Uses the SSE 4.2 instruction where the processor has it.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t seed = 0);

/// The same from a table. The test compares both.
std::uint32_t crc32cPortable(std::string_view bytes, std::uint32_t seed = 0);

} // namespace core::log
