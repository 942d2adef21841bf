#pragma once

#include "core/base/result.h"
#include "core/log/record.h"
#include "core/replication/wire/link.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core::replication {

/// Builds the payload of a Records frame: the index that the frame reaches, then records as they are
/// stored, one after another.
class RecordsWriter {
public:
    enum class Added { Nothing, Record, ScopeFirst };
    /// Adds the part of a record that the scope carries: the stored bytes if that is all of it, else a record of the remaining operations,
    /// or nothing. `ScopeFirst`: the record can change the scope and was not added. Load the scope again, then add it with `isScopeFresh`.
    Added add(const LinkFilter& scope, const log::RecordView& record, bool isScopeFresh);
    bool isEmpty() const { return sizeBytes() == 0; }
    std::size_t sizeBytes() const { return m_payload.size() - kThroughBytes; }
    std::string finish(LogIndex through) &&;

private:
    static constexpr std::size_t kThroughBytes = 8;
    std::string m_payload = std::string(kThroughBytes, '\0');
};

struct RecordsFrame {
    LogIndex through;
    LogIndex lastRelevant; // index of the last record in it
    log::EncodedOperations operations;
};

/// Errors: Corrupt (not whole or not well-formed).
Result<RecordsFrame> readRecords(std::string_view payload);

} // namespace core::replication
