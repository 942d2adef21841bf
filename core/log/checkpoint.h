#pragma once

#include "core/log/file_system.h"
#include "core/merkle/forest.h"

#include <map>
#include <optional>

namespace core::log {

/// What the file `checkpoint` in the segment folder says. Format: README.md.
struct Checkpoint {
    std::string logId;
    /// Data and leaf rows up to this index are durable in the engine. Recovery redoes the records after it.
    LogIndex durable;
    /// Leaf rows can already hold changes up to this index. After recovery has redone the log up to here, the forest must be exactly `trees`.
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

/// Returns an empty optional when the file does not exist. Errors: Corrupt (names the file), Io.
Result<std::optional<Checkpoint>> readCheckpoint(FileSystem& files, const std::filesystem::path& directory);
/// Replaces the file. A crash leaves the old file or the new one. Errors: NoSpace, Io.
Result<> writeCheckpoint(FileSystem& files, const std::filesystem::path& directory, const Checkpoint& checkpoint);

} // namespace core::log
