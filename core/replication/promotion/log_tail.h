#pragma once

#include "core/log/store.h"
#include "core/replication/wire/link.h"

#include <string>
#include <vector>

namespace core::replication {

namespace wire {
class LogTailAnswer;
} // namespace wire

/// A question about a primary's log: what does a secondary hold after this place?
struct LogTailQuery {
    std::string logId;
    LogIndex index;
    bool isWithLocal = false;    // keys of the class `l/` too
    std::size_t entryMax = 100;  // names that are listed
    std::size_t recordBytes = 0; // 0: names only; else about this many bytes of records
};

/// What a secondary has received of a primary's log after a place. Its own log shows this: each record that came from the primary carries
/// the position row that it reached.
struct LogTail {
    struct Entry {
        std::string key;
        bool isErased = false;
        LogIndex index; // of the batch that brought it; the change itself has this index of the primary's log, or an earlier one
        WallTime at;    // when the batch was applied here; epoch: not known
        merkle::KeyHash keyHash{};
        merkle::LeafDigest leafDigest{};
    };
    bool reaches = false;
    std::string reason;          // why there is no answer
    LogIndex through;            // the secondary holds everything up to here
    std::uint64_t count = 0;     // keys
    bool isCountAtLeast = false; // there are more than were counted
    std::vector<Entry> entries;  // newest first
    WallTime oldest, newest;
    std::string records; // payload of a Records frame, in the order of the primary's index
    bool isLast = true;  // nothing follows `records`
};

/// Reads the log backwards to the place and forwards from it, so the cost depends on what follows the place. If the log cannot tell (too
/// short, or a reconciliation or a snapshot lies in between), it says so and guesses nothing. `position` is the present one. Errors: Io,
/// Corrupt.
Result<LogTail> readLogTail(const log::Store& store, Type type, const Position& position, const LogTailQuery& query);

} // namespace core::replication
