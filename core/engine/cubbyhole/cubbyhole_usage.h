#pragma once

#include "core/barrier/scope.h"
#include "core/token/token_entry.h"

#include <optional>
#include <string_view>

namespace core::engine {

/// What one token may keep in its cubbyhole, which every token may write to (policy `default`).
inline constexpr std::uint64_t kCubbyholeEntriesMax = 1'000;
inline constexpr std::uint64_t kCubbyholeBytesMax = 16u << 20; // of paths and values

/// Counts what a cubbyhole holds, in the row `l/sys/cubbyhole-usage/<cubbyhole id>`; a cubbyhole without the row is counted when it is
/// written to. Works in the caller's transaction.
class CubbyholeUsage {
public:
    CubbyholeUsage(const barrier::Scope& scope, const token::TokenEntry& token);

    /// Counts the entry at `path` as it will be: `value`, or nothing once it is erased. Call it before the entry is changed.
    /// False: the cubbyhole would grow beyond its bounds, and nothing was counted. Errors: those of the view.
    Result<bool> change(std::string_view path, const std::optional<std::string_view>& value);
    /// Forgets the count, with the cubbyhole. Errors: those of the view.
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
