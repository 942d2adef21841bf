#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// Shared by the writer and the reader of archives. README.md describes the format.

namespace core::snapshot {

inline constexpr std::string_view kMetaPart = "meta.json";
inline constexpr std::string_view kStatePart = "state.bin";
inline constexpr std::string_view kSumsPart = "SHA256SUMS";
inline constexpr std::string_view kSealedSumsPart = "SHA256SUMS.sealed";

/// An entry in state.bin begins with two lengths, little-endian, hash and digest; key and value follow.
inline constexpr std::size_t kEntryHeadBytes = 4 + 4 + 16 + 16;

inline std::string sumsText(std::string_view metaSum, std::string_view stateSum)
{
    std::string out;
    out.append(metaSum).append("  ").append(kMetaPart).append("\n").append(stateSum).append("  ").append(kStatePart).append("\n");
    return out;
}

} // namespace core::snapshot
