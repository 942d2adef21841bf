#include "core/log/record.h"

#include "core/log/crc32c.h"

namespace core::log {

namespace {

// Offsets in a record, see README.md.
constexpr std::size_t kLengthAt = 0;
constexpr std::size_t kCrcAt = 4;
constexpr std::size_t kTagAt = 8;
constexpr std::size_t kGroupOffsetAt = 12;
constexpr std::size_t kIndexAt = 16;
constexpr std::size_t kEpochAt = 24;
constexpr std::size_t kOperationCountAt = 32;
constexpr std::size_t kFlagsAt = 36;

// Offsets in an operation.
constexpr std::size_t kKindAt = 0;
constexpr std::size_t kKeyBytesAt = 4;
constexpr std::size_t kValueBytesAt = 8;
constexpr std::size_t kKeyHashAt = 12;
constexpr std::size_t kLeafDigestAt = 28;

constexpr std::uint32_t kReplacesContents = 1;

template<class Integer>
void writeAt(std::span<char> out, std::size_t at, Integer value)
{
    std::memcpy(out.data() + at, &value, sizeof value);
}

template<class Integer>
Integer readAt(std::string_view bytes, std::size_t at)
{
    return readLittleEndian<Integer>(bytes.substr(at));
}

Error corrupt(const char* what)
{
    return {ErrorCode::Corrupt, what};
}

} // namespace

Result<RecordView> RecordView::parse(std::string_view bytes)
{
    // Bytes come from a disk or from another cluster. Each length is checked before it is used, and nothing is allocated.
    if (bytes.size() < kRecordHeaderBytes) return corrupt("record: shorter than its header");
    const auto length = readAt<std::uint32_t>(bytes, kLengthAt);
    if (length < kRecordHeaderBytes || length > bytes.size()) return corrupt("record: impossible length");
    bytes = bytes.substr(0, length);
    if (crc32c(bytes.substr(kTagAt)) != readAt<std::uint32_t>(bytes, kCrcAt)) return corrupt("record: wrong checksum");
    // groupFirst() subtracts these two numbers, so a damaged or hostile record must not make it wrap around.
    if (readAt<std::uint32_t>(bytes, kGroupOffsetAt) >= readAt<std::uint64_t>(bytes, kIndexAt)) {
        return corrupt("record: group begins before the log");
    }
    std::size_t at = kRecordHeaderBytes;
    std::uint32_t count = 0;
    while (at < bytes.size()) {
        const auto operation = bytes.substr(at);
        if (operation.size() < kOperationHeaderBytes) return corrupt("record: operation cut off");
        const auto kind = readAt<std::uint8_t>(operation, kKindAt);
        if (kind != static_cast<std::uint8_t>(OperationKind::Put) && kind != static_cast<std::uint8_t>(OperationKind::Delete)) {
            return corrupt("record: unknown kind of operation");
        }
        // Summed in 64 bits: two hostile lengths of 32 bits could wrap around to a small sum.
        const std::uint64_t payload = std::uint64_t{readAt<std::uint32_t>(operation, kKeyBytesAt)} + readAt<std::uint32_t>(operation, kValueBytesAt);
        if (payload > operation.size() - kOperationHeaderBytes) return corrupt("record: operation cut off");
        at += kOperationHeaderBytes + static_cast<std::size_t>(payload);
        ++count;
    }
    if (count != readAt<std::uint32_t>(bytes, kOperationCountAt)) return corrupt("record: wrong number of operations");
    return RecordView{bytes};
}

LogIndex RecordView::index() const
{
    return LogIndex{readAt<std::uint64_t>(m_bytes, kIndexAt)};
}

Epoch RecordView::epoch() const
{
    return Epoch{readAt<std::uint64_t>(m_bytes, kEpochAt)};
}

std::uint32_t RecordView::operationCount() const
{
    return readAt<std::uint32_t>(m_bytes, kOperationCountAt);
}

LogIndex RecordView::groupFirst() const
{
    return LogIndex{index().value() - readAt<std::uint32_t>(m_bytes, kGroupOffsetAt)};
}

std::uint32_t RecordView::segmentTag() const
{
    return readAt<std::uint32_t>(m_bytes, kTagAt);
}

bool RecordView::replacesContents() const
{
    return (readAt<std::uint32_t>(m_bytes, kFlagsAt) & kReplacesContents) != 0;
}

std::size_t RecordView::firstOperationOffset()
{
    return kRecordHeaderBytes;
}

Record RecordView::toRecord() const
{
    Record record{index(), epoch(), {}};
    record.operations.reserve(operationCount());
    forEach([&](const OperationView& operation) { record.operations.push_back(operation.toOperation()); });
    return record;
}

OperationView readOperation(std::string_view bytes, std::size_t& at)
{
    const auto from = bytes.substr(at);
    const auto keyBytes = readAt<std::uint32_t>(from, kKeyBytesAt);
    const auto valueBytes = readAt<std::uint32_t>(from, kValueBytesAt);
    OperationView view;
    view.kind = static_cast<OperationKind>(readAt<std::uint8_t>(from, kKindAt));
    std::memcpy(view.keyHash.data(), from.data() + kKeyHashAt, view.keyHash.size());
    std::memcpy(view.leafDigest.data(), from.data() + kLeafDigestAt, view.leafDigest.size());
    view.key = from.substr(kOperationHeaderBytes, keyBytes);
    view.value = from.substr(kOperationHeaderBytes + keyBytes, valueBytes);
    at += kOperationHeaderBytes + keyBytes + valueBytes;
    return view;
}

void appendOperation(std::string& out, const OperationView& operation)
{
    appendLittleEndian(out, static_cast<std::uint32_t>(operation.kind));
    appendLittleEndian(out, static_cast<std::uint32_t>(operation.key.size()));
    appendLittleEndian(out, static_cast<std::uint32_t>(operation.value.size()));
    out.append(reinterpret_cast<const char*>(operation.keyHash.data()), operation.keyHash.size());
    out.append(reinterpret_cast<const char*>(operation.leafDigest.data()), operation.leafDigest.size());
    out.append(operation.key).append(operation.value);
}

void EncodedOperations::append(const OperationView& operation)
{
    appendOperation(m_bytes, operation);
    ++m_count;
}

void EncodedOperations::append(const RecordView& record)
{
    m_bytes.append(record.operationBytes());
    m_count += record.operationCount();
}

void EncodedOperations::append(EncodedOperations other)
{
    if (m_count == 0) m_bytes = std::move(other.m_bytes);
    else m_bytes.append(other.m_bytes);
    m_count += other.m_count;
}

std::vector<Operation> EncodedOperations::toOperations() const
{
    std::vector<Operation> operations;
    operations.reserve(m_count);
    forEach([&](const OperationView& operation) { operations.push_back(operation.toOperation()); });
    return operations;
}

/// The checksum is written last because it covers the fields before it.
void finishRecord(std::span<char> record, const RecordHeader& header)
{
    CORE_ASSERT(record.size() >= kRecordHeaderBytes && header.index.value() > header.groupOffset);
    writeAt(record, kLengthAt, static_cast<std::uint32_t>(record.size()));
    writeAt(record, kTagAt, header.segmentTag);
    writeAt(record, kGroupOffsetAt, header.groupOffset);
    writeAt(record, kIndexAt, header.index.value());
    writeAt(record, kEpochAt, header.epoch.value());
    writeAt(record, kOperationCountAt, header.operationCount);
    writeAt(record, kFlagsAt, header.replacesContents ? kReplacesContents : 0u);
    writeAt(record, kCrcAt, crc32c({record.data() + kTagAt, record.size() - kTagAt}));
}

std::string encodeRecord(const Record& record)
{
    std::string bytes(kRecordHeaderBytes, '\0');
    for (const Operation& operation : record.operations) appendOperation(bytes, OperationView::of(operation));
    RecordHeader header;
    header.index = record.index;
    header.epoch = record.epoch;
    header.operationCount = static_cast<std::uint32_t>(record.operations.size());
    finishRecord(bytes, header);
    return bytes;
}

} // namespace core::log
