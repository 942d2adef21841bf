#pragma once

#include "core/barrier/scope.h"
#include "core/token/token_entry.h"

#include <optional>
#include <string_view>

namespace core::engine {

/// The limits of one cubbyhole. They are needed because every token can write to its own (policy `default`).
inline constexpr std::uint64_t kCubbyholeEntriesMax = 1'000;
inline constexpr std::uint64_t kCubbyholeBytesMax = 16u << 20; // of paths and values

/// Counts the contents of a cubbyhole in the row `l/sys/cubbyhole-usage/<cubbyhole id>`. A cubbyhole without the row is counted when it is
/// written to. Works in the caller's transaction.
class CubbyholeUsage {
public:
    CubbyholeUsage(const barrier::Scope& scope, const token::TokenEntry& token);

    /// Counts the entry at `path` with its new `value`; an empty optional means that it is erased. Call it before the entry is changed.
    /// False: the cubbyhole would exceed its limits, and nothing was counted. Errors: those of the view.
    Result<bool> change(std::string_view path, const std::optional<std::string_view>& value);
    /// Removes the count; call it together with the cubbyhole's removal. Errors: those of the view.
    Result<> erase();

private:
    struct Amount {
        std::uint64_t entries = 0;
        std::uint64_t bytes = 0;
    };
    Result<Amount> load() const;
    Result<Amount> count() const;

    barrier::View m_rows;
    barrier::View m_folder;
    std::string m_id;
};

} // namespace core::engine
