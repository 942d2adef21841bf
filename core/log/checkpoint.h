#pragma once

#include "core/log/file_system.h"
#include "core/merkle/forest.h"

#include <map>
#include <optional>

namespace core::log {

/// What the file `checkpoint` beside the segments says. Format: README.md.
struct Checkpoint {
    std::string logId;
    /// Data and leaf rows up to here are durable in the engine; recovery redoes what follows.
    LogIndex durable;
    /// Leaf rows may hold changes up to here. Rows redone up to here must give exactly `trees`.
    LogIndex rowsUpTo;
    std::vector<merkle::Forest::TreeState> trees;
    Epoch epoch;
    LogIndex lastShared;
    LogIndex lastReplicated;
    std::map<std::string, LogIndex, std::less<>> slotIndexes;
};

inline constexpr std::string_view kCheckpointName = "checkpoint";

std::string encodeCheckpoint(const Checkpoint& checkpoint);
/// Errors: Corrupt.
Result<Checkpoint> decodeCheckpoint(std::string_view bytes);

/// Nothing when the file does not exist. Errors: Corrupt (names the file), Io.
Result<std::optional<Checkpoint>> readCheckpoint(FileSystem& files, const std::filesystem::path& directory);
/// Replaces the file; a crash leaves the old one or the new one. Errors: NoSpace, Io.
Result<> writeCheckpoint(FileSystem& files, const std::filesystem::path& directory, const Checkpoint& checkpoint);

} // namespace core::log
