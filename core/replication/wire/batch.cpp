#include "core/replication/wire/batch.h"

#include "core/base/bytes.h"

namespace core::replication {

RecordsWriter::Added RecordsWriter::add(const LinkFilter& scope, const log::RecordView& record, bool isScopeFresh)
{
    std::uint32_t carried = 0;
    bool mayChangeScope = false;
    record.forEach([&](const log::OperationView& operation) {
        carried += scope.carries(operation.key) ? 1 : 0;
        mayChangeScope = mayChangeScope || (!isScopeFresh && concernsScope(operation.key));
    });
    if (mayChangeScope) return Added::ScopeFirst;
    if (carried == 0) return Added::Nothing;
    if (carried == record.operationCount()) {
        m_payload.append(record.bytes());
        return Added::Record;
    }
    log::Record stripped{record.index(), record.epoch(), {}};
    stripped.operations.reserve(carried);
    record.forEach([&](const log::OperationView& operation) {
        if (scope.carries(operation.key)) stripped.operations.push_back(operation.toOperation());
    });
    m_payload.append(log::encodeRecord(stripped));
    return Added::Record;
}

std::string RecordsWriter::finish(LogIndex through) &&
{
    std::string index;
    appendLittleEndian(index, through.value());
    m_payload.replace(0, kThroughBytes, index);
    return std::move(m_payload);
}

Result<RecordsFrame> readRecords(std::string_view payload)
{
    const Error corrupt{ErrorCode::Corrupt, "records frame"};
    if (payload.size() < 8) return corrupt;
    RecordsFrame frame;
    frame.operations.reserve(payload.size());
    frame.through = LogIndex{readLittleEndian<std::uint64_t>(payload)};
    payload.remove_prefix(8);
    while (!payload.empty()) {
        const auto record = log::RecordView::parse(payload);
        if (!record) return record.error().withContext("records frame");
        if (record->index() > frame.through || record->index() <= frame.lastRelevant) return corrupt;
        frame.lastRelevant = record->index();
        frame.operations.append(*record);
        payload.remove_prefix(record->bytes().size());
    }
    return frame;
}

} // namespace core::replication
