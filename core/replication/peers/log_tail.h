#pragma once

#include "core/log/store.h"
#include "core/replication/wire/link.h"

#include <string>
#include <vector>

namespace core::replication {

namespace wire {
class LogTailAnswer;
} // namespace wire

/// A place in a primary's log, and what is asked about what a secondary holds behind it.
struct LogTailQuery {
    std::string logId;
    LogIndex index;
    bool isWithLocal = false;    // keys of the class `l/` too
    std::size_t entryMax = 100;  // names that are listed
    std::size_t recordBytes = 0; // 0: names only; else about so many bytes of records
};

/// What a secondary has received of a primary's log behind a place, as its own log tells: each of its records that came from
/// the primary carries the position row that it reached.
struct LogTail {
    struct Entry {
        std::string key;
        bool isErased = false;
        LogIndex index; // of the batch that brought it: the change itself is at most so late in the primary's log
        WallTime at;    // when the batch was applied here; epoch: not known
        merkle::KeyHash keyHash{};
        merkle::LeafDigest leafDigest{};
    };
    bool reaches = false;
    std::string reason;          // why it cannot be told
    LogIndex through;            // everything up to here is held
    std::uint64_t count = 0;     // keys
    bool isCountAtLeast = false; // there is more than was counted
    std::vector<Entry> entries;  // newest first
    WallTime oldest, newest;
    std::string records; // payload of a Records frame, in the order of the primary's index
    bool isLast = true;  // nothing follows `records`
};

/// Reads the log backwards to the place and forwards from it, so it costs what lies behind the place. Where the log does not
/// tell (too short, or contents came by reconciliation or a snapshot meanwhile) it says so and guesses nothing.
/// `position` is the present one. Errors: Io, Corrupt.
Result<LogTail> readLogTail(const log::Store& store, Type type, const Position& position, const LogTailQuery& query);

} // namespace core::replication
