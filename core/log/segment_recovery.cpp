#include "core/log/segment_log.h"

#include <algorithm>

namespace core::log {

namespace {

Error corrupt(const Segment& segment, std::uint64_t offset, const std::string& what)
{
    return {ErrorCode::Corrupt, segment.path.string() + ", offset " + std::to_string(offset) + ": " + what};
}

} // namespace

Result<std::unique_ptr<SegmentLog>> SegmentLog::open(FileSystem& files, const Clock& clock, Options options, LogIndex checkpoint, std::string logId)
{
    std::unique_ptr<SegmentLog> log{new SegmentLog{files, clock, std::move(options)}};
    if (auto loaded = log->load(checkpoint, std::move(logId)); !loaded) return std::move(loaded).error();
    return log;
}

Result<> SegmentLog::load(LogIndex checkpoint, std::string logId)
{
    auto names = m_files.list(m_options.directory);
    if (!names) return std::move(names).error();
    std::vector<std::uint64_t> sequences;
    for (const auto& name : *names) {
        if (const auto sequence = segmentSequence(name)) sequences.push_back(*sequence);
    }
    std::sort(sequences.begin(), sequences.end());
    {
        MutexLock preparing{m_prepareMutex};
        if (!sequences.empty()) m_sequenceNext = sequences.back() + 1;
    }
    for (const auto sequence : sequences) {
        auto segment = loadSegment(sequence);
        if (!segment) return std::move(segment).error();
        if ((*segment)->head.sequence != sequence) {
            // The power failed while this file was being prepared for another use: its new head is on the disk, its new name is not.
            if (auto removed = m_files.remove((*segment)->path); !removed) return removed;
            MutexLock preparing{m_prepareMutex};
            m_sequenceNext = std::max(m_sequenceNext, (*segment)->head.sequence + 1);
            continue;
        }
        MutexLock lock{m_mutex};
        m_segments.push_back(std::move(*segment));
    }
    {
        MutexLock lock{m_mutex};
        m_logId = std::move(logId);
    }
    if (auto found = findEnd(checkpoint); !found) return found;
    return leaveFound();
}

Result<SegmentLog::SegmentPointer> SegmentLog::loadSegment(std::uint64_t sequence)
{
    auto segment = std::make_shared<Segment>();
    segment->path = m_options.directory / segmentName(sequence);
    auto file = m_files.open(segment->path);
    if (!file) return std::move(file).error();
    segment->file = std::move(*file);
    const auto size = segment->file->size();
    if (!size) return size.error();
    segment->bytesAllocated = *size;

    std::string bytes(kSegmentHeadBytes, '\0');
    const auto got = segment->file->read(0, bytes);
    if (!got) return got.error();
    bytes.resize(*got);
    auto head = decodeSegmentHead(bytes);
    if (!head) return corrupt(*segment, 0, head.error().detail);
    if (head->sequence < sequence) return corrupt(*segment, 0, "the head belongs to another file");
    segment->head = std::move(*head);
    segment->tag = segmentTag(segment->head);
    if (segment->head.sequence != sequence) return segment;

    if (bytes.size() == kSegmentHeadBytes) {
        if (const auto start = decodeSegmentStart(std::string_view{bytes}.substr(kSegmentStartAt), segment->tag)) {
            segment->firstIndex = start->firstIndex;
            segment->startedAtUnixMs = start->startedAtUnixMs;
        }
    }
    SegmentReader reader{*segment->file, segment->tag, kSegmentHeadBytes};
    const auto record = reader.next();
    if (!record) return record.error();
    if (*record) {
        if (segment->firstIndex.value() == 0) segment->firstIndex = (*record)->index();
        segment->beginsWithReplacement = (*record)->replacesContents();
    }
    return segment;
}

Result<> SegmentLog::findEnd(LogIndex checkpoint)
{
    std::vector<SegmentPointer> begun;
    std::vector<SegmentPointer> notBegun;
    {
        MutexLock lock{m_mutex};
        for (const auto& segment : m_segments) (segment->firstIndex.value() == 0 ? notBegun : begun).push_back(segment);
    }
    // Segments that have begun are read in the order of their files. Each ends where the next one begins.
    std::size_t first = begun.size();
    for (std::size_t at = 0; at < begun.size(); ++at) {
        if (at > 0 && begun[at]->firstIndex < begun[at - 1]->firstIndex) {
            return corrupt(*begun[at], 0, "begins before the file in front of it");
        }
        if (begun[at]->firstIndex <= checkpoint.next()) first = at;
    }
    if (begun.empty() && checkpoint.value() == 0) return {};
    if (first == begun.size()) {
        const auto where = begun.empty() ? m_options.directory.string() : begun.front()->path.string();
        return Error{ErrorCode::Corrupt, where + ": the log lacks index " + toString(checkpoint.next()) + ", which the checkpoint needs"};
    }
    for (std::size_t at = 0; at < first; ++at) begun[at]->lastIndex = LogIndex{begun[at + 1]->firstIndex.value() - 1};

    LogIndex next = begun[first]->firstIndex;
    for (std::size_t at = first; at < begun.size(); ++at) {
        Segment& segment = *begun[at];
        const bool isLast = at + 1 == begun.size();
        const LogIndex limit = isLast ? LogIndex{std::numeric_limits<std::uint64_t>::max()} : begun[at + 1]->firstIndex;
        auto end = scanSegment(segment, limit);
        if (!end) return std::move(end).error();
        next = *end;
        if (!isLast && next != limit) {
            return corrupt(segment, segment.bytesUsed,
                           "record " + toString(next) + " is damaged or missing; the next file begins at " + toString(limit));
        }
        if (!isLast) continue;
        // The bytes behind the last good record are either a torn group, which was never answered, or damage. A record whose group began later proves
        // damage: its group was written after this one had been synced.
        const auto later = findLaterGroup(segment, segment.bytesUsed, next);
        if (!later) return later.error();
        if (*later)
            return corrupt(segment, segment.bytesUsed,
                           "record " + toString(next) + " is damaged; a later one is at offset " + std::to_string(**later));
    }
    // The damage can also hide a whole segment's start. So segments that seem not to have begun are searched too.
    for (const auto& segment : notBegun) {
        if (segment->head.sequence < begun.back()->head.sequence) continue;
        const auto later = findLaterGroup(*segment, kSegmentHeadBytes, next);
        if (!later) return later.error();
        if (*later)
            return corrupt(*segment, kSegmentHeadBytes,
                           "record " + toString(next) + " is damaged; a later one is at offset " + std::to_string(**later));
    }
    MutexLock lock{m_mutex};
    m_lastIndex = LogIndex{next.value() - 1};
    for (const auto& segment : begun) {
        if (segment->lastIndex >= segment->firstIndex) m_logId = segment->head.logId;
    }
    return {};
}

/// Reads a segment up to the record `limit`, and returns the index after its last record.
Result<LogIndex> SegmentLog::scanSegment(Segment& segment, LogIndex limit)
{
    SegmentReader reader{*segment.file, segment.tag, kSegmentHeadBytes};
    LogIndex next = segment.firstIndex;
    while (next < limit) {
        const auto offset = reader.offset();
        const auto record = reader.next();
        if (!record) return record.error();
        if (!*record || (*record)->index() != next) break;
        if (segment.marks.empty() || segment.marks.back().offset + kSegmentMarkBytes <= offset) segment.marks.push_back({next, offset});
        segment.bytesUsed = offset + (*record)->bytes().size();
        m_lastEpoch = (*record)->epoch();
        next = next.next();
    }
    segment.lastIndex = LogIndex{next.value() - 1};
    return next;
}

/// Starts a fresh segment, because the last one can end in half a group. Empty segments can be used again. A log that was never written to has no
/// segment.
Result<> SegmentLog::leaveFound()
{
    LogIndex next;
    std::string logId;
    std::vector<SegmentPointer> unused;
    {
        MutexLock lock{m_mutex};
        next = m_lastIndex.next();
        logId = m_logId;
        std::deque<SegmentPointer> kept;
        for (auto& segment : m_segments) {
            const bool hasRecords = segment->firstIndex.value() != 0 && segment->lastIndex >= segment->firstIndex;
            if (hasRecords) {
                kept.push_back(std::move(segment));
            } else if (segment->firstIndex.value() == 0 && m_options.isPrewritten && segment->bytesAllocated == m_options.segmentBytes) {
                m_recyclable.push_back(std::move(segment));
            } else {
                unused.push_back(std::move(segment)); // can mark the end of an older one until the new segment has begun
            }
        }
        m_segments = std::move(kept);
    }
    if (isUnused() && unused.empty()) return {};
    if (auto started = startSegment(next, logId); !started) return started;
    for (const auto& segment : unused) {
        if (auto removed = m_files.remove(segment->path); !removed) return removed;
    }
    return {};
}

} // namespace core::log
