#pragma once

#include <cstdint>
#include <string_view>

namespace core::log {

/// CRC-32C (Castagnoli, RFC 3720 §12.1) of `bytes`, going on from `seed`, the checksum of what came before.
/// By the SSE 4.2 instruction where the processor has it.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t seed = 0);

/// The same from a table; for the test that compares both.
std::uint32_t crc32cPortable(std::string_view bytes, std::uint32_t seed = 0);

} // namespace core::log
