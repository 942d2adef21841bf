#pragma once

#include "core/base/mutex.h"
#include "core/log/segment.h"

#include <deque>
#include <limits>

namespace core::log {

/// The segment files of one log. It appends, reads, prepares segments ahead, and drops old ones.
/// Only the committer's thread calls reserve(), append(), cut() and startSegment(). Everything else is thread-safe. Errors name the file.
class SegmentLog {
public:
    struct Options {
        std::filesystem::path directory;
        std::uint64_t segmentBytes = 16u << 20;
        bool isPrewritten = true; // false: files grow as they are written
        std::uint64_t retentionBytes = 256u << 20;
        std::chrono::seconds retentionAge{24 * 3600};
        std::uint64_t unclaimedBytes = 64u << 20; // kept even when no slot asks for it
    };

    /// Opens the log and finds its end. Records up to `checkpoint` are no longer needed and are not read. `logId` is used if the log has no record
    /// yet. Errors: Corrupt (damaged or missing files), Io, NoSpace.
    static Result<std::unique_ptr<SegmentLog>> open(FileSystem& files, const Clock& clock, Options options, LogIndex checkpoint, std::string logId);

    std::string logId() const CORE_EXCLUDES(m_mutex);
    LogIndex lastIndex() const CORE_EXCLUDES(m_mutex);
    Epoch lastEpoch() const { return m_lastEpoch; } // as found by open()
    /// The oldest record of this log id. A record that replaced the contents does not count.
    LogIndex oldestIndex() const CORE_EXCLUDES(m_mutex);

    /// The tag for the records of a group of `bytes` that begins with `first`. Starts the next segment if the active one has no room. If this fails,
    /// nothing was written. Errors: NoSpace, Io.
    Result<std::uint32_t> reserve(LogIndex first, std::uint64_t bytes) CORE_EXCLUDES(m_mutex);
    /// Writes and syncs the group. After an error, call cut(). Errors: NoSpace, Io.
    Result<> append(std::string_view group, LogIndex first, LogIndex last) CORE_EXCLUDES(m_mutex);
    /// Makes sure that the last group, which begins with `first`, never counts, and leaves its segment. Errors: Io; then startSegment() must succeed
    /// before the next group.
    Result<> cut(LogIndex first) CORE_EXCLUDES(m_mutex);
    /// Starts a fresh segment, and makes durable that records of older segments from `first` on do not count. Errors: NoSpace, Io.
    Result<> startSegment(LogIndex first, std::string logId) CORE_EXCLUDES(m_mutex);

    /// Makes the next segment, if the log was ever written to. Slow. Errors: NoSpace, Io.
    Result<> prepare() CORE_EXCLUDES(m_mutex, m_prepareMutex);
    bool isPrepared() const CORE_EXCLUDES(m_mutex);
    /// Drops segments that the checkpoint no longer needs. Segments that a slot from `claimed` on needs are kept within the bounds.
    void drop(LogIndex checkpoint, LogIndex claimed) CORE_EXCLUDES(m_mutex);

    using Visit = std::function<Result<>(const RecordView&)>;
    /// Visits the records [from, to] in order, also across a replacement of the contents. Errors: NotFound (older than the oldest record), Corrupt,
    /// Io, and those of `visit`.
    Result<> forEach(LogIndex from, LogIndex to, const Visit& visit) const CORE_EXCLUDES(m_mutex);

    std::uint64_t bytes() const CORE_EXCLUDES(m_mutex);
    std::size_t segmentCount() const CORE_EXCLUDES(m_mutex);

private:
    using SegmentPointer = std::shared_ptr<Segment>;
    SegmentLog(FileSystem& files, const Clock& clock, Options options);

    Result<> load(LogIndex checkpoint, std::string logId);
    Result<SegmentPointer> loadSegment(std::uint64_t sequence);
    Result<> findEnd(LogIndex checkpoint);
    Result<LogIndex> scanSegment(Segment& segment, LogIndex limit);
    Result<> leaveFound();
    /// True if nothing was ever written.
    bool isUnused() const CORE_EXCLUDES(m_mutex);

    Result<SegmentPointer> makeSegment() CORE_REQUIRES(m_prepareMutex);
    Result<SegmentPointer> takeSegment() CORE_EXCLUDES(m_mutex, m_prepareMutex);
    void activate(SegmentPointer segment, LogIndex first) CORE_EXCLUDES(m_mutex);
    Result<> fillWithZeros(File& file);

    FileSystem& m_files;
    const Clock& m_clock;
    const Options m_options;

    SegmentPointer m_active;         // committer only
    bool m_isStarted = false;        // committer only: the start of the active segment is written
    std::uint64_t m_groupOffset = 0; // committer only: where the last group began
    Epoch m_lastEpoch;

    Mutex m_prepareMutex; // before m_mutex; held while files are made
    std::uint64_t m_sequenceNext CORE_GUARDED_BY(m_prepareMutex) = 1;

    mutable Mutex m_mutex; // leaf lock
    std::string m_logId CORE_GUARDED_BY(m_mutex);
    std::deque<SegmentPointer> m_segments CORE_GUARDED_BY(m_mutex); // those with records and the active one, oldest first
    SegmentPointer m_prepared CORE_GUARDED_BY(m_mutex);
    std::vector<SegmentPointer> m_recyclable CORE_GUARDED_BY(m_mutex);
    LogIndex m_lastIndex CORE_GUARDED_BY(m_mutex);
    bool m_isWanted CORE_GUARDED_BY(m_mutex) = false; // a group was or should have been written
};

} // namespace core::log
