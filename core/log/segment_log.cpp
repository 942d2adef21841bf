#include "core/log/segment_log.h"

#include "core/base/logging.h"

#include <algorithm>

namespace core::log {

namespace {

constexpr std::string_view kTemporaryName = "prepared.tmp";
constexpr std::size_t kRecyclableMax = 2;
constexpr std::size_t kZeroChunkBytes = 1u << 20;

} // namespace

SegmentLog::SegmentLog(FileSystem& files, const Clock& clock, Options options) : m_files{files}, m_clock{clock}, m_options{std::move(options)} {}

std::string SegmentLog::logId() const
{
    MutexLock lock{m_mutex};
    return m_logId;
}

LogIndex SegmentLog::lastIndex() const
{
    MutexLock lock{m_mutex};
    return m_lastIndex;
}

LogIndex SegmentLog::oldestIndex() const
{
    MutexLock lock{m_mutex};
    LogIndex oldest = m_lastIndex.next();
    for (auto at = m_segments.rbegin(); at != m_segments.rend() && (*at)->head.logId == m_logId; ++at) {
        if ((*at)->firstIndex.value() == 0) continue;
        oldest = (*at)->beginsWithReplacement ? (*at)->firstIndex.next() : (*at)->firstIndex;
    }
    return oldest;
}

bool SegmentLog::isPrepared() const
{
    MutexLock lock{m_mutex};
    return m_prepared != nullptr;
}

bool SegmentLog::isUnused() const
{
    MutexLock lock{m_mutex};
    return !m_isWanted && m_segments.empty() && m_lastIndex.value() == 0;
}

std::uint64_t SegmentLog::bytes() const
{
    MutexLock lock{m_mutex};
    std::uint64_t bytes = 0;
    for (const auto& segment : m_segments) bytes += segment->bytesAllocated;
    return bytes;
}

std::size_t SegmentLog::segmentCount() const
{
    MutexLock lock{m_mutex};
    return m_segments.size();
}

Result<std::uint32_t> SegmentLog::reserve(LogIndex first, std::uint64_t bytes)
{
    bool hasRoom = false;
    if (m_active) {
        MutexLock lock{m_mutex};
        // A group larger than a segment gets a segment of its own, which grows.
        hasRoom = m_active->bytesUsed + bytes <= m_options.segmentBytes || m_active->bytesUsed == kSegmentHeadBytes;
    }
    if (!hasRoom) {
        auto segment = takeSegment();
        if (!segment) return std::move(segment).error();
        activate(std::move(*segment), first);
    }
    return m_active->tag;
}

void SegmentLog::activate(SegmentPointer segment, LogIndex first)
{
    MutexLock lock{m_mutex};
    segment->firstIndex = first;
    segment->lastIndex = LogIndex{first.value() - 1};
    segment->startedAtUnixMs = toUnixMs(m_clock.now());
    m_active = std::move(segment);
    m_isStarted = false;
    m_segments.push_back(m_active);
}

Result<> SegmentLog::append(std::string_view group, LogIndex first, LogIndex last)
{
    CORE_ASSERT(m_active);
    Segment& segment = *m_active;
    {
        MutexLock lock{m_mutex};
        CORE_ASSERT(m_lastIndex.next() == first && segment.lastIndex.next() == first);
        m_groupOffset = segment.bytesUsed;
    }
    // The start goes to disk with the first group. Until then the file counts as a segment that has not begun.
    if (!m_isStarted) {
        const auto start = encodeSegmentStart({first, segment.startedAtUnixMs}, segment.tag);
        if (auto written = segment.file->write(kSegmentStartAt, start); !written) return written;
    }
    if (auto written = segment.file->write(m_groupOffset, group); !written) return written;
    // One sync for the whole group. Only after it are the group's requests answered.
    if (auto synced = segment.file->sync(); !synced) return synced;
    m_isStarted = true;

    MutexLock lock{m_mutex};
    if (segment.marks.empty() || segment.marks.back().offset + kSegmentMarkBytes <= m_groupOffset) {
        segment.marks.push_back({first, m_groupOffset});
    }
    if (first == segment.firstIndex) segment.beginsWithReplacement = RecordView::ofTrusted(group).replacesContents();
    segment.bytesUsed = m_groupOffset + group.size();
    segment.bytesAllocated = std::max(segment.bytesAllocated, segment.bytesUsed);
    segment.lastIndex = last;
    m_lastIndex = last;
    return {};
}

Result<> SegmentLog::cut(LogIndex first)
{
    CORE_ASSERT(m_active);
    const auto segment = std::exchange(m_active, nullptr);
    {
        MutexLock lock{m_mutex};
        segment->lastIndex = LogIndex{first.value() - 1};
        segment->bytesUsed = m_groupOffset;
        while (!segment->marks.empty() && segment->marks.back().index >= first) segment->marks.pop_back();
        m_lastIndex = LogIndex{first.value() - 1};
        if (segment->firstIndex == first) std::erase(m_segments, segment);
    }
    // Zeros replace the head of the first record, so it is no longer a record. The others of its group have the same group start, so recovery does
    // not take them for later ones.
    const std::string zeros(kRecordHeaderBytes, '\0');
    if (auto written = segment->file->write(m_groupOffset, zeros); !written) return written;
    return segment->file->sync();
}

Result<> SegmentLog::startSegment(LogIndex first, std::string logId)
{
    {
        // A prepared segment carries the old log id in its head. It cannot be used under a new id.
        MutexLock preparing{m_prepareMutex};
        SegmentPointer unusable;
        {
            MutexLock lock{m_mutex};
            if (m_logId != logId) unusable = std::exchange(m_prepared, nullptr);
            m_logId = std::move(logId);
        }
        if (unusable) {
            MutexLock lock{m_mutex};
            m_recyclable.push_back(std::move(unusable));
        }
    }
    auto segment = takeSegment();
    if (!segment) return std::move(segment).error();
    SegmentPointer unused; // begun but never written to; its only use was to mark the end of older ones, and the new one does that
    if (m_active) {
        MutexLock lock{m_mutex};
        if (m_active->lastIndex < m_active->firstIndex) {
            unused = m_active;
            std::erase(m_segments, unused);
        }
    }
    activate(std::move(*segment), first);
    const auto start = encodeSegmentStart({first, m_active->startedAtUnixMs}, m_active->tag);
    auto written = m_active->file->write(kSegmentStartAt, start);
    // After this sync the start says where older segments end. Only then may the unused segment go.
    if (written) written = m_active->file->sync();
    if (written) {
        m_isStarted = true;
        if (unused) return m_files.remove(unused->path);
        return {};
    }
    MutexLock lock{m_mutex};
    std::erase(m_segments, m_active);
    m_active = nullptr;
    return written;
}

Result<> SegmentLog::fillWithZeros(File& file)
{
    const std::string zeros(kZeroChunkBytes, '\0');
    for (std::uint64_t at = 0; at < m_options.segmentBytes; at += zeros.size()) {
        const auto count = std::min<std::uint64_t>(zeros.size(), m_options.segmentBytes - at);
        if (auto written = file.write(at, std::string_view{zeros}.substr(0, count)); !written) return written;
    }
    return {};
}

Result<SegmentLog::SegmentPointer> SegmentLog::makeSegment()
{
    const auto temporary = m_options.directory / kTemporaryName;
    auto segment = std::make_shared<Segment>();
    SegmentPointer recycled;
    {
        MutexLock lock{m_mutex};
        segment->head = {m_sequenceNext++, m_logId};
        if (!m_recyclable.empty()) {
            recycled = std::move(m_recyclable.front());
            m_recyclable.erase(m_recyclable.begin());
        }
    }
    segment->tag = segmentTag(segment->head);
    segment->path = m_options.directory / segmentName(segment->head.sequence);
    segment->bytesAllocated = m_options.isPrewritten ? m_options.segmentBytes : kSegmentHeadBytes;

    const auto make = [&]() -> Result<> {
        if (recycled) {
            if (auto renamed = m_files.rename(recycled->path, temporary); !renamed) return renamed;
            // The order matters when a file is used again:
            // 1. Its name becomes the temporary one, and the folder is synced. So all older segments are gone for good, too.
            // 2. Its contents are overwritten.
            // If step 2 came first, a power cut could leave a hole in the log: the old name with damaged records, and older segments before it.
            if (auto synced = m_files.syncDirectory(m_options.directory); !synced) return synced;
            segment->file = std::move(recycled->file);
        } else {
            auto file = m_files.create(temporary);
            if (!file) return std::move(file).error();
            segment->file = std::move(*file);
            if (m_options.isPrewritten) {
                if (auto filled = fillWithZeros(*segment->file); !filled) return filled;
            }
        }
        auto head = encodeSegmentHead(segment->head);
        head.resize(kSegmentHeadBytes);
        if (auto written = segment->file->write(0, head); !written) return written;
        if (auto synced = segment->file->sync(); !synced) return synced;
        if (auto renamed = m_files.rename(temporary, segment->path); !renamed) return renamed;
        return m_files.syncDirectory(m_options.directory);
    };
    if (auto made = make(); !made) {
        // the disk can be full: give the space back at once
        for (const auto& path : {temporary, segment->path}) static_cast<void>(m_files.remove(path).has_value());
        return std::move(made).error().withContext("preparing a log segment");
    }
    return segment;
}

Result<> SegmentLog::prepare()
{
    MutexLock preparing{m_prepareMutex};
    if (isPrepared() || isUnused()) return {};
    auto made = makeSegment();
    if (!made) return std::move(made).error();
    MutexLock lock{m_mutex};
    m_prepared = std::move(*made);
    return {};
}

Result<SegmentLog::SegmentPointer> SegmentLog::takeSegment()
{
    MutexLock preparing{m_prepareMutex};
    {
        MutexLock lock{m_mutex};
        m_isWanted = true;
        if (m_prepared) return std::exchange(m_prepared, nullptr);
    }
    return makeSegment();
}

void SegmentLog::drop(LogIndex checkpoint, LogIndex claimed)
{
    std::vector<SegmentPointer> dropped;
    {
        MutexLock lock{m_mutex};
        std::uint64_t bytes = 0;
        for (const auto& segment : m_segments) bytes += segment->bytesAllocated;
        const auto ageMax = std::chrono::milliseconds{m_options.retentionAge}.count();
        const auto now = toUnixMs(m_clock.now());
        while (m_segments.size() > 1 && m_segments.front()->lastIndex <= checkpoint) {
            const auto& oldest = *m_segments.front();
            const bool isClaimed = claimed <= oldest.lastIndex;
            const bool isTooOld = now - m_segments[1]->startedAtUnixMs > ageMax;
            const auto bound = isClaimed ? m_options.retentionBytes : std::min(m_options.unclaimedBytes, m_options.retentionBytes);
            if (bytes <= bound && !isTooOld) break;
            bytes -= oldest.bytesAllocated;
            dropped.push_back(std::move(m_segments.front()));
            m_segments.pop_front();
        }
    }
    // A file in m_recyclable keeps its name and its records until it is used again, and a start takes it for a part of the log. So files leave
    // m_recyclable in the order of the log. Otherwise:
    // 1. The segments 1, 2 and 3 are dropped. 2 is removed, 1 stays for use.
    // 2. The server restarts and finds 1, 4, 5.
    // 3. Segment 1 now seems to reach up to segment 4. A link that reads the missing records gets the error that the log is damaged.
    std::vector<SegmentPointer> leaving;
    {
        MutexLock lock{m_mutex};
        for (auto& segment : dropped) {
            const bool isUsable = m_options.isPrewritten && segment->bytesAllocated == m_options.segmentBytes;
            m_recyclable.push_back(std::move(segment));
            // A segment that a reader still uses is not written to again. The reader keeps its file open.
            const bool isFree = isUsable && m_recyclable.back().use_count() == 1;
            const std::size_t kept = isFree ? kRecyclableMax : 0;
            while (m_recyclable.size() > kept) {
                leaving.push_back(std::move(m_recyclable.front()));
                m_recyclable.erase(m_recyclable.begin());
            }
        }
    }
    for (const auto& segment : leaving) {
        if (auto removed = m_files.remove(segment->path); !removed) {
            logging::warn("log", "a log segment that is no longer needed could not be removed", {{"error", toString(removed.error())}});
        }
    }
}

Result<> SegmentLog::forEach(LogIndex from, LogIndex to, const Visit& visit) const
{
    for (LogIndex next = from; next <= to;) {
        SegmentPointer segment;
        std::uint64_t offset = kSegmentHeadBytes;
        LogIndex last;
        {
            MutexLock lock{m_mutex};
            for (auto at = m_segments.rbegin(); at != m_segments.rend(); ++at) {
                if ((*at)->firstIndex.value() == 0 || (*at)->firstIndex > next) continue;
                segment = *at;
                break;
            }
            if (!segment) return Error{ErrorCode::NotFound, "the log does not reach back to index " + toString(next)};
            // The marks say where to start reading, so a reader in the middle of a segment does not read it from its beginning.
            last = std::min(segment->lastIndex, to);
            const auto after = std::upper_bound(segment->marks.begin(), segment->marks.end(), next,
                                                [](LogIndex index, const Segment::Mark& mark) { return index < mark.index; });
            if (after != segment->marks.begin()) offset = std::prev(after)->offset;
        }
        SegmentReader reader{*segment->file, segment->tag, offset};
        const LogIndex before = next;
        while (next <= last) {
            const auto at = reader.offset();
            const auto record = reader.next();
            if (!record) return record.error();
            if (!*record || (*record)->index() > next) {
                return Error{ErrorCode::Corrupt,
                             segment->path.string() + ": record " + toString(next) + " is damaged, at offset " + std::to_string(at)};
            }
            if ((*record)->index() < next) continue;
            if (auto visited = visit(**record); !visited) return visited;
            next = next.next();
        }
        if (next == before) return Error{ErrorCode::NotFound, "the log has no index " + toString(next)};
    }
    return {};
}

} // namespace core::log
