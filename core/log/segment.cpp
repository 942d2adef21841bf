#include "core/log/segment.h"

#include "core/base/encoding.h"
#include "core/log/crc32c.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace core::log {

namespace {

constexpr std::string_view kMagic = "HFLOG001";
constexpr std::size_t kLogIdDigits = 32;
constexpr std::size_t kHeadBytes = 8 + 8 + kLogIdDigits + 4;
constexpr std::size_t kStartBytes = 8 + 8 + 4 + 4;
constexpr std::size_t kReadAheadMax = 1u << 20;

} // namespace

std::string encodeSegmentHead(const SegmentHead& head)
{
    CORE_ASSERT(head.logId.size() == kLogIdDigits);
    std::string bytes{kMagic};
    appendLittleEndian(bytes, head.sequence);
    bytes.append(head.logId);
    appendLittleEndian(bytes, crc32c(bytes));
    return bytes;
}

Result<SegmentHead> decodeSegmentHead(std::string_view bytes)
{
    if (bytes.size() < kHeadBytes || !bytes.starts_with(kMagic)) return Error{ErrorCode::Corrupt, "no segment head"};
    if (crc32c(bytes.substr(0, kHeadBytes - 4)) != readLittleEndian<std::uint32_t>(bytes.substr(kHeadBytes - 4))) {
        return Error{ErrorCode::Corrupt, "segment head: wrong checksum"};
    }
    return SegmentHead{readLittleEndian<std::uint64_t>(bytes.substr(8)), std::string{bytes.substr(16, kLogIdDigits)}};
}

std::string encodeSegmentStart(const SegmentStart& start, std::uint32_t tag)
{
    std::string bytes;
    appendLittleEndian(bytes, start.firstIndex.value());
    appendLittleEndian(bytes, static_cast<std::uint64_t>(start.startedAtUnixMs));
    appendLittleEndian(bytes, tag);
    appendLittleEndian(bytes, crc32c(bytes));
    return bytes;
}

std::optional<SegmentStart> decodeSegmentStart(std::string_view bytes, std::uint32_t tag)
{
    if (bytes.size() < kStartBytes || readLittleEndian<std::uint32_t>(bytes.substr(16)) != tag) return std::nullopt;
    if (crc32c(bytes.substr(0, kStartBytes - 4)) != readLittleEndian<std::uint32_t>(bytes.substr(kStartBytes - 4))) return std::nullopt;
    return SegmentStart{LogIndex{readLittleEndian<std::uint64_t>(bytes)},
                        static_cast<std::int64_t>(readLittleEndian<std::uint64_t>(bytes.substr(8)))};
}

std::uint32_t segmentTag(const SegmentHead& head)
{
    std::string text = head.logId;
    appendLittleEndian(text, head.sequence);
    const auto tag = crc32c(text);
    return tag == 0 ? 1 : tag; // encodeRecord() writes the tag 0, so no segment may have it
}

std::string segmentName(std::uint64_t sequence)
{
    char name[17];
    std::snprintf(name, sizeof name, "%016llx", static_cast<unsigned long long>(sequence));
    return std::string{name}.append(kSegmentSuffix);
}

std::optional<std::uint64_t> segmentSequence(std::string_view name)
{
    if (name.size() != 16 + kSegmentSuffix.size() || !name.ends_with(kSegmentSuffix)) return std::nullopt;
    std::uint64_t sequence = 0;
    const auto [end, code] = std::from_chars(name.data(), name.data() + 16, sequence, 16);
    if (code != std::errc{} || end != name.data() + 16) return std::nullopt;
    return sequence;
}

Result<std::string_view> SegmentReader::bytesAt(std::uint64_t offset, std::size_t count)
{
    if (offset < m_bufferOffset || offset + count > m_bufferOffset + m_buffer.size()) {
        m_buffer.resize(std::max(count, m_readAhead));
        // Reads become larger while they continue in order: small for one record, large for a whole segment.
        m_readAhead = std::min(m_readAhead * 2, kReadAheadMax);
        const auto got = m_file.read(offset, m_buffer);
        if (!got) return got.error();
        m_buffer.resize(*got);
        m_bufferOffset = offset;
    }
    return std::string_view{m_buffer}.substr(static_cast<std::size_t>(offset - m_bufferOffset), count);
}

Result<std::optional<RecordView>> SegmentReader::next()
{
    const auto head = bytesAt(m_offset, kRecordHeaderBytes);
    if (!head) return head.error();
    std::optional<RecordView> none;
    if (head->size() < kRecordHeaderBytes) return none;
    const auto length = readLittleEndian<std::uint32_t>(*head);
    const auto tag = readLittleEndian<std::uint32_t>(head->substr(8));
    const auto lengthMax = RecordView::ofTrusted(*head).replacesContents() ? kReplacementBytesMax : kRecordBytesMax;
    // Checked before the bytes are read, so that a damaged length does not cost memory.
    if (length < kRecordHeaderBytes || length > lengthMax || tag != m_tag) return none;
    const auto bytes = bytesAt(m_offset, length);
    if (!bytes) return bytes.error();
    auto record = RecordView::parse(*bytes);
    if (!record) return none;
    m_offset += length;
    return std::optional<RecordView>{*record};
}

Result<std::optional<std::uint64_t>> findLaterGroup(const Segment& segment, std::uint64_t offset, LogIndex index)
{
    std::string tag;
    appendLittleEndian(tag, segment.tag);
    constexpr std::size_t kTagOffset = 8;
    constexpr std::size_t kChunk = 1u << 20;
    std::string chunk;
    for (std::uint64_t at = offset;;) {
        chunk.resize(kChunk);
        const auto got = segment.file->read(at, chunk);
        if (!got) return got.error();
        chunk.resize(*got);
        for (auto hit = chunk.find(tag); hit != std::string::npos; hit = chunk.find(tag, hit + 1)) {
            if (at + hit < offset + kTagOffset) continue;
            SegmentReader reader{*segment.file, segment.tag, at + hit - kTagOffset};
            const auto record = reader.next();
            if (!record) return record.error();
            if (*record && (*record)->groupFirst() > index) return std::optional<std::uint64_t>{at + hit - kTagOffset};
        }
        if (*got < kChunk) return std::optional<std::uint64_t>{};
        at += *got - tag.size() + 1;
    }
}

} // namespace core::log
