#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace core::storage {
class Reader;
}

namespace core::barrier {

/// The format that this program stores. Raise it when a program stores something that the program before it cannot read, or would lose when it
/// writes. 1: programs up to 0.1.0, which store no number. 2: cluster keys, rights and keys of members.
inline constexpr std::uint32_t kStoreFormat = 2;
/// In the clear, because it is read before any key is available. It belongs to one store: no link, snapshot or activation carries it.
inline constexpr std::string_view kStoreFormatKey = "i/core/store-format";

/// The format of a store, and the program that first wrote it in this format.
struct StoreFormat {
    std::uint32_t number = 1;
    std::string program{}; // "0.2.0"; empty: unknown, as in stores without a number

    bool operator==(const StoreFormat&) const = default;

    /// "2 0.2.0".
    std::string encode() const;
    /// Errors: Corrupt.
    static Result<StoreFormat> decode(std::string_view text);
    /// The format of a store; number 1 if the row is missing. Errors: Corrupt, those of the reader.
    static Result<StoreFormat> of(const storage::Reader& reader);
    /// The format that this program writes.
    static StoreFormat current();

    /// Refuses a format that is newer than `known`. Errors: Unsupported (names both formats and both programs).
    Result<> check(std::string_view what, const StoreFormat& known = current()) const;
};

} // namespace core::barrier
