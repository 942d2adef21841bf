#pragma once

#include "core/base/result.h"
#include "core/log/record.h"
#include "core/replication/link.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core::replication {

/// Builds the payload of a Records frame: the index that the frame reaches, then records as they are
/// stored, one after another.
class RecordsWriter {
public:
    /// Adds what a link of this type carries of a record: the stored bytes when that is all of it, else a record
    /// of the remaining operations, or nothing. False when nothing was added.
    bool add(Type type, const log::RecordView& record);
    bool isEmpty() const { return m_records.empty(); }
    std::size_t sizeBytes() const { return m_records.size(); }
    std::string finish(LogIndex through) const;

private:
    std::string m_records;
};

struct RecordsFrame {
    LogIndex through;
    LogIndex lastRelevant; // index of the last record in it
    std::vector<log::Operation> operations;
};

/// Errors: Corrupt (anything that is not whole and well-formed).
Result<RecordsFrame> readRecords(std::string_view payload);

} // namespace core::replication
