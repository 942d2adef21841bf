#pragma once

#include "core/merkle/forest.h"
#include "core/storage/engine.h"

namespace core::merkle {

/// The forest on disk: one row of the engine for each leaf, `m/leaf/` ‖ tree ‖ key hash -> digest ‖ physical key.
/// A row can be older than its leaf; the owner of the log updates it. Format: README.md.
inline constexpr std::string_view kLeafRowPrefix = "m/leaf/";

void putLeafRow(storage::Batch& batch, std::string_view tree, const KeyHash& hash, const LeafDigest& digest, std::string_view key);
void eraseLeafRow(storage::Batch& batch, std::string_view tree, const KeyHash& hash);

/// The physical key of a leaf, or empty if the leaf has no row. Errors: Io, Corrupt.
Result<std::optional<std::string>> keyOfLeafRow(const storage::Reader& reader, std::string_view tree, const KeyHash& hash);

/// Fills an empty forest from all rows. Errors: Io, Corrupt (a damaged row).
Result<> loadLeafRows(const storage::Reader& reader, Forest& forest, LogIndex index);

/// Removes all rows, in batches. Errors: those of the engine.
Result<> eraseLeafRows(storage::Engine& engine);

} // namespace core::merkle
