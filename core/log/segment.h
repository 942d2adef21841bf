#pragma once

#include "core/base/clock.h"
#include "core/log/file_system.h"
#include "core/log/record.h"

#include <functional>
#include <optional>

namespace core::log {

/// A segment file: a head that says which log and which use of the file it is, then the records. Format: README.md.
inline constexpr std::uint64_t kSegmentHeadBytes = 4096;      // records begin here
inline constexpr std::uint64_t kSegmentMarkBytes = 64u << 10; // between two marks of the index in memory
inline constexpr std::string_view kSegmentSuffix = ".log";

/// What the head says. Written and synced before the file gets its final name.
struct SegmentHead {
    std::uint64_t sequence = 0; // also the file's name; grows, never used twice
    std::string logId;          // 32 hex digits
};
std::string encodeSegmentHead(const SegmentHead& head);
/// Errors: Corrupt.
Result<SegmentHead> decodeSegmentHead(std::string_view bytes);

/// The second part of the head, written together with the first group.
struct SegmentStart {
    LogIndex firstIndex; // records of older segments from here on do not count
    std::int64_t startedAtUnixMs = 0;
};
inline constexpr std::uint64_t kSegmentStartAt = 512;
std::string encodeSegmentStart(const SegmentStart& start, std::uint32_t tag);
std::optional<SegmentStart> decodeSegmentStart(std::string_view bytes, std::uint32_t tag);

/// Every record carries the tag of its segment. A file is used several times, and the tag shows that a record is not from an earlier use.
std::uint32_t segmentTag(const SegmentHead& head);

std::string segmentName(std::uint64_t sequence);
/// The sequence, or empty if `name` is not the name of a segment.
std::optional<std::uint64_t> segmentSequence(std::string_view name);

struct Segment {
    SegmentHead head;
    std::uint32_t tag = 0;
    std::filesystem::path path;
    std::unique_ptr<File> file;
    std::uint64_t bytesAllocated = 0;

    // The following fields belong to the SegmentLog that owns the segment. Its mutex guards them.
    LogIndex firstIndex; // 0: no record yet
    LogIndex lastIndex;
    std::uint64_t bytesUsed = kSegmentHeadBytes;
    std::int64_t startedAtUnixMs = 0;
    bool beginsWithReplacement = false;
    struct Mark {
        LogIndex index;
        std::uint64_t offset = 0;
    };
    std::vector<Mark> marks; // the offset of a record about every 64 KB, to start reading in the middle
};

/// Reads the records of a file in order, starting at `offset`.
class SegmentReader {
public:
    SegmentReader(const File& file, std::uint32_t tag, std::uint64_t offset) : m_file{file}, m_tag{tag}, m_offset{offset} {}

    /// The next record. Empty if none begins here: zeros, a record of an earlier use of the file, or a damaged one. Its bytes are valid until the
    /// next call. Errors: Io.
    Result<std::optional<RecordView>> next();
    /// Where the next record begins.
    std::uint64_t offset() const { return m_offset; }

private:
    Result<std::string_view> bytesAt(std::uint64_t offset, std::size_t count);

    const File& m_file;
    std::uint32_t m_tag;
    std::uint64_t m_offset;
    std::string m_buffer;
    std::uint64_t m_bufferOffset = 0;
    std::size_t m_readAhead = 64u << 10;
};

/// Searches behind `offset` for a record that was written after record `index` was on disk. If there is one, the bytes at `offset` were damaged later
/// and are not the torn end of the log. Returns the offset of that record, or empty. Errors: Io.
Result<std::optional<std::uint64_t>> findLaterGroup(const Segment& segment, std::uint64_t offset, LogIndex index);

} // namespace core::log
