#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace core::storage {
class Reader;
}

namespace core::barrier {

/// What this program stores. The number rises whenever a program stores something that the one before it cannot read, or would lose
/// when it writes. 1: stores of programs up to 0.1.0, which know no number. 2: cluster keys, rights and keys of members.
inline constexpr std::uint32_t kStoreFormat = 2;
/// In the clear, because it is read before any key is there. Of one store: no link, snapshot or activation carries it.
inline constexpr std::string_view kStoreFormatKey = "i/core/store-format";

/// The format of a store, and the program that first wrote it in this format.
struct StoreFormat {
    std::uint32_t number = 1;
    std::string program{}; // "0.2.0"; empty: not known, as in stores without a number

    bool operator==(const StoreFormat&) const = default;

    /// "2 0.2.0".
    std::string encode() const;
    /// Errors: Corrupt.
    static Result<StoreFormat> decode(std::string_view text);
    /// Of a store; number 1 where it has none. Errors: Corrupt, those of the reader.
    static Result<StoreFormat> of(const storage::Reader& reader);
    /// What this program writes.
    static StoreFormat current();

    /// Refuses what is newer than `known`. Errors: Unsupported (names both formats and both programs).
    Result<> check(std::string_view what, const StoreFormat& known = current()) const;
};

} // namespace core::barrier
