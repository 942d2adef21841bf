#pragma once

#include "core/base/clock.h"
#include "core/log/file_system.h"
#include "core/log/record.h"

#include <functional>
#include <optional>

namespace core::log {

/// A segment file: a head that says whose it is, then records one after another. Format: README.md.
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

/// Second part of the head, written together with the first group.
struct SegmentStart {
    LogIndex firstIndex; // records of older segments from here on do not count
    std::int64_t startedAtUnixMs = 0;
};
inline constexpr std::uint64_t kSegmentStartAt = 512;
std::string encodeSegmentStart(const SegmentStart& start, std::uint32_t tag);
std::optional<SegmentStart> decodeSegmentStart(std::string_view bytes, std::uint32_t tag);

/// Every record carries the tag of its segment, so that what an earlier use of the file left behind is never taken for a
/// record of this one.
std::uint32_t segmentTag(const SegmentHead& head);

std::string segmentName(std::uint64_t sequence);
/// The sequence, or nothing when it is not a segment's name.
std::optional<std::uint64_t> segmentSequence(std::string_view name);

struct Segment {
    SegmentHead head;
    std::uint32_t tag = 0;
    std::filesystem::path path;
    std::unique_ptr<File> file;
    std::uint64_t bytesAllocated = 0;

    // The following belong to the SegmentLog that has the segment and are guarded by its mutex.
    LogIndex firstIndex; // 0: no record yet
    LogIndex lastIndex;
    std::uint64_t bytesUsed = kSegmentHeadBytes;
    std::int64_t startedAtUnixMs = 0;
    bool beginsWithReplacement = false;
    struct Mark {
        LogIndex index;
        std::uint64_t offset = 0;
    };
    std::vector<Mark> marks; // where records begin, now and then; for reading from the middle
};

/// Reads records of a file one after another from `offset`.
class SegmentReader {
public:
    SegmentReader(const File& file, std::uint32_t tag, std::uint64_t offset) : m_file{file}, m_tag{tag}, m_offset{offset} {}

    /// The next record, nothing where none begins (zeros, another use of the file, damaged). Its bytes live until the
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

/// Searches behind `offset` for a record that was written when record `index` was already on disk: proof that what stands
/// at `offset` was damaged later, and is not the torn end of the log. The offset of that record, or nothing. Errors: Io.
Result<std::optional<std::uint64_t>> findLaterGroup(const Segment& segment, std::uint64_t offset, LogIndex index);

} // namespace core::log
